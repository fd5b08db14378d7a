"""A long string that is edited in place.

The string is kept in chunks of a few thousand characters. A chunk is found by its UTF-16 size in
logarithmic time, so a keystroke copies one chunk, whatever the length of the string.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import NamedTuple

from .delta import BeyondEnd, Component, Operation, SplitPair
from .fenwick_tree import FenwickTree
from .meter import Meter
from .utf16 import Units, length

__all__ = ["TextBuffer"]

CHUNK = 2048
"""The characters of a new chunk. A chunk that grows beyond twice as many is divided."""

STEPS_OF_COMPONENT = 2
CHARACTERS_OF_STEP = 1024
"""The steps to apply a component, and the characters that are inserted in the time of a step."""

WIDE_CHUNK = 512
"""The same for text that is not ASCII: finding a position looks at each character of a chunk."""

CHUNKS_OF_STEP = 8
"""The number of chunks that are indexed again in the time of a step, if an edit makes new ones."""

CHUNKS_OF_TURN = 1024
"""The number of chunks that are measured in one step while a buffer is filled."""

PADDED = 32
"""The most deleted chunks that stay in the index as empty ones."""


class TextBuffer:
    """The buffer of the type `text`; `size` and all offsets count UTF-16 code units.

    `apply` takes time proportional to the operation and to the logarithm of the content. Only an
    edit that makes new chunks takes time proportional to their number.
    """

    __slots__ = ("_chunks", "_content", "_room", "_size", "_sizes", "_sums")

    def __init__(self, content: str) -> None:
        for _ in self._fill(content):
            pass

    @classmethod
    def filling(cls, content: str) -> Generator[None, None, TextBuffer]:
        """Fill a buffer in steps of a few milliseconds; the generator returns it."""
        buffer = cls.__new__(cls)
        yield from buffer._fill(content)
        return buffer

    def _fill(self, content: str) -> Iterator[None]:
        self._content: str | None = content
        self._room = room_of(content)
        self._chunks = cut(content)
        self._sizes: list[int] = []
        for begin in range(0, len(self._chunks), CHUNKS_OF_TURN):
            yield
            self._sizes += map(length, self._chunks[begin : begin + CHUNKS_OF_TURN])
        self._sums = FenwickTree(self._sizes)
        self._size = sum(self._sizes)

    @property
    def size(self) -> int:
        return self._size

    def size_after(self, operation: Operation) -> int:
        return self.weigh(operation, Meter())

    def weigh(self, operation: Operation, meter: Meter) -> int:
        """As `size_after`; the meter counts the work of this call and of `apply` afterwards.

        Raises:
            TooMuchWork: the content is unchanged.
        """
        components = operation["ops"]
        size = self._size
        changed = 0
        for component in components:
            if "insert" in component:
                count = length(component["insert"])
                size += count
            elif "delete" in component:
                count = component["delete"]
                size -= count
            else:
                continue
            changed += count
        steps = STEPS_OF_COMPONENT * len(components) + changed // CHARACTERS_OF_STEP
        if changed > WIDE_CHUNK:
            steps += len(self._chunks) // CHUNKS_OF_STEP
        meter.spend(steps)
        return size

    def content(self) -> str:
        if self._content is None:
            self._content = "".join(self._chunks)
        return self._content

    def apply(self, operation: Operation) -> None:
        if self._apply_keystroke(operation["ops"]):
            return
        # The whole operation is checked here, before the first chunk changes.
        edits = self._plan(operation["ops"])
        if not edits:
            return
        self._content = None
        moved = False
        # From the end, so that the indexes of the other edits stay valid.
        for edit in reversed(edits):
            self._size += edit.growth
            room = 2 * room_of(edit.text)
            if edit.first == edit.last and len(edit.text) <= room:
                self._chunks[edit.first] = edit.text
                self._sizes[edit.first] += edit.growth
                self._sums.add(edit.first, edit.growth)
            else:
                moved = self._replace(edit) or moved
        if moved:
            self._settle()

    def _apply_keystroke(self, components: list[Component]) -> bool:
        """Apply the most common case in few steps: one insert or delete within one chunk without
        surrogate pairs. Return False, with the content unchanged, for any other case."""
        offset = 0
        if len(components) == 2:
            offset = components[0].get("retain", -1)
        if len(components) > 2 or not components or not 0 <= offset <= self._size:
            return False
        chunk, start = self._sums.find(offset)
        if chunk == len(self._chunks):
            chunk -= 1
            start = self._sizes[chunk]
        old = self._chunks[chunk]
        change = components[-1]
        text = change.get("insert", "")
        end = start + change.get("delete", 0)
        growth = length(text) + start - end
        if self._sizes[chunk] != len(old) or end > len(old) or len(old) + growth > 2 * CHUNK:
            return False
        self._chunks[chunk] = old[:start] + text + old[end:]
        self._sizes[chunk] += growth
        self._sums.add(chunk, growth)
        self._size += growth
        self._content = None
        return True

    def _plan(self, components: list[Component]) -> list[Edit]:
        plan = Plan(self._chunks)
        offset = 0
        position = (0, 0)
        for index, component in enumerate(components):
            if "insert" in component:
                plan.insert(position, component["insert"])
                continue
            start = position
            ((kind, count),) = component.items()
            end = offset + count
            if end > self._size:
                raise BeyondEnd(kind, end - self._size, component=index, offset=offset)
            position = self._find(end)
            if position[1] < 0:
                raise SplitPair(component=index, offset=offset)
            if kind == "delete":
                plan.delete(start, position, count)
            offset = end
        return plan.close()

    def _find(self, offset: int) -> tuple[int, int]:
        """Return the index of the chunk that contains `offset`, and that of the character in it, -1
        inside a surrogate pair."""
        chunk, within = self._sums.find(offset)
        if chunk == len(self._chunks):
            chunk -= 1
            return chunk, len(self._chunks[chunk])
        text = self._chunks[chunk]
        if self._sizes[chunk] == len(text):
            return chunk, within
        units = Units(text)
        return chunk, -1 if units.splits_pair(within) else len(units.cut(0, within))

    def _replace(self, edit: Edit) -> bool:
        """Replace chunks by new ones; return whether the number of chunks has changed."""
        chunks = cut(edit.text)
        removed = edit.last + 1 - edit.first
        if len(chunks) < removed <= PADDED:
            chunks += [""] * (removed - len(chunks))
        sizes = [length(chunk) for chunk in chunks]
        moved = len(chunks) != removed
        if not moved:
            for index, size in enumerate(sizes, edit.first):
                self._sums.add(index, size - self._sizes[index])
        self._chunks[edit.first : edit.last + 1] = chunks
        self._sizes[edit.first : edit.last + 1] = sizes
        return moved

    def _settle(self) -> None:
        """Rebuild the index; first divide the text again if most chunks are small."""
        if len(self._chunks) > 2 * self._size // self._room + 2 * PADDED:
            for _ in self._fill(self.content()):
                pass
        else:
            self._sums = FenwickTree(self._sizes)


class Edit(NamedTuple):
    """The chunks from `first` to `last` become one text, longer by `growth` units."""

    first: int
    last: int
    text: str
    growth: int


class Plan:
    """Collects the changes of one operation, in order, as edits of disjoint chunks.

    A position is the index of a chunk and that of a character in it.
    """

    __slots__ = ("_chunks", "_edits", "_first", "_growth", "_last", "_parts", "_read")

    def __init__(self, chunks: list[str]) -> None:
        self._chunks = chunks
        self._edits: list[Edit] = []
        self._parts: list[str] = []
        self._first = self._last = -1
        self._read = self._growth = 0

    def insert(self, position: tuple[int, int], text: str) -> None:
        self._open(position)
        self._parts.append(text)
        self._growth += length(text)

    def delete(self, start: tuple[int, int], end: tuple[int, int], count: int) -> None:
        self._open(start)
        self._last, self._read = end
        self._growth -= count

    def close(self) -> list[Edit]:
        if self._parts:
            self._parts.append(self._chunks[self._last][self._read :])
            self._edits.append(Edit(self._first, self._last, "".join(self._parts), self._growth))
        return self._edits

    def _open(self, position: tuple[int, int]) -> None:
        chunk, point = position
        if chunk == self._last:
            self._parts.append(self._chunks[chunk][self._read : point])
        else:
            self.close()
            self._first = self._last = chunk
            self._parts = [self._chunks[chunk][:point]]
            self._growth = 0
        self._read = point


def room_of(text: str) -> int:
    """Return how many characters of this text make a chunk."""
    return CHUNK if text.isascii() else WIDE_CHUNK


def cut(text: str) -> list[str]:
    """Divide the text into new chunks; one empty chunk if the text is empty."""
    room = room_of(text)
    if len(text) <= room:
        return [text]
    return [text[start : start + room] for start in range(0, len(text), room)]
