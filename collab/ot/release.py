"""Letting a large value go in small steps.

To free one takes as long as there are values in it: of a document of 8 MB, some 40 ms. So it is
taken apart first, from the outside to the inside, as far as nobody else holds it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Generator
from typing import Any

__all__ = ["releasing"]

_clock = time.thread_time

STEP_SECONDS = 0.001

BLOCK = 1024
"""So many members are let go at once, if they take no longer than a step."""

LARGE = 64
"""A member with more members than this is taken apart by itself."""

FEW = 16
LEVELS = 4
"""Of lists and objects of few members, in one another, so many are taken apart."""

PARTED = frozenset({list, dict})


def _references() -> int:
    waiting: list[Any] = [[None]]
    held = waiting[-1]
    return sys.getrefcount(held)


OURS = _references()
"""The references to a value that is held here alone: in the list of those that wait, by a name and,
in some versions of Python, as the argument of `getrefcount`."""


def releasing(waiting: list[Any]) -> Generator[None, None, None]:
    """Steps of about a millisecond, at whose end a list that is the caller's own is empty.

    The lists and objects in it that nobody else holds are emptied before they are let go. How much
    is let go at once is judged by how long the last took, and by the members' own length, so a step
    is longer where very many values lie deep inside of small ones.
    """
    levels = [0] * len(waiting)
    size = 1
    begun = _clock()
    while waiting:
        held, level = waiting[-1], levels[-1]
        if type(held) not in PARTED or not held or sys.getrefcount(held) > OURS:
            held = None
            waiting.pop()
            levels.pop()
        elif len(held) <= FEW and level < LEVELS:
            inner = _let_go(held, len(held), 0)
            levels += [level + 1] * len(inner)
            waiting += inner
            inner = []
        else:
            before = _clock()
            size = min(size, len(held))
            inner = _let_go(held, size, LARGE)
            taken = _clock() - before
            if 4 * taken > STEP_SECONDS:
                size = max(1, size // 4)
            elif not inner:
                size = min(2 * size, BLOCK)
            levels += [level + 1] * len(inner)
            waiting += inner
            inner = []
        if _clock() - begun >= STEP_SECONDS:
            held = None
            yield
            begun = _clock()


def _let_go(held: Any, size: int, limit: int) -> list[Any]:
    """Take the last members out of a list or object; returns the lists and objects of more members
    than the limit, the others are gone."""
    if type(held) is list:
        last = held[-size:]
        del held[-size:]
    else:
        last = [held.popitem()[1] for _ in range(size)]
    if PARTED.isdisjoint(map(type, last)):
        return []
    return [each for each in last if type(each) in PARTED and len(each) > limit]
