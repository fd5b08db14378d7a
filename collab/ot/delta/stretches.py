"""Find the stretches in which two texts differ without comparing each character."""

from __future__ import annotations

from typing import NamedTuple

from ..affixes import common_prefix, common_suffix
from ..comparing import Search
from ..meter import Meter

__all__ = ["Stretch", "differing"]

CHARACTERS_OF_STEP = 512
"""The number of characters that are compared or searched in the time of one step."""

LONG = 4096
"""A stretch longer than this, in both texts, is searched for common parts."""

SAMPLE = 64
"""The length of a sample. One that occurs once in the other text counts as unchanged."""

PLACES = (4, 2, 6)
"""Where a stretch is sampled, in eighths of its length."""


class Stretch(NamedTuple):
    """The characters from `start` to `end` of one text correspond to those from `new_start` to
    `new_end` of the other."""

    start: int
    end: int
    new_start: int
    new_end: int


def differing(before: str, after: str, meter: Meter) -> Search[list[Stretch]]:
    """Return, in order, the stretches of `before` that differ and their counterparts in `after`.

    A short stretch is what lies between the common prefix and the common suffix. A long one is
    divided at a sample that occurs once in the other text, so that distant changes do not replace
    all the text between them.

    Raises:
        TooMuchWork: the work exceeds the meter's limit.
    """
    found: list[Stretch] = []
    waiting = [Stretch(0, len(before), 0, len(after))]
    while waiting:
        start, end, new_start, new_end = waiting.pop()
        old, new = before[start:end], after[new_start:new_end]
        meter.spend(1 + (len(old) + len(new)) // CHARACTERS_OF_STEP)
        prefix = common_prefix(old, new)
        yield
        suffix = common_suffix(old, new, min(len(old), len(new)) - prefix)
        yield
        stretch = Stretch(start + prefix, end - suffix, new_start + prefix, new_end - suffix)
        old, new = old[prefix : len(old) - suffix], new[prefix : len(new) - suffix]
        place = (yield from _sample(old, new, meter)) if min(len(old), len(new)) > LONG else None
        if place is not None:
            middle, new_middle = stretch.start + place[0], stretch.new_start + place[1]
            # The next round removes the common text around the sample from both parts.
            waiting.append(Stretch(middle, stretch.end, new_middle, stretch.new_end))
            waiting.append(Stretch(stretch.start, middle, stretch.new_start, new_middle))
        elif old or new:
            found.append(stretch)
    return found


def _sample(old: str, new: str, meter: Meter) -> Search[tuple[int, int] | None]:
    """Return the offsets of a common sample in both texts, or None."""
    for eighths in PLACES:
        place = len(old) * eighths // 8
        sample = old[place : place + SAMPLE]
        meter.spend(1 + len(new) // CHARACTERS_OF_STEP)
        first = new.find(sample)
        yield
        if first >= 0 and new.find(sample, first + 1) < 0:
            return place, first
    return None
