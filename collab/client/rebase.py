"""Own changes brought over a change of others, those left out that do not survive it."""

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
    """`own` are the operations as they are now, and instead of one that did not survive the
    exception that says why. `change` makes the `former` content `content`; None if the type has no
    operation for that."""

    former: Any
    content: Any
    change: Any
    own: list[Any]


class Diverged(Exception):
    """Both orders of two changes end differently."""


def cross(doc_type: OperationType, own: Any, change: Any, side: Side = "right") -> tuple[Any, Any]:
    """An own operation after a change that was committed first, and that change after it.

    Args:
        side: on which side of the change the own operation comes at the same place.
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
    """Bring own operations, made one after the other on `before`, to `after`.

    Args:
        change: makes `before` `after`.
        sides: of each own operation, as for `cross`.
        guessed: whether the change was made from both contents. Then what an own operation adds
            where the change replaces a value counts as not surviving: the value may be the
            same one, changed.

    Whatever the functions of the type raise is caught: then it is the own operation that is left
    out. Applying each to the whole content, this is for when the short way has failed.
    """
    moved_all: list[Any] = []
    for operation, side in zip(own, sides, strict=True):
        here = doc_type.apply(before, operation)
        try:
            if change is None:
                raise Diverged("there is no operation that leads to the content of the server")
            moved, moved_change = cross(doc_type, operation, change, side)
            if guessed and has_lost(operation, moved):
                raise Diverged("what it changes is not there any more")
            there = doc_type.apply(after, moved)
            if doc_type.apply(here, moved_change) != there:
                raise Diverged("it ends differently here and on the server")
            moved_all.append(moved)
            after, change = there, moved_change
        except Exception as problem:
            moved_all.append(problem)
            change = without(doc_type, operation, before, here, after, change)
        before = here
    return Rebased(before, after, change, moved_all)


def has_lost(operation: Any, moved: Any) -> bool:
    """Whether something that an operation of the json0 format adds is left out of it."""
    if type(operation) is not list or type(moved) is not list or len(moved) >= len(operation):
        return False
    return any(type(each) is dict and each.keys() & ADDING for each in operation)


def without(
    doc_type: OperationType, operation: Any, before: Any, here: Any, after: Any, change: Any
) -> Any:
    """What makes `here`, which `operation` has made of `before`, into `after`."""
    # Exact, where the type can do it: the unsent edits behind it keep their places.
    with contextlib.suppress(Exception):
        undo = doc_type.compose(doc_type.invert(operation, before), change)
        if doc_type.apply(here, undo) == after:
            return undo
    return way_to(doc_type, here, after)


def way_to(doc_type: OperationType, before: Any, after: Any) -> Any:
    """An operation that makes one content into another; None if the type has none."""
    try:
        change = doc_type.difference(before, after)
        return change if doc_type.apply(before, change) == after else None
    except Exception:
        return None


def as_additions(change: Any) -> Any:
    """A change of the json0 format with numbers added to instead of replaced, where that is exact,
    so that what is added here at the same time is not lost."""
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
