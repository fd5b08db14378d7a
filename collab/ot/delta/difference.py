"""What leads from one rich text to another."""

from __future__ import annotations

import sys

from ...errors import TooLarge
from ..affixes import common_prefix, common_suffix
from ..comparing import BLOCK, Search, common_items, finished
from ..meter import Meter
from ..utf16 import length
from ..values import same
from . import attributes
from .reader import Component, DeltaReader, Operation, extent
from .writer import DeltaWriter

__all__ = ["compare", "compare_texts", "difference"]

PLACEHOLDER = "\ufffc"
"""Stands for an embed, of whatever kind, while texts are compared."""

STEPS_OF_PIECE = 4
COMPONENTS_OF_STEP = 8
CHARACTERS_OF_STEP = 512
PIECES = 64
"""What it takes to compare a piece with its attributes, and how many components are measured and
characters compared in the time of one step."""


def difference(before: list[Component], after: list[Component]) -> Operation:
    """An operation that makes `before` into `after`, both lists of inserts in normal form.

    What stands between the beginning and the end that their texts have in common is replaced; on
    these, attributes are changed and embeds replaced where they are not the same.
    """
    return finished(compare(before, after, sys.maxsize, Meter()))


def compare(
    before: list[Component], after: list[Component], maximum_components: int, meter: Meter
) -> Search[Operation]:
    """As `difference`, in turns.

    Raises:
        TooLarge: the operation has more components than the maximum.
        TooMuchWork: it takes more than the meter allows.
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
        maximum_components,
        meter,
    )
    yield from comparison.run()
    operation = writer.operation()
    check_count(len(operation["ops"]), maximum_components)
    return operation


def check_count(components: int, maximum: int) -> None:
    if components > maximum:
        raise TooLarge(
            f"there are more than {maximum} components, which is the limit "
            "(operation_maximum_components)"
        )


def compare_texts(before: str, after: str, meter: Meter) -> Search[tuple[int, int]]:
    """How many characters two texts begin with and, beyond that, end with alike."""
    meter.spend(1 + (len(before) + len(after)) // CHARACTERS_OF_STEP)
    start = common_prefix(before, after)
    yield
    end = common_suffix(before, after, min(len(before), len(after)) - start)
    yield
    return start, end


class Comparison:
    """Writes what leads from one list of inserts to another."""

    def __init__(
        self,
        before: list[Component],
        after: list[Component],
        writer: DeltaWriter,
        maximum_components: int,
        meter: Meter,
    ) -> None:
        self._before = before
        self._after = after
        self._mine = DeltaReader(before)
        self._theirs = DeltaReader(after)
        self._writer = writer
        self._maximum = maximum_components
        self._meter = meter
        self._pieces = 0

    def run(self) -> Search[None]:
        old = yield from self._text_of(self._before)
        new = yield from self._text_of(self._after)
        start, end = yield from compare_texts(old, new, self._meter)
        yield from self._reformat(length(old[:start]))
        removed = length(old[start : len(old) - end])
        self._writer.delete(removed)
        yield from self._skip(removed)
        yield from self._add(length(new[start : len(new) - end]))
        yield from self._reformat(length(old[len(old) - end :]))

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
        """Count one piece more; whether it is time for a stop."""
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
