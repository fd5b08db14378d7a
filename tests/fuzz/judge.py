"""What the protocol says of one text frame, told by other means than the server's own.

It knows shapes only: whether an edit fits its document is seen by what becomes of the others.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

__all__ = ["BAD", "Verdict", "judge"]

BAD = frozenset({"invalid_json", "invalid_frame", "unknown_type", "invalid_operation", "too_large"})
"""The codes that count as bad frames."""

MALFORMED = frozenset({"invalid_json", "invalid_frame", "unknown_type", "too_large"})
REFUSED = frozenset(
    {"invalid_operation", "version_ahead", "version_gone", "out_of_order", "document_full"}
)
UNSEEN = frozenset({"version_ahead", "version_gone"})
LARGEST = 2**53 - 1
DEPTH = 50


@dataclass(frozen=True, slots=True)
class Verdict:
    """Which error codes may answer a frame, and what else.

    Args:
        codes: of an `error` frame.
        accepted: whether it may be accepted.
        kind: `edit`, `presence`, `ping`, or empty if it is none or nobody can tell.
        edit_id: the `id` that an error must name; None if it need not name one.
    """

    codes: frozenset[str]
    accepted: bool
    kind: str = ""
    edit_id: int | None = None

    @property
    def malformed(self) -> bool:
        return not self.accepted and self.codes <= BAD


UNSURE = Verdict(MALFORMED | REFUSED, accepted=True)
NO_FRAME = Verdict(MALFORMED, accepted=False)


class _Unclear(Exception):
    """Readers of JSON differ here."""


def judge(payload: bytes, *, max_edit_bytes: int, max_presence_bytes: int) -> Verdict:
    """What may be the answer to a text frame of valid UTF-8."""
    if len(payload) > max_edit_bytes:
        return Verdict(frozenset({"too_large"}), accepted=False)
    try:
        frame = _decoder.decode(payload.decode())
        unclear = _depth(frame) > DEPTH
    except (_Unclear, RecursionError):
        return UNSURE
    except ValueError:
        return NO_FRAME
    if unclear:
        return UNSURE
    if not isinstance(frame, dict):
        return NO_FRAME
    verdict = _of_object(frame)
    if len(payload) > max_presence_bytes and verdict.kind != "edit":
        return Verdict(verdict.codes & MALFORMED | {"too_large"}, accepted=False)
    return verdict


def _of_object(frame: dict[str, Any]) -> Verdict:
    kind = frame.get("type")
    if kind not in ("edit", "presence", "ping"):
        return Verdict(frozenset({"unknown_type"}), accepted=False)
    if kind == "ping":
        return Verdict(frozenset(), accepted=True, kind="ping")
    if kind == "presence":
        if not _is_presence(frame):
            return Verdict(frozenset({"invalid_frame"}), accepted=False)
        return Verdict(UNSEEN, accepted=True, kind="presence")
    number = frame.get("id")
    edit_id = number if _is_count(number) and number else None
    if edit_id is None or not _is_count(frame.get("version")) or "operation" not in frame:
        return Verdict(frozenset({"invalid_frame"}), accepted=False, kind="edit", edit_id=edit_id)
    return Verdict(REFUSED, accepted=True, kind="edit", edit_id=edit_id)


def _is_presence(frame: dict[str, Any]) -> bool:
    cursor, version = frame.get("cursor"), frame.get("version")
    if version is not None and not _is_count(version):
        return False
    if cursor is None:
        return True
    return (
        version is not None
        and isinstance(cursor, dict)
        and _is_count(cursor.get("anchor"))
        and _is_count(cursor.get("head"))
    )


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value <= LARGEST


def _depth(value: Any) -> int:
    """How deep lists and objects lie in one another; texts that no UTF-8 can hold are unclear."""
    depth, level = 0, [value]
    while level:
        depth += 1
        level = [inner for each in level for inner in _inside(each)]
    return depth


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return [*value, *value.values()]
    if isinstance(value, str) and any("\ud800" <= unit <= "\udfff" for unit in value):
        raise _Unclear
    return value if isinstance(value, list) else ()


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Unclear
    return members


def _integer(digits: str) -> int:
    if len(digits) > 18 or digits == "-0":
        raise _Unclear
    return int(digits)


def _fraction(digits: str) -> float:
    value = float(digits)
    if math.isinf(value):
        raise _Unclear
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(name)


_decoder = json.JSONDecoder(
    parse_int=_integer,
    parse_float=_fraction,
    parse_constant=_no_constant,
    object_pairs_hook=_members,
)
