"""The local edits that are not sent yet.

They are a list of parts, each based on the content after the ones before. Each edit stays a part of
its own, so that a refused edit removes no other. Beyond `RECENT_PARTS` older parts of similar size
are composed: n edits take O(n log n) time and leave about log n older parts.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..ot import Measured, Metered, OperationType
from ..ot.types import Side
from ..ot.values import size

__all__ = ["EDIT_BYTES", "Part", "Unsent", "composed"]

EDIT_BYTES = 200_000
"""The approximate largest edit that is sent, as JSON text. A server accepts 1 MiB by default."""

RECENT_PARTS = 100

UNDONE_BYTES = 1024
"""Parts up to this size are checked for being undone by the next one."""


@dataclass(slots=True)
class Part:
    """One operation, and the bytes of its JSON text when the part was created.

    `alone`: do not send it in one edit with others. `joined`: it is composed of several edits.
    `side` is used in transforms. A sent part has the side "right", as on the server. An unsent part
    may have "left", which keeps a user's continuous typing together.
    """

    operation: Any
    bytes: int
    alone: bool = False
    joined: bool = False
    side: Side = "right"

    @classmethod
    def of(
        cls, operation: Any, *, alone: bool = False, joined: bool = False, side: Side = "right"
    ) -> Part:
        return cls(operation, size(operation), alone, joined, side)

    def moved(self, operation: Any) -> Part:
        """Return this part with the transformed operation."""
        return replace(self, operation=operation)


class Unsent:
    """The unsent parts, oldest first. Bound: the local edits, composed as far as possible."""

    def __init__(self, doc_type: OperationType) -> None:
        self._type = doc_type
        self._count = doc_type.count if isinstance(doc_type, Measured | Metered) else None
        self._piece_components: int = getattr(doc_type, "piece_components", sys.maxsize)
        self.parts: list[Part] = []

    def __bool__(self) -> bool:
        return bool(self.parts)

    @property
    def continues(self) -> bool:
        """Whether the first part continues earlier typing."""
        return bool(self.parts) and self.parts[0].side == "left"

    def add(self, part: Part) -> None:
        self.parts.append(part)
        # If the type raises an error, its operations only stay separate.
        with contextlib.suppress(Exception):
            self._drop_undone()
            self._join_old()

    def put_back(self, parts: Iterable[Part]) -> None:
        """Put taken parts back in front."""
        self.parts[:0] = parts

    def take(self, max_bytes: int) -> list[Part]:
        """Remove the parts of the next edit from the front and return them.

        A part that exceeds `max_bytes` is cut. The result exceeds it only if it can't be cut.
        """
        first = self.parts[0]
        pieces = self.cut(first.operation, max_bytes)
        if len(pieces) > 1:
            self.parts[:1] = [
                Part.of(piece, alone=first.alone, joined=first.joined, side=first.side)
                for piece in pieces
            ]
        count = 1 if len(pieces) > 1 or first.alone else self._fitting(max_bytes)
        taken, self.parts = self.parts[:count], self.parts[count:]
        return taken

    def cut(self, operation: Any, max_bytes: int) -> list[Any]:
        """Cut the operation into pieces of about `max_bytes`, if its type can."""
        split = getattr(self._type, "split", None)
        if split is None:
            return [operation]
        try:
            return list(split(operation, max_bytes)) or [operation]
        except Exception:
            return [operation]

    def _fitting(self, max_bytes: int) -> int:
        """Return how many parts from the front fit into one edit."""
        count = self._first_of(max_bytes)
        while count > 1:
            together = composed(self._type, self.parts[:count])
            if together is not None and self._fits(together, max_bytes):
                break
            # Half of the bytes, not half of the parts: the older parts are much larger.
            max_half = sum(part.bytes for part in self.parts[:count]) // 2
            count = min(count - 1, self._first_of(max_half))
        return count

    def _first_of(self, max_bytes: int) -> int:
        """Return how many parts from the front stay within the limits before composing; at least
        one."""
        taken, room, components = 0, max_bytes, self._piece_components
        for part in self.parts:
            room -= part.bytes
            if self._count is not None:
                components -= self._count(part.operation)
            if taken and (room < 0 or components < 0 or part.alone):
                break
            taken += 1
        return taken

    def _fits(self, operation: Any, max_bytes: int) -> bool:
        if size(operation) > max_bytes or len(self.cut(operation, max_bytes)) > 1:
            return False
        return hasattr(self._type, "split") or self._is_allowed(operation)

    def _is_allowed(self, operation: Any) -> bool:
        try:
            self._type.check(operation)
        except Exception:
            return False
        return True

    def _drop_undone(self) -> None:
        """Remove two parts that cancel out, such as typed and deleted text."""
        if len(self.parts) < 2 or self._count is None:
            return
        *_, before, last = self.parts
        if before.alone or max(before.bytes, last.bytes) > UNDONE_BYTES:
            return
        together = composed(self._type, [before, last])
        if together is not None and not self._count(together):
            del self.parts[-2:]

    def _join_old(self) -> None:
        index = len(self.parts) - RECENT_PARTS
        while index >= 1:
            before, last = self.parts[index - 1 : index + 1]
            if before.alone or last.alone or before.bytes > 2 * last.bytes:
                return
            together = composed(self._type, [before, last])
            if together is None or not self._may_be_kept(together):
                return
            self.parts[index - 1 : index + 1] = [Part.of(together, joined=True, side=before.side)]
            index -= 1

    def _may_be_kept(self, operation: Any) -> bool:
        """Whether a composed part may stay: one that can't be cut must fit into one edit."""
        if hasattr(self._type, "split"):
            return True
        return size(operation) <= EDIT_BYTES and self._is_allowed(operation)


def composed(doc_type: OperationType, parts: Sequence[Part]) -> Any:
    """Compose the parts in pairs into one operation; None if the type can't compose them."""
    operations = [part.operation for part in parts]
    try:
        while len(operations) > 1:
            pairs = [operations[index : index + 2] for index in range(0, len(operations), 2)]
            operations = [doc_type.compose(*pair) if pair[1:] else pair[0] for pair in pairs]
    except Exception:
        return None
    return operations[0]
