"""Operations on a string in a JSON document: ot-json0's embedded type `text0`.

An operation is a list of `{"p": offset, "i": text}` and `{"p": offset, "d": text}`, applied one
after the other. Offsets count UTF-16 code units.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from ..meter import Meter
from ..utf16 import Units, index, length
from ..values import Misfit, shown
from . import lists
from .lists import Side

__all__ = ["Edit", "Edits", "append", "apply", "invert", "join", "step", "transform"]

STEPS_OF_MEETING = 2
ASCII_OF_STEP = 2048
CHARACTERS_OF_STEP = 128
"""The characters that are measured and cut in the time of one step. A character that is not ASCII
may have two units, so each has to be looked at."""

Edit = dict[str, Any]
Edits = list[Edit]


def parts(text: str, *offsets: int) -> list[str]:
    """Cut the text at the offsets, none of which may lie beyond its end or inside a pair."""
    units = Units(text)
    for offset in offsets:
        if offset > units.length:
            raise beyond(offset, units.length)
        if units.splits_pair(offset):
            raise inside_pair(offset)
    ends = [0, *offsets, units.length]
    return [units.cut(start, end) for start, end in pairwise(ends)]


def work(text: str) -> int:
    """Return the steps to measure and cut a string."""
    return len(text) // (ASCII_OF_STEP if text.isascii() else CHARACTERS_OF_STEP)


def apply(text: str, edits: Edits, meter: Meter) -> str:
    for edit in edits:
        meter.spend(2 + work(text))
        start = place(text, edit["p"])
        if "i" in edit:
            text = text[:start] + edit["i"] + text[start:]
        else:
            deleted: str = edit["d"]
            end = start + len(deleted)
            if text[start:end] != deleted:
                found = text[start:end]
                raise Misfit(f"the string has {shown(found)} there, not {shown(deleted)}")
            text = text[:start] + text[end:]
    return text


def place(text: str, offset: int) -> int:
    """Return the index of the character at an offset in UTF-16 code units."""
    if text.isascii():
        if offset > len(text):
            raise beyond(offset, len(text))
        return offset
    start, splits = index(text, offset)
    if start < 0:
        raise beyond(offset, length(text))
    if splits:
        raise inside_pair(offset)
    return start


def beyond(offset: int, end: int) -> Misfit:
    return Misfit(f"offset {offset} is beyond the end of a string of {end}")


def inside_pair(offset: int) -> Misfit:
    return Misfit(f"offset {offset} lies inside a surrogate pair: offsets count UTF-16 code units")


def invert(edits: Edits) -> Edits:
    turned = {"i": "d", "d": "i"}
    return [
        {turned.get(key, key): value for key, value in edit.items()} for edit in reversed(edits)
    ]


def append(edits: Edits, edit: Edit, meter: Meter) -> None:
    """Append an edit to a list, merged with the last one if both touch."""
    if edit.get("i") == "" or edit.get("d") == "":
        return
    while edits and (joined := join(edits[-1], edit, meter)):
        edits.pop()
        edit = joined
    edits.append(edit)


def join(last: Edit, edit: Edit, meter: Meter) -> Edit | None:
    """Merge two successive edits; None if they don't touch."""
    if "i" in last and "i" in edit:
        start, within = last["p"], edit["p"] - last["p"]
        # No character has more than two units.
        if not 0 <= within <= 2 * len(last["i"]):
            return None
        meter.spend(work(last["i"]))
        if within <= length(last["i"]):
            before, after = parts(last["i"], within)
            return {"p": start, "i": before + edit["i"] + after}
    elif "d" in last and "d" in edit:
        start, within = edit["p"], last["p"] - edit["p"]
        if not 0 <= within <= 2 * len(edit["d"]):
            return None
        meter.spend(work(edit["d"]))
        if within <= length(edit["d"]):
            before, after = parts(edit["d"], within)
            return {"p": start, "d": before + last["d"] + after}
    return None


def transform(edits: Edits, others: Edits, side: Side, meter: Meter) -> Edits:
    """Return `edits` transformed against `others`, which apply to the same string."""
    return lists.transform(edits, others, side, step, append, meter)


def step(edit: Edit, other: Edit, side: Side, meter: Meter) -> Edits:
    """Return one edit transformed against another."""
    meter.spend(STEPS_OF_MEETING)
    if "i" in edit:
        return [{"p": shifted(edit["p"], other, meter, pushed=side == "right"), "i": edit["i"]}]
    if "i" in other:
        return around_insert(edit, other, meter)
    return without_deleted(edit, other, meter)


def shifted(offset: int, other: Edit, meter: Meter, *, pushed: bool) -> int:
    """Return an offset after an edit; an insert at the offset moves it if `pushed`."""
    start: int = other["p"]
    if "i" in other:
        moves = start < offset or (start == offset and pushed)
        return offset + measured(other["i"], meter) if moves else offset
    return offset if offset <= start else max(start, offset - measured(other["d"], meter))


def measured(text: str, meter: Meter) -> int:
    meter.spend(work(text))
    return length(text)


def around_insert(edit: Edit, other: Edit, meter: Meter) -> Edits:
    """Transform a delete against an insert: text inserted inside the deleted range is kept."""
    start, text = edit["p"], edit["d"]
    within = other["p"] - start
    if within >= 2 * len(text):
        return [edit]
    behind = start + measured(other["i"], meter)
    if within <= 0:
        return [{"p": behind, "d": text}]
    meter.spend(work(text))
    if within >= length(text):
        return [edit]
    before, after = parts(text, within)
    return [{"p": start, "d": before}, {"p": behind, "d": after}]


def without_deleted(edit: Edit, other: Edit, meter: Meter) -> Edits:
    """Transform a delete against another one: text that both delete is gone already."""
    start, end = edit["p"], edit["p"] + measured(edit["d"], meter)
    other_start, other_end = other["p"], other["p"] + measured(other["d"], meter)
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
