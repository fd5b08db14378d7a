"""Comparing large values piece by piece, so that whoever compares may do something else meanwhile.

A search is a generator. It stops every few hundred steps of work, or after a piece that can't be
divided, and returns what it has found.
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
"""So many items are compared at once."""

SMALL = 16_384
"""A value of no more characters and values in it is compared in one piece."""

BULK_OF_STEP = 4
CHARACTERS_OF_STEP = 4096
"""So much of small values, and so many characters of long texts, are compared in the time of one
step."""

# To write values and compare the text is several times faster than to compare each of them, and it
# tells 1 from true.
_encode = msgspec.json.Encoder(order="deterministic").encode


def finished(search: Search[T]) -> T:
    """What a search finds, without a stop."""
    while True:
        try:
            next(search)
        except StopIteration as end:
            found: T = end.value
            return found


def alike(one: Any, two: Any, meter: Meter) -> Search[bool]:
    """Whether two values in their one form are the same."""
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
    """How many characters a value has and how many values are in it, keys included; `SMALL + 1` if
    there are more than `SMALL`."""
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
    """How many items, at most `most`, both begin with, or end with."""
    same = 0
    size = BLOCK
    while same < most and size:
        size = min(size, most - same)
        if (
            yield from alike(_part(one, same, size, at_end), _part(two, same, size, at_end), meter)
        ):
            same += size
        else:
            # The first that differs is among these: it is looked for in ever smaller parts.
            size //= 2
    return same


def _part(items: Sequence[Any], start: int, size: int, at_end: bool) -> Sequence[Any]:
    if not at_end:
        return items[start : start + size]
    end = len(items) - start
    return items[end - size : end]
