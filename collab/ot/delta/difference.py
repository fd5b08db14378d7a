"""The difference between two rich texts, as an operation."""

from __future__ import annotations

import sys

from ...errors import TooLarge
from ..comparing import BLOCK, Search, common_items, finished
from ..meter import Meter
from ..utf16 import length
from ..values import same
from . import attributes
from .reader import Component, DeltaReader, Operation, extent
from .stretches import differing
from .writer import DeltaWriter

__all__ = ["check_count", "compare", "difference"]

PLACEHOLDER = "\ufffc"
"""Stands for any embed while texts are compared."""

STEPS_OF_PIECE = 4
COMPONENTS_OF_STEP = 8
PIECES = 64
"""The steps to compare a piece with its attributes, the components that are measured in the time of
one step, and the pieces after which the search yields."""


def difference(before: list[Component], after: list[Component]) -> Operation:
    """Return an operation that turns `before` into `after`, lists of inserts in normal form.

    Stretches in which the texts differ (see `differing`) are replaced. Elsewhere attributes are
    changed, and embeds that differ are replaced.
    """
    return finished(compare(before, after, sys.maxsize, Meter()))


def compare(
    before: list[Component], after: list[Component], max_components: int, meter: Meter
) -> Search[Operation]:
    """As `difference`, in a generator.

    Raises:
        TooLarge: the operation has more components than the maximum.
        TooMuchWork: the work exceeds the meter's limit.
    """
    most = min(len(before), len(after))
    start = yield from common_items(before, after, most, meter)
    end = yield from common_items(before, after, most - start, meter, at_end=True)
    writer = DeltaWriter()
    for index in range(0, start, BLOCK):
        meter.spend(1 + BLOCK // COMPONENTS_OF_STEP)
        writer.retain(
            sum(extent(each["insert"]) for each in before[index : min(index + BLOCK, start)])
        )
        yield
    comparison = Comparison(
        before[start : len(before) - end],
        after[start : len(after) - end],
        writer,
        max_components,
        meter,
    )
    yield from comparison.run()
    operation = writer.operation()
    check_count(len(operation["ops"]), max_components)
    return operation


def check_count(components: int, maximum: int) -> None:
    if components > maximum:
        raise TooLarge(
            f"there are more than {maximum} components, which is the limit "
            "(max_operation_components)"
        )


class Comparison:
    """Writes the difference between two lists of inserts."""

    def __init__(
        self,
        before: list[Component],
        after: list[Component],
        writer: DeltaWriter,
        max_components: int,
        meter: Meter,
    ) -> None:
        self._before = before
        self._after = after
        self._mine = DeltaReader(before)
        self._theirs = DeltaReader(after)
        self._writer = writer
        self._maximum = max_components
        self._meter = meter
        self._pieces = 0

    def run(self) -> Search[None]:
        old = yield from self._text_of(self._before)
        new = yield from self._text_of(self._after)
        reached = 0
        for stretch in (yield from differing(old, new, self._meter)):
            yield from self._reformat(length(old[reached : stretch.start]))
            reached = stretch.end
            removed = length(old[stretch.start : stretch.end])
            self._writer.delete(removed)
            yield from self._skip(removed)
            yield from self._add(length(new[stretch.new_start : stretch.new_end]))
        yield from self._reformat(length(old[reached:]))

    def _text_of(self, content: list[Component]) -> Search[str]:
        texts: list[str] = []
        for index in range(0, len(content), BLOCK):
            inserts = (component["insert"] for component in content[index : index + BLOCK])
            texts += (insert if type(insert) is str else PLACEHOLDER for insert in inserts)
            self._meter.spend(1 + BLOCK // COMPONENTS_OF_STEP)
            yield
        return "".join(texts)

    def _reformat(self, left: int) -> Search[None]:
        mine, theirs, writer = self._mine, self._theirs, self._writer
        while left:
            if self._next():
                yield
            count = min(left, mine.left, theirs.left)
            old, new = mine.take(count), theirs.take(count)
            if same(old["insert"], new["insert"]):
                change = attributes.difference(old.get("attributes"), new.get("attributes"))
                writer.retain(count, change)
            else:
                writer.push(new)
                writer.delete(count)
            left -= count

    def _skip(self, removed: int) -> Search[None]:
        while removed:
            if self._next():
                yield
            count = min(removed, self._mine.left)
            self._mine.skip(count)
            removed -= count

    def _next(self) -> bool:
        """Count one more piece; return whether the search should yield."""
        self._meter.spend(STEPS_OF_PIECE)
        self._pieces += 1
        if self._pieces % PIECES:
            return False
        check_count(self._writer.count, self._maximum)
        return True

    def _add(self, added: int) -> Search[None]:
        while added:
            if self._next():
                yield
            count = min(added, self._theirs.left)
            self._writer.push(self._theirs.take(count))
            added -= count
