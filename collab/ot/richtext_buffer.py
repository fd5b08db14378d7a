"""A long rich text that is edited in place.

The text is kept in chunks of runs; a run is an insert. A chunk is found by its length in
logarithmic time, so a keystroke rewrites one chunk, whatever the length of the text.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Generator, Iterator
from typing import NamedTuple

import msgspec

from ..errors import InvalidOperation
from .delta import (
    BeyondEnd,
    Component,
    DeltaWriter,
    Operation,
    SplitPair,
    extent,
    same_attributes,
)
from .fenwick_tree import FenwickTree
from .gradual import pieces
from .meter import Meter
from .runs import rewrite
from .utf16 import Units
from .values import size as json_bytes

__all__ = ["RichTextBuffer"]

STEPS_OF_COMPONENT = 2
STEPS_OF_PIECE = 2
"""The steps to find the position of a component, and to rewrite a run or a part of one."""

RUNS_OF_STEP = 2
"""The number of runs that are skipped or deleted in the time of one step."""

ATTRIBUTES_OF_STEP = 4
CHARACTERS_OF_STEP = 512
"""The attributes and the characters of texts that are rewritten in the time of one step."""

CHUNK = 2048
"""The weight of a new chunk. A chunk that grows beyond twice this weight is divided."""

RUNS_OF_TURN = 1024
"""The number of runs that are put into chunks in one step."""

RUN_WEIGHT = 64
"""The weight of a run in addition to its characters, so that a chunk has few runs even if they are
short."""

encode = msgspec.json.Encoder().encode


class RichTextBuffer:
    """The buffer of the type `richtext`.

    `size` counts the UTF-16 code units of the text, one for each embed, and the bytes of the JSON
    text of each embed and of the attributes of each stretch. `apply` takes time proportional to the
    operation and to the logarithm of the content. Only an edit that changes the number of chunks
    takes time proportional to that number.
    """

    __slots__ = (
        "_chunks",
        "_content",
        "_formats",
        "_length",
        "_lengths",
        "_max_attributes",
        "_planned",
        "_sums",
    )

    def __init__(self, content: Operation, max_attributes: int = sys.maxsize) -> None:
        for _ in self._fill(content, max_attributes):
            pass

    @classmethod
    def filling(
        cls, content: Operation, max_attributes: int
    ) -> Generator[None, None, RichTextBuffer]:
        """Fill a buffer in steps of a few milliseconds; the generator returns it."""
        buffer = cls.__new__(cls)
        yield from buffer._fill(content, max_attributes)
        return buffer

    def _fill(self, content: Operation, max_attributes: int) -> Iterator[None]:
        self._max_attributes = max_attributes
        self._content: Operation | None = content
        self._chunks: list[list[Component]] = []
        self._lengths: list[int] = []
        self._formats = 0
        runs, last = content["ops"], None
        for begin in range(0, len(runs), RUNS_OF_TURN):
            part = runs[begin : begin + RUNS_OF_TURN]
            chunks = cut(part)
            self._chunks += chunks
            self._lengths += [length(chunk) for chunk in chunks]
            self._formats += format_bytes(last, part, None)
            last = part[-1]
            yield
        if not self._chunks:
            self._chunks, self._lengths = [[]], [0]
        self._sums = FenwickTree(self._lengths)
        self._length = sum(self._lengths)
        self._planned: tuple[Operation, list[Edit]] | None = None

    @property
    def size(self) -> int:
        return self._length + self._formats

    def size_after(self, operation: Operation) -> int:
        return self.weigh(operation, Meter())

    def weigh(self, operation: Operation, meter: Meter) -> int:
        """As `size_after`; the meter counts the work of this call and of `apply` afterwards.

        Raises:
            InvalidOperation: the operation doesn't fit the content, or gives a stretch of it too
                many attributes.
            TooMuchWork: the content is unchanged.
        """
        edits = self._plan(operation, meter)
        return self.size + sum(edit.growth + edit.format_growth for edit in edits)

    def content(self) -> Operation:
        if self._content is None:
            writer = DeltaWriter()
            writer.extend(itertools.chain.from_iterable(self._chunks))
            self._content = writer.operation()
        return self._content

    def pieces(self) -> Iterator[bytes]:
        """Yield the JSON text of the present content. The buffer may be edited in between."""
        if self._content is not None:
            return pieces(self._content)
        # A chunk is never modified: an edit replaces it.
        return text_of(list(self._chunks))

    def apply(self, operation: Operation) -> None:
        # The whole operation is checked here, before the first chunk changes.
        edits = self._plan(operation, None)
        self._planned = None
        if not edits:
            return
        self._content = None
        moved = False
        # From the end, so that the indexes of the other edits stay valid.
        for edit in reversed(edits):
            self._length += edit.growth
            self._formats += edit.format_growth
            moved = self._replace(edit) or moved
        if not self._chunks:
            self._chunks, self._lengths = [[]], [0]
        if moved:
            self._sums = FenwickTree(self._lengths)

    def _plan(self, operation: Operation, meter: Meter | None) -> list[Edit]:
        if self._planned is None or self._planned[0] is not operation:
            parts = self._parts(operation, meter or Meter())
            # An operation that was accepted once, perhaps under higher limits, is not refused.
            limit = sys.maxsize if meter is None else self._max_attributes
            edits = [self._edit(part, meter or Meter(), limit) for part in parts]
            self._planned = (operation, edits)
        return self._planned[1]

    def _parts(self, operation: Operation, meter: Meter) -> list[Part]:
        """Divide the operation into parts, each of which changes adjacent chunks of its own."""
        parts: list[Part] = []
        offset = 0
        position = self._find(0)
        for index, component in enumerate(operation["ops"]):
            start, begin = position, offset
            meter.spend(STEPS_OF_COMPONENT)
            if "insert" not in component:
                offset += component.get("retain", 0) or component["delete"]
                position = self._pass(component, index, begin, offset)
            if component.keys() == {"retain"}:
                continue
            last = position[0] - (position[1] == 0 and offset > begin)
            if not parts or start[0] > parts[-1].last + 1:
                parts.append(Part(start[0], begin - start[1]))
            parts[-1].add(component, begin, offset, last)
        return parts

    def _pass(self, component: Component, index: int, begin: int, end: int) -> tuple[int, int]:
        if end > self._length:
            kind = "retain" if "retain" in component else "delete"
            raise BeyondEnd(kind, end - self._length, component=index, offset=begin)
        position = self._find(end)
        if splits_pair(self._chunks[position[0]], position[1]):
            raise SplitPair(component=index, offset=begin)
        return position

    def _find(self, offset: int) -> tuple[int, int]:
        """Return the index of the chunk that contains `offset`, and the offset within it."""
        chunk, within = self._sums.find(offset)
        if chunk == len(self._chunks):
            return chunk - 1, self._lengths[-1]
        return chunk, within

    def _edit(self, part: Part, meter: Meter, max_attributes: int) -> Edit:
        chunks = self._chunks
        meter.spend(sum(map(len, chunks[part.first : part.last + 1])) // RUNS_OF_STEP)
        runs = list(itertools.chain.from_iterable(chunks[part.first : part.last + 1]))
        start, end, components = touched(runs, part.components)
        old = runs[start:end]
        meter.spend(work_on(old, components))
        new = rewrite(old, components)
        check_attributes(old, new, components, max_attributes)
        before, after = self._around(part, runs, start, end)
        growth = sum(map(growth_of, components))
        format_growth = format_bytes(before, new, after) - format_bytes(before, old, after)
        runs[start:end] = new
        return Edit(part.first, part.last, runs, growth, format_growth)

    def _around(
        self, part: Part, runs: list[Component], start: int, end: int
    ) -> tuple[Component | None, Component | None]:
        """Return the runs before and after those from `start` to `end` of a part."""
        chunks = self._chunks
        before = runs[start - 1] if start else chunks[part.first - 1][-1] if part.first else None
        if end < len(runs):
            return before, runs[end]
        return before, chunks[part.last + 1][0] if part.last + 1 < len(chunks) else None

    def _replace(self, edit: Edit) -> bool:
        """Replace chunks by new ones; return whether the number of chunks has changed."""
        runs, end = edit.runs, edit.last + 1
        if end < len(self._chunks) and weight(runs) < CHUNK // 4:
            runs = runs + self._chunks[end]
            end += 1
        chunks = cut(runs) if weight(runs) > 2 * CHUNK else [runs] if runs else []
        if len(chunks) == 1:
            lengths = [sum(self._lengths[edit.first : end]) + edit.growth]
        else:
            lengths = [length(chunk) for chunk in chunks]
        moved = len(chunks) != end - edit.first
        if not moved:
            for index, new in enumerate(lengths, edit.first):
                self._sums.add(index, new - self._lengths[index])
        self._chunks[edit.first : end] = chunks
        self._lengths[edit.first : end] = lengths
        return moved


class Part:
    """The components that change the chunks from `first` to `last`, as an operation on them."""

    __slots__ = ("_read", "components", "first", "last")

    def __init__(self, first: int, start: int) -> None:
        self.first = self.last = first
        self.components: list[Component] = []
        self._read = start

    def add(self, component: Component, begin: int, end: int, last: int) -> None:
        if begin > self._read:
            self.components.append({"retain": begin - self._read})
        self.components.append(component)
        self._read = end
        self.last = max(self.last, last)


class Edit(NamedTuple):
    """The chunks from `first` to `last` become `runs`. The text grows by `growth` units, its
    formats by `format_growth` bytes."""

    first: int
    last: int
    runs: list[Component]
    growth: int
    format_growth: int


def touched(runs: list[Component], components: list[Component]) -> tuple[int, int, list[Component]]:
    """Return the range of runs that the components change, including neighbours that an insert may
    join, and the components relative to this range."""
    lead = components[0]["retain"] if components[0].keys() == {"retain"} else 0
    reach = sum(each.get("retain", 0) or each.get("delete", 0) for each in components)
    start = skipped = 0
    while skipped < lead and (size := extent(runs[start]["insert"])) < lead - skipped:
        skipped += size
        start += 1
    end, offset = start, skipped
    while end < len(runs) and offset <= reach:
        offset += extent(runs[end]["insert"])
        end += 1
    if skipped:
        components = [{"retain": lead - skipped}, *components[1:]]
    return start, end, components


def growth_of(component: Component) -> int:
    if "insert" in component:
        return extent(component["insert"])
    return -int(component.get("delete", 0))


def work_on(runs: list[Component], components: list[Component]) -> int:
    """Return the steps to rewrite these runs with these components."""
    steps = 0
    index, left = -1, 0
    for component in components:
        if "insert" in component:
            steps += STEPS_OF_PIECE + work_of(component)
            continue
        formats = component.get("attributes")
        added = 0 if formats is None else len(formats) // ATTRIBUTES_OF_STEP
        each = STEPS_OF_PIECE + added
        deletes = "delete" in component
        count = component["delete"] if deletes else component["retain"]
        passed = 0
        while count:
            if not left:
                index += 1
                left = extent(runs[index]["insert"])
                steps += work_of(runs[index])
            taken = min(count, left)
            count -= taken
            left -= taken
            passed += 1
            if formats is not None:
                steps += each
        steps += passed // RUNS_OF_STEP
    return steps


def work_of(run: Component) -> int:
    """Return the steps to copy and measure an insert and its attributes."""
    steps = len(run["insert"]) // CHARACTERS_OF_STEP
    formats = run.get("attributes")
    return steps if formats is None else steps + len(formats) // ATTRIBUTES_OF_STEP


def check_attributes(
    old: list[Component], new: list[Component], components: list[Component], limit: int
) -> None:
    """Raise `InvalidOperation` if a stretch would have more attributes than the limit."""
    if not any("attributes" in component for component in components):
        return
    most = max((len(run["attributes"]) for run in new if "attributes" in run), default=0)
    if most > limit and most > max(
        (len(run["attributes"]) for run in old if "attributes" in run), default=0
    ):
        raise InvalidOperation(
            f"a stretch of the text would have {most} attributes, the limit is {limit} "
            "(max_component_attributes): remove some first"
        )


def text_of(chunks: list[list[Component]]) -> Iterator[bytes]:
    """Yield the JSON text of the content in these chunks; parts of one insert are joined."""
    yield b'{"ops":['
    # The end of the insert that is being written: its closing quote and attributes.
    closing = b""
    attributes = None
    separator = b""
    for chunk in chunks:
        written: list[bytes] = []
        for run in chunk:
            insert, formats = run["insert"], run.get("attributes")
            is_text = type(insert) is str
            if not (closing and is_text and same_attributes(formats, attributes)):
                written += (closing, separator)
                separator, closing = b",", b""
                if not is_text:
                    written.append(encode(run))
                    continue
                written.append(b'{"insert":"')
                attributes = formats
                closing = b'"}' if formats is None else b'","attributes":%b}' % encode(formats)
            written.append(encode(insert)[1:-1])
        yield b"".join(written)
    yield closing + b"]}"


def length(runs: list[Component]) -> int:
    return sum(extent(run["insert"]) for run in runs)


def weight(runs: list[Component]) -> int:
    return sum(RUN_WEIGHT + len(run["insert"]) for run in runs)


def splits_pair(runs: list[Component], offset: int) -> bool:
    """Whether the offset lies between the two units of a surrogate pair."""
    for run in runs:
        here = extent(run["insert"])
        if offset < here:
            return offset > 0 and Units(run["insert"]).splits_pair(offset)
        offset -= here
    return False


def format_bytes(before: Component | None, runs: list[Component], after: Component | None) -> int:
    """Return the JSON bytes of embeds and attributes, with those of `after` if they start there."""
    total = 0
    last = before.get("attributes") if before else None
    for run in runs if after is None else [*runs, after]:
        attributes = run.get("attributes")
        if run is not after and type(run["insert"]) is not str:
            total += json_bytes(run["insert"])
        if attributes is not None and not same_attributes(attributes, last):
            total += json_bytes(attributes)
        last = attributes
    return total


def cut(runs: list[Component]) -> list[list[Component]]:
    """Divide the runs into new chunks; one empty chunk if there are no runs."""
    chunks: list[list[Component]] = [[]]
    room = CHUNK
    for run in runs:
        for piece in (run,) if len(run["insert"]) <= CHUNK else split_run(run):
            taken = RUN_WEIGHT + len(piece["insert"])
            if room < taken and chunks[-1]:
                chunks.append([])
                room = CHUNK
            chunks[-1].append(piece)
            room -= taken
    if len(chunks) > 1 and weight(chunks[-1]) < CHUNK // 4:
        chunks[-2:] = [chunks[-2] + chunks[-1]]
    return chunks


def split_run(run: Component) -> list[Component]:
    text = run["insert"]
    if type(text) is not str or len(text) <= CHUNK:
        return [run]
    return [{**run, "insert": text[at : at + CHUNK]} for at in range(0, len(text), CHUNK)]
