"""What a hostile peer sent up to a barrier, and whether it was answered as the protocol says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from .faults import expect
from .judge import Verdict

__all__ = ["Group", "Seen", "check_group"]


class Seen(msgspec.Struct):
    """What is looked at of a frame that a hostile peer gets."""

    type: str
    version: int = -1
    id: int | None = None
    code: str = ""
    message: str = ""
    epoch: str = ""
    last_id: int = 0
    data: Any = None


@dataclass(repr=False)
class Group:
    """What was sent up to a barrier, and what has come for it."""

    verdicts: list[Verdict] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)
    """With which the connection may be closed now."""
    ends: bool = False
    """Whether it has to be closed."""
    barrier: int = 0
    answers: list[Seen] = field(default_factory=list)

    def __repr__(self) -> str:
        answers = [each.code or each.type for each in self.answers]
        return f"answered {answers} to {[each[:150] for each in self.sent]}"


def check_group(group: Group) -> None:
    """Each frame was answered, by what it may be answered with, and in order."""
    if len(group.verdicts) != 1:
        malformed = sum(verdict.malformed for verdict in group.verdicts)
        refused = sum(answer.type == "error" for answer in group.answers)
        expect(malformed <= refused <= len(group.verdicts), "so many refused", refused, group)
        return
    (verdict,) = group.verdicts
    expect(len(group.answers) <= 1, "more than one answer", group)
    if not group.answers:
        expect(verdict.accepted and verdict.kind != "ping", "no answer", group)
        return
    (answer,) = group.answers
    if answer.type == "pong":
        expect(verdict.accepted and verdict.kind in ("ping", ""), "a pong", group)
        return
    expect(answer.code in verdict.codes, "an error that does not fit", group)
    if verdict.edit_id is not None and answer.code != "too_large":
        expect(answer.id == verdict.edit_id, "an error without the id", group)
