"""Operations on a string inside a JSON document: ot-json0's embedded type `text0`.

An operation is a list of `{"p": offset, "i": text}` and `{"p": offset, "d": text}`, carried out one
after the other. Offsets count UTF-16 code units.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..utf16 import Units, length
from ..values import Misfit, shown
from . import lists
from .lists import Side

__all__ = ["Edit", "Edits", "append", "apply", "invert", "join", "step", "transform"]

Edit = dict[str, Any]
Edits = list[Edit]


def parts(text: str, *offsets: int) -> list[str]:
    """The text cut at the offsets, none of which may lie beyond its end or inside a pair."""
    units = Units(text)
    for offset in offsets:
        if offset > units.length:
            raise Misfit(f"offset {offset} is beyond the end of a string of {units.length}")
        if units.splits_pair(offset):
            raise Misfit(
                f"offset {offset} lies inside a surrogate pair: offsets count UTF-16 code units"
            )
    ends = [0, *offsets, units.length]
    return [units.cut(start, end) for start, end in pairwise(ends)]


def apply(text: str, edits: Edits) -> str:
    for edit in edits:
        offset = edit["p"]
        if "i" in edit:
            before, after = parts(text, offset)
            text = before + edit["i"] + after
        else:
            before, found, after = parts(text, offset, offset + length(edit["d"]))
            if found != edit["d"]:
                raise Misfit(f"the string has {shown(found)} there, not {shown(edit['d'])}")
            text = before + after
    return text


def invert(edits: Edits) -> Edits:
    turned = {"i": "d", "d": "i"}
    return [
        {turned.get(key, key): value for key, value in edit.items()} for edit in reversed(edits)
    ]


def append(edits: Edits, edit: Edit) -> None:
    """Add an edit to a list of them, as part of the last where both touch."""
    if edit.get("i") == "" or edit.get("d") == "":
        return
    while edits and (joined := join(edits[-1], edit)):
        edits.pop()
        edit = joined
    edits.append(edit)


def join(last: Edit, edit: Edit) -> Edit | None:
    """Two edits, one after the other, as one; None if they don't touch."""
    if "i" in last and "i" in edit:
        start, within = last["p"], edit["p"] - last["p"]
        if 0 <= within <= length(last["i"]):
            before, after = parts(last["i"], within)
            return {"p": start, "i": before + edit["i"] + after}
    elif "d" in last and "d" in edit:
        start, within = edit["p"], last["p"] - edit["p"]
        if 0 <= within <= length(edit["d"]):
            before, after = parts(edit["d"], within)
            return {"p": start, "d": before + last["d"] + after}
    return None


def transform(edits: Edits, others: Edits, side: Side) -> Edits:
    """`edits` as they must be after `others`, which were made on the same string."""
    return lists.transform(edits, others, side, step, append)


def step(edit: Edit, other: Edit, side: Side) -> Edits:
    """One edit after another one."""
    if "i" in edit:
        return [{"p": shifted(edit["p"], other, pushed=side == "right"), "i": edit["i"]}]
    if "i" in other:
        return around_insert(edit, other)
    return without_deleted(edit, other)


def shifted(offset: int, other: Edit, *, pushed: bool) -> int:
    """Where an offset stands after an edit; an insert just there pushes it on or doesn't."""
    start: int = other["p"]
    if "i" in other:
        moves = start < offset or (start == offset and pushed)
        return offset + length(other["i"]) if moves else offset
    return offset if offset <= start else max(start, offset - length(other["d"]))


def around_insert(edit: Edit, other: Edit) -> Edits:
    """A delete leaves alone what was inserted amid what it deletes."""
    start, text = edit["p"], edit["d"]
    behind = start + length(other["i"])
    within = other["p"] - start
    if within <= 0:
        return [{"p": behind, "d": text}]
    if within >= length(text):
        return [edit]
    before, after = parts(text, within)
    return [{"p": start, "d": before}, {"p": behind, "d": after}]


def without_deleted(edit: Edit, other: Edit) -> Edits:
    """A delete after another: what both delete is gone already."""
    start, end = edit["p"], edit["p"] + length(edit["d"])
    other_start, other_end = other["p"], other["p"] + length(other["d"])
    if start >= other_end:
        return [{"p": start - (other_end - other_start), "d": edit["d"]}]
    if end <= other_start:
        return [edit]
    first, last = max(start, other_start), min(end, other_end)
    before, common, after = parts(edit["d"], first - start, last - start)
    _, theirs, _ = parts(other["d"], first - other_start, last - other_start)
    if common != theirs:
        raise Misfit(
            f"it deletes {shown(common)} where another edit of the same version "
            f"deleted {shown(theirs)}"
        )
    rest = before + after
    return [{"p": min(start, other_start), "d": rest}] if rest else []
