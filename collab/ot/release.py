"""Free a large value in small steps.

The time to free a value is proportional to the number of values in it: about 40 ms for a document
of 8 MB. So it is taken apart first, from the outside to the inside, except for shared parts.
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
"""The most members that are freed at once, if that takes no longer than a step."""

LARGE = 64
"""A member with more members than this is taken apart separately."""

FEW = 16
LEVELS = 4
"""How deep nested lists and objects of few members are taken apart."""

PARTED = frozenset({list, dict})


def _references() -> int:
    waiting: list[Any] = [[None]]
    held = waiting[-1]
    return sys.getrefcount(held)


OURS = _references()
"""The reference count of a value that is held only here: by the list of waiting values, by a name
and, in some versions of Python, by the argument of `getrefcount`."""


def releasing(waiting: list[Any]) -> Generator[None, None, None]:
    """Empty the caller's list in steps of about a millisecond.

    Lists and objects without other references are emptied before they are freed. The number of
    members freed at once depends on the time of the last step and on the members' own length. A
    step takes longer if many values lie deep inside small ones.
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
    """Remove the last members from a list or object and free those of at most `limit` members;
    return the larger ones."""
    if type(held) is list:
        last = held[-size:]
        del held[-size:]
    else:
        last = [held.popitem()[1] for _ in range(size)]
    if PARTED.isdisjoint(map(type, last)):
        return []
    return [each for each in last if type(each) in PARTED and len(each) > limit]
