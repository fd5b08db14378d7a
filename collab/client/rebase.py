"""Transform local edits over a change of another client, leaving out those that conflict."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..ot import OperationType
from ..ot.types import Side
from ..ot.values import add

__all__ = ["Rebased", "cross", "rebase", "way_to"]


NUMBERS = (int, float)
ADDING = {"oi", "li", "si", "na", "lm", "o"}


@dataclass(frozen=True, slots=True)
class Rebased:
    """The result of `rebase`.

    `own` holds the transformed operations, or the exception in place of one that conflicts.
    `change` turns the content `former` into `content`; None if the type can't express that.
    """

    former: Any
    content: Any
    change: Any
    own: list[Any]


class Diverged(Exception):
    """Applied in both orders, two changes lead to different contents."""


def cross(doc_type: OperationType, own: Any, change: Any, side: Side = "right") -> tuple[Any, Any]:
    """Return a local operation after an earlier committed change, and that change after it.

    Args:
        side: of the local operation, where both insert at the same position.
    """
    moved = doc_type.transform(own, change, side)
    return moved, doc_type.transform(change, own, "left" if side == "right" else "right")


def rebase(
    doc_type: OperationType,
    before: Any,
    own: Sequence[Any],
    after: Any,
    change: Any,
    *,
    sides: Sequence[Side],
    guessed: bool = False,
) -> Rebased:
    """Transform local operations, each based on the one before, from `before` to `after`.

    Args:
        change: turns `before` into `after`.
        sides: of each local operation, as for `cross`.
        guessed: whether the change was computed from the two contents. Then an addition inside a
            replaced value counts as a conflict: the value may be the same one, changed.

    If a function of the type raises an error, the local operation is left out. Each operation is
    applied to the whole content, so this is the slow path for when `cross` alone has failed.
    """
    moved_all: list[Any] = []
    for operation, side in zip(own, sides, strict=True):
        here = doc_type.apply(before, operation)
        try:
            if change is None:
                raise Diverged("no operation leads to the server's content")
            moved, moved_change = cross(doc_type, operation, change, side)
            if guessed and has_lost(operation, moved):
                raise Diverged("the value that it changes is gone")
            there = doc_type.apply(after, moved)
            if doc_type.apply(here, moved_change) != there:
                raise Diverged("its result here differs from the one on the server")
            moved_all.append(moved)
            after, change = there, moved_change
        except Exception as problem:
            moved_all.append(problem)
            change = without(doc_type, operation, before, here, after, change)
        before = here
    return Rebased(before, after, change, moved_all)


def has_lost(operation: Any, moved: Any) -> bool:
    """Whether the transformed operation lacks an addition; only for the json0 format."""
    if type(operation) is not list or type(moved) is not list or len(moved) >= len(operation):
        return False
    return any(type(each) is dict and each.keys() & ADDING for each in operation)


def without(
    doc_type: OperationType, operation: Any, before: Any, here: Any, after: Any, change: Any
) -> Any:
    """Return the change from `here`, the result of `operation` on `before`, to `after`."""
    # Inverting is exact where the type can: later unsent edits keep their positions.
    with contextlib.suppress(Exception):
        undo = doc_type.compose(doc_type.invert(operation, before), change)
        if doc_type.apply(here, undo) == after:
            return undo
    return way_to(doc_type, here, after)


def way_to(doc_type: OperationType, before: Any, after: Any) -> Any:
    """Return an operation from one content to another; None if the type can't express it."""
    try:
        change = doc_type.difference(before, after)
        return change if doc_type.apply(before, change) == after else None
    except Exception:
        return None


def as_additions(change: Any) -> Any:
    """Turn replaced numbers of a json0 operation into additions where that is exact, so that a
    concurrent local addition is kept."""
    if type(change) is not list:
        return change
    return [added(each) if type(each) is dict else each for each in change]


def added(component: dict[str, Any]) -> dict[str, Any]:
    for deleted, inserted in (("od", "oi"), ("ld", "li")):
        old: Any = component.get(deleted)
        new: Any = component.get(inserted)
        if type(old) in NUMBERS and type(new) in NUMBERS and component["p"]:
            growth = add(new, -old)
            if growth is not None and add(old, growth) is not None:
                return {"p": component["p"], "na": growth}
    return component
