"""Compare large values piece by piece, so that the event loop can run in between.

A search is a generator. It yields every few hundred steps of work, or after a piece that can't be
divided, and returns its result.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from itertools import islice
from typing import Any, TypeVar

import msgspec

from .meter import Meter

__all__ = ["BLOCK", "Search", "alike", "common_items", "finished"]

T = TypeVar("T")

Search = Generator[None, None, T]

PARTED = frozenset({str, list, dict})

BLOCK = 256
"""The number of items that are compared at once."""

SMALL = 16_384
"""The most characters and contained values of a value that is compared at once."""

BULK_OF_STEP = 4
CHARACTERS_OF_STEP = 4096
"""The weight of small values, and the characters of long texts, that are compared in one step's
time."""
# Comparing the JSON text of both is several times faster than comparing each value, and it
# distinguishes 1 from true.
_encode = msgspec.json.Encoder(order="deterministic").encode


def finished(search: Search[T]) -> T:
    """Run a search to its end and return its result."""
    while True:
        try:
            next(search)
        except StopIteration as end:
            found: T = end.value
            return found


def alike(one: Any, two: Any, meter: Meter) -> Search[bool]:
    """Whether two normalized values are equal."""
    size = bulk(one)
    meter.spend(1 + size // BULK_OF_STEP)
    yield
    if size != bulk(two):
        return False
    if size <= SMALL:
        return _encode(one) == _encode(two)
    if type(one) is str or type(one) is not type(two):
        meter.spend(size // CHARACTERS_OF_STEP)
        return bool(one == two)
    if type(one) is dict:
        return (yield from _alike_members(one, two, meter))
    return (yield from _alike_items(one, two, meter))


def bulk(value: Any) -> int:
    """Return the characters of a value plus the number of values in it, keys included; `SMALL + 1`
    if the sum exceeds `SMALL`."""
    found = 1
    waiting = [value]
    while waiting:
        held = waiting.pop()
        kind = type(held)
        if kind is str or kind is list:
            found += len(held)
        elif kind is dict:
            found += len(held) if len(held) > SMALL else sum(map(len, held)) + len(held)
        if found > SMALL:
            return SMALL + 1
        if kind is list:
            waiting += [each for each in held if type(each) in PARTED]
        elif kind is dict:
            waiting += [each for each in held.values() if type(each) in PARTED]
    return found


def _alike_items(one: list[Any], two: list[Any], meter: Meter) -> Search[bool]:
    if len(one) != len(two):
        return False
    if len(one) <= BLOCK:
        for mine, other in zip(one, two, strict=True):
            if not (yield from alike(mine, other, meter)):
                return False
        return True
    for start in range(0, len(one), BLOCK):
        end = start + BLOCK
        if not (yield from alike(one[start:end], two[start:end], meter)):
            return False
    return True


def _alike_members(one: dict[str, Any], two: dict[str, Any], meter: Meter) -> Search[bool]:
    if len(one) != len(two):
        return False
    remaining = iter(one)
    while names := list(islice(remaining, BLOCK)):
        meter.spend(BLOCK // BULK_OF_STEP)
        if not all(name in two for name in names):
            return False
        mine, others = ([each[name] for name in names] for each in (one, two))
        if not (yield from alike(mine, others, meter)):
            return False
    return True


def common_items(
    one: Sequence[Any], two: Sequence[Any], most: int, meter: Meter, *, at_end: bool = False
) -> Search[int]:
    """Return how many items, at most `most`, both have in common at the start, or at the end."""
    same = 0
    size = BLOCK
    while same < most and size:
        size = min(size, most - same)
        if (
            yield from alike(_part(one, same, size, at_end), _part(two, same, size, at_end), meter)
        ):
            same += size
        else:
            # The first difference is in this part: search ever smaller parts of it.
            size //= 2
    return same


def _part(items: Sequence[Any], start: int, size: int, at_end: bool) -> Sequence[Any]:
    if not at_end:
        return items[start : start + size]
    end = len(items) - start
    return items[end - size : end]
