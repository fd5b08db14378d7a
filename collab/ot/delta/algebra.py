"""Compose, transform and invert operations in the Delta format.

Each function merges two readers and gives exactly the results of quill-delta 5.1, whose
documentation describes them. All expect checked operations and return normal form.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..meter import Meter
from ..types import Applied
from . import attributes
from .faults import BeyondEnd, SplitPair
from .reader import Component, DeltaReader, Operation, extent
from .steps import (
    DELETE,
    INSERT,
    RETAIN,
    Outline,
    Step,
    operation_of,
    outline_of,
    passed,
    steps_of,
)
from .writer import DeltaWriter

__all__ = [
    "apply",
    "compose",
    "invert",
    "move_offset",
    "outline",
    "transform",
    "transform_cursor",
    "transform_past",
]

Keystroke = tuple[int, int, int]

CHANGES_OF_STEP = 4
"""The number of keystrokes that a keystroke is transformed over in the time of one step."""


def apply(content: list[Component], operation: Operation) -> list[Component]:
    """Return the content, as inserts, after `operation`.

    Raises:
        InvalidOperation: the operation doesn't fit the content.
    """
    base, change = DeltaReader(content), DeltaReader(operation["ops"])
    writer = DeltaWriter()
    while not change.ended:
        try:
            _apply_step(base, change, writer)
        except SplitPair:
            raise SplitPair(component=change.index, offset=change.start) from None
    writer.extend(base.rest())
    return writer.operation()["ops"]


def _apply_step(base: DeltaReader, change: DeltaReader, writer: DeltaWriter) -> None:
    if change.kind == "insert":
        _insert(change.take(change.left), writer)
        return
    count = _fitting(base, change)
    if change.kind == "retain":
        _retain(base, change, count, writer)
    else:
        base.skip(count)
    change.skip(count)


def _insert(component: Component, writer: DeltaWriter) -> None:
    formats = attributes.compose(None, component.get("attributes"), keep_null=False)
    writer.insert(component["insert"], formats)


def _fitting(base: DeltaReader, change: DeltaReader) -> int:
    """Return how many units of the base the next step consumes."""
    if base.ended:
        raise BeyondEnd(change.kind, change.left, component=change.index, offset=change.start)
    return min(change.left, base.left)


def _retain(earlier: DeltaReader, later: DeltaReader, count: int, writer: DeltaWriter) -> None:
    """Copy the next `count` units of `earlier` with the attributes of the later retain."""
    if later.attributes is None:
        writer.push(earlier.take(count))
        return
    keep_null = earlier.kind == "retain"
    formats = attributes.compose(earlier.attributes, later.attributes, keep_null=keep_null)
    component = earlier.take(count)
    if keep_null:
        writer.retain(count, formats)
    else:
        writer.insert(component["insert"], formats)


def compose(first: Operation, second: Operation) -> Operation:
    """Return one operation with the effect of `first`, then `second`.

    Raises:
        InvalidOperation: `second` splits a surrogate pair that `first` inserts.
    """
    earlier, later = DeltaReader(first["ops"]), DeltaReader(second["ops"])
    writer = DeltaWriter()
    while not later.ended:
        try:
            _compose_step(earlier, later, writer)
        except SplitPair:
            raise SplitPair(component=later.index, offset=later.start) from None
    writer.extend(earlier.rest())
    return writer.operation()


def _compose_step(earlier: DeltaReader, later: DeltaReader, writer: DeltaWriter) -> None:
    if later.kind == "insert":
        writer.push(later.take(later.left))
    elif earlier.kind == "delete":
        writer.push(earlier.take(earlier.left))
    else:
        count = min(earlier.left, later.left)
        if later.kind == "retain":
            _retain(earlier, later, count, writer)
        else:
            if earlier.kind == "retain":
                writer.delete(count)
            earlier.skip(count)
        later.skip(count)


def transform(operation: Operation, other: Operation, *, first: bool) -> Operation:
    """Return `operation` transformed against `other`; `first` if it was committed first."""
    moved = _transform_apart(operation, other, first=first)
    if moved is not None:
        return moved
    mine, theirs = DeltaReader(operation["ops"]), DeltaReader(other["ops"])
    writer = DeltaWriter()
    while not mine.ended and not theirs.ended:
        if theirs.kind == "insert" and not (first and mine.kind == "insert"):
            writer.retain(theirs.left)
            theirs.skip(theirs.left)
        elif mine.kind == "insert":
            writer.push(mine.take(mine.left))
        else:
            count = min(mine.left, theirs.left)
            if theirs.kind == "retain":
                _keep(mine, theirs, count, writer, first=first)
            mine.skip(count)
            theirs.skip(count)
    writer.extend(mine.rest())
    return writer.operation()


def _keep(
    mine: DeltaReader, theirs: DeltaReader, count: int, writer: DeltaWriter, *, first: bool
) -> None:
    """Keep a part of `mine` on a stretch that `theirs` retains."""
    if mine.kind == "delete":
        writer.delete(count)
    else:
        formats = attributes.transform(mine.attributes, theirs.attributes, first=first)
        writer.retain(count, formats)


def _transform_apart(operation: Operation, other: Operation, *, first: bool) -> Operation | None:
    """Transform the most common case without merging: two keystrokes that don't overlap.

    The later one in the text moves as a whole; of two inserts at one position, the second.
    """
    mine, theirs = _keystroke(operation), _keystroke(other)
    if mine is None or theirs is None:
        return None
    start, end, _ = mine
    other_start, other_end, growth = theirs
    if end < other_start:
        return operation
    if end == other_start and (first or start != end or other_start != other_end):
        return operation
    if other_end <= start:
        return _moved(operation, start + growth)
    return None


def _moved(keystroke: Operation, start: int) -> Operation:
    change = keystroke["ops"][-1]
    return {"ops": [{"retain": start}, change] if start else [change]}


def transform_past(
    operation: Operation, others: Iterable[Applied], meter: Meter | None = None
) -> Operation:
    """Return `operation` transformed against all of `others`, which were committed first, in order.

    The result equals repeated calls of `transform`. A keystroke is only moved past keystrokes that
    it does not overlap, and written once at the end.

    Raises:
        TooMuchWork: the work exceeds the meter's limit.
    """
    meter = meter or Meter()
    keystroke = _keystroke(operation)
    # Made when the first operation has to be merged.
    steps = None if keystroke else steps_of(operation)
    start, end, _ = keystroke or (-1, -1, 0)
    begun = start
    count = 0
    for other in others:
        if steps == []:
            break
        count += 1
        theirs = other.outline
        if theirs is None:
            theirs = outline(other.operation)
        if type(theirs) is tuple:
            other_start, other_end, growth = theirs
            if start >= 0:
                if end < other_start or (
                    end == other_start and (start != end or other_start != other_end)
                ):
                    continue
                if other_end <= start:
                    start += growth
                    end += growth
                    continue
            theirs = _walked(theirs)
        if steps is None:
            steps = steps_of(operation)
        if start != begun:
            steps = _moved_steps(steps, start)
        steps = passed(steps, theirs, meter)
        start, end = _place(steps)
        begun = start
    meter.spend(count // CHANGES_OF_STEP)
    if steps is None:
        return operation if start == begun else _moved(operation, start)
    if start != begun:
        steps = _moved_steps(steps, start)
    return operation_of(steps) if count else operation


def _place(steps: Sequence[Step]) -> tuple[int, int]:
    """Return where a keystroke starts and ends; -1 for any other operation."""
    if len(steps) == 1:
        start = 0
    elif len(steps) == 2 and steps[0].kind == RETAIN and steps[0].attributes is None:
        start = steps[0].length
    else:
        return -1, -1
    change = steps[-1]
    if change.kind == RETAIN:
        return -1, -1
    return start, start + change.length if change.kind == DELETE else start


def _moved_steps(keystroke: Sequence[Step], start: int) -> list[Step]:
    change = keystroke[-1]
    return [Step(RETAIN, start), change] if start else [change]


def _walked(keystroke: Keystroke) -> list[tuple[int, int, None]]:
    start, end, growth = keystroke
    change = (INSERT, growth, None) if start == end else (DELETE, end - start, None)
    return [(RETAIN, start, None), change] if start else [change]


def outline(operation: Operation) -> Keystroke | Outline:
    """Return the data that is needed to transform other operations over this one: the start, the
    end and the growth of the content for a keystroke, else the lengths and attributes."""
    keystroke = _keystroke(operation)
    return outline_of(operation) if keystroke is None else keystroke


def _keystroke(operation: Operation) -> Keystroke | None:
    """Return the outline of a lone insert or delete; None for any other operation."""
    components = operation["ops"]
    start = 0
    if len(components) == 2:
        first = components[0]
        if len(first) != 1:
            return None
        start = first.get("retain", 0)
        if not start:
            return None
    elif len(components) != 1:
        return None
    change = components[-1]
    if "insert" in change:
        return start, start, extent(change["insert"])
    if "delete" in change:
        count: int = change["delete"]
        return start, start + count, -count
    return None


def invert(operation: Operation, content: list[Component]) -> Operation:
    """Return the operation that undoes `operation`.

    Args:
        content: the content before `operation`, as inserts.

    Raises:
        InvalidOperation: the operation doesn't fit the content.
    """
    change, base = DeltaReader(operation["ops"]), DeltaReader(content)
    writer = DeltaWriter()
    while not change.ended:
        try:
            _invert_step(change, base, writer)
        except SplitPair:
            raise SplitPair(component=change.index, offset=change.start) from None
    return writer.operation()


def _invert_step(change: DeltaReader, base: DeltaReader, writer: DeltaWriter) -> None:
    if change.kind == "insert":
        writer.delete(change.left)
        change.skip(change.left)
        return
    count = _fitting(base, change)
    if change.kind == "delete":
        writer.push(base.take(count))
    else:
        formats = change.attributes and attributes.invert(change.attributes, base.attributes)
        base.skip(count)
        writer.retain(count, formats)
    change.skip(count)


def transform_cursor(offset: int, operation: Operation, *, own: bool) -> int:
    """Return the offset of a cursor after `operation`.

    An insert at the cursor moves it only if the cursor's own editor made the insert.
    """
    return move_offset(offset, outline(operation), own=own)


def move_offset(offset: int, outline: Any, *, own: bool) -> int:
    """As `transform_cursor`, with the operation's outline."""
    if type(outline) is tuple:
        start, end, growth = outline
        if start == end:
            return offset + growth if start < offset or (own and start == offset) else offset
        return offset if offset <= start else max(start, offset + growth)
    position = 0
    for kind, length, _ in outline:
        if position > offset:
            break
        if kind == RETAIN:
            position += length
        elif kind == INSERT:
            if position < offset or own:
                offset += length
            position += length
        else:
            offset -= min(length, offset - position)
    return offset
