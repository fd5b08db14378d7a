"""An edit that takes long to bring up to date is carried past the committed changes in turns.

What is committed stays as it is, so the edit may wait in between: others have the event loop, and
other edits are accepted. What remains in the end is short, and is done as the edit is accepted.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from ..limits.budget import next_turn
from .history import Change, History
from .transform_budget import TransformBudget, Work

__all__ = ["Carried", "carry"]

STEPS_OF_TURN = 1000
"""After about so much work others have their turn."""

STEPS_OF_CHANGE = 1
COMPONENTS_OF_STEP = 16
"""What it is to go past a change: a step, one more for each of its components, and one for so many
of one's own, most of which are left as they are."""


class Carried(NamedTuple):
    """An operation as it is after `version`, and the work that it took."""

    operation: Any
    version: int
    work: Work


async def carry(
    carried: Carried,
    effort: TransformBudget,
    history: History,
    earlier: Sequence[Change],
    check: Callable[[], None],
) -> Carried:
    """Carry an operation on until the rest takes a turn at most.

    Args:
        earlier: the changes before those in memory, as far as the operation needs them.
        check: called after each turn; what it raises ends this.

    Returns:
        How far it came: not to the end where changes have left memory meanwhile.

    Raises:
        VersionGone: it is too much work.
    """
    operation, version, work = carried
    room = STEPS_OF_TURN
    while effort.takes_long(operation, history.accepted - version, _components(history, version)):
        changes = _next(history, version, earlier, room, effort.components(operation))
        if not changes:
            break
        before = work.steps
        operation = effort.carry(work, operation, version, changes)
        version = changes[-1].version
        # For some types it is more than that.
        room = min(STEPS_OF_TURN, max(1, room * STEPS_OF_TURN // max(1, work.steps - before)))
        await next_turn()
        check()
    return Carried(operation, version, work)


def _components(history: History, version: int) -> int:
    return history.components_since(max(version, history.start))


def _next(
    history: History, version: int, earlier: Sequence[Change], room: int, own: int
) -> list[Change]:
    """The committed changes after a version that there is room for, one at least; none if they are
    not at hand."""
    changes: list[Change] = []
    for change in _after(history, version, earlier):
        changes.append(change)
        room -= STEPS_OF_CHANGE + change.components + own // COMPONENTS_OF_STEP
        if room <= 0:
            break
    return changes


def _after(history: History, version: int, earlier: Sequence[Change]) -> Sequence[Change]:
    if version >= history.start:
        return history.committed_since(version, STEPS_OF_TURN)
    if not earlier or version + 1 < earlier[0].version:
        return ()
    begin = version + 1 - earlier[0].version
    return earlier[begin : begin + STEPS_OF_TURN]
