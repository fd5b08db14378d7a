"""The difference between two JSON values, as an operation."""

from __future__ import annotations

from itertools import islice
from typing import Any

from ..affixes import common_prefix, common_suffix
from ..comparing import BLOCK, Search, alike, common_items, finished
from ..meter import Meter
from ..utf16 import length
from .components import Component, Operation, append

__all__ = ["compare", "difference"]

FEW = 16
"""Up to this many values are compared one by one at once."""

NAMES_OF_STEP = 2
VALUES_OF_STEP = 2
CHARACTERS_OF_STEP = 512
"""The names, scalars and characters that are compared in the time of one step."""

Path = list[Any]


class TooMany(Exception):
    """The difference has too many components: the whole is replaced instead."""


def difference(before: Any, after: Any, max_components: int) -> Operation:
    """Return an operation that turns one value into the other.

    Members and items are compared one by one, lists from both ends. Strings are edited where they
    differ, and other values replaced. A difference of more than `max_components` replaces the whole
    value.
    """
    return finished(compare(before, after, max_components, Meter()))


def compare(before: Any, after: Any, max_components: int, meter: Meter) -> Search[Operation]:
    """As `difference`, in a generator, which ends at more than the maximum.

    Raises:
        TooMuchWork: the work exceeds the meter's limit.
    """
    comparison = Comparison(max_components, meter)
    try:
        yield from comparison.compare([], before, after)
    except TooMany:
        return [{"p": [], "od": before, "oi": after}]
    return comparison.operation


class Comparison:
    """Collects the differences found so far as an operation."""

    def __init__(self, max_components: int, meter: Meter) -> None:
        self.operation: Operation = []
        self._maximum = max_components
        self._meter = meter

    def compare(self, path: Path, before: Any, after: Any) -> Search[None]:
        kind = type(before)
        if kind is not type(after):
            self._replace(path, before, after)
        elif kind is dict:
            yield from self._compare_members(path, before, after)
        elif kind is list:
            yield from self._compare_items(path, before, after)
        elif kind is str:
            yield from self._compare_texts(path, before, after)
        elif before != after:
            self._replace(path, before, after)

    def _add(self, component: Component) -> None:
        append(self.operation, component, self._meter)
        self._meter.spend(2)
        if len(self.operation) > self._maximum:
            raise TooMany

    def _replace(self, path: Path, before: Any, after: Any) -> None:
        in_list = path and type(path[-1]) is int
        deleted, inserted = ("ld", "li") if in_list else ("od", "oi")
        self._add({"p": path, deleted: before, inserted: after})

    def _compare_members(
        self, path: Path, before: dict[str, Any], after: dict[str, Any]
    ) -> Search[None]:
        remaining = iter(before)
        while names := list(islice(remaining, BLOCK)):
            for name in [name for name in names if name not in after]:
                self._add({"p": [*path, name], "od": before[name]})
            self._meter.spend(1 + len(names) // NAMES_OF_STEP)
            yield
        remaining = iter(after)
        while names := list(islice(remaining, BLOCK)):
            kept = [name for name in names if name in before]
            old, new = [before[name] for name in kept], [after[name] for name in kept]
            yield from self._compare_each(path, kept, old, new)
            for name in names:
                if name not in before:
                    self._add({"p": [*path, name], "oi": after[name]})
            self._meter.spend(1 + len(names) // NAMES_OF_STEP)
            yield

    def _compare_items(self, path: Path, before: list[Any], after: list[Any]) -> Search[None]:
        most = min(len(before), len(after))
        start = end = 0
        # In lists of equal length, the items correspond by index.
        if len(before) != len(after):
            start = yield from common_items(before, after, most, self._meter)
            end = yield from common_items(before, after, most - start, self._meter, at_end=True)
        # Items between whose indexes exist in both lists are changed in place.
        for index in range(start, most - end, BLOCK):
            places = range(index, min(index + BLOCK, most - end))
            old, new = (items[places.start : places.stop] for items in (before, after))
            yield from self._compare_each(path, places, old, new)
        for index in range(len(before) - end - 1, most - end - 1, -1):
            self._add({"p": [*path, index], "ld": before[index]})
        for index in range(most - end, len(after) - end):
            self._add({"p": [*path, index], "li": after[index]})

    def _compare_each(
        self, path: Path, keys: Any, before: list[Any], after: list[Any]
    ) -> Search[None]:
        """Compare the values of these members or items, at most a block of them."""
        if len(before) > FEW and (yield from alike(before, after, self._meter)):
            return
        for key, old, new in zip(keys, before, after, strict=True):
            yield from self.compare([*path, key], old, new)
        self._meter.spend(len(before) // VALUES_OF_STEP)
        yield

    def _compare_texts(self, path: Path, before: str, after: str) -> Search[None]:
        self._meter.spend(1 + (len(before) + len(after)) // CHARACTERS_OF_STEP)
        start = common_prefix(before, after)
        yield
        end = common_suffix(before, after, min(len(before), len(after)) - start)
        yield
        place = [*path, length(before[:start])]
        if start + end < len(before):
            self._add({"p": place, "sd": before[start : len(before) - end]})
        if start + end < len(after):
            self._add({"p": place, "si": after[start : len(after) - end]})
