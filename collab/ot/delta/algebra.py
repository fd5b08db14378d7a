"""Compose, transform and invert operations in the Delta format.

Each merges two readers step by step, and gives exactly the answers of quill-delta 5.1, whose
documentation describes them. All expect checked operations and return normal form.
"""

from __future__ import annotations

from collections.abc import Iterable

from ..types import Applied
from . import attributes
from .faults import BeyondEnd, SplitPair
from .reader import Component, DeltaReader, Operation, extent
from .writer import DeltaWriter

__all__ = [
    "apply",
    "compose",
    "invert",
    "outline",
    "transform",
    "transform_cursor",
    "transform_past",
]

Outline = tuple[int, int, int]


def apply(content: list[Component], operation: Operation) -> list[Component]:
    """The content, as inserts, after `operation`.

    Raises:
        InvalidOperation: it doesn't fit the content.
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
    """How many units of the base the next step takes."""
    if base.ended:
        raise BeyondEnd(change.kind, change.left, component=change.index, offset=change.start)
    return min(change.left, base.left)


def _retain(earlier: DeltaReader, later: DeltaReader, count: int, writer: DeltaWriter) -> None:
    """Pass on what is earlier, formatted as the later retain says."""
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
    """One operation with the effect of `first`, then `second`.

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
    """`operation` as it must be after `other`; `first` when `operation` was committed first."""
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
    """What is mine stays, on a stretch that the others have kept."""
    if mine.kind == "delete":
        writer.delete(count)
    else:
        formats = attributes.transform(mine.attributes, theirs.attributes, first=first)
        writer.retain(count, formats)


def _transform_apart(operation: Operation, other: Operation, *, first: bool) -> Operation | None:
    """The commonest case, done without merging: two keystrokes that don't overlap.

    Then the one that stands behind moves as a whole; of two inserts at one place, the second.
    """
    mine, theirs = outline(operation), outline(other)
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


def transform_past(operation: Operation, others: Iterable[Applied]) -> Operation:
    """`operation` as it must be after all of `others`, which were committed first, in this order.

    The same as `transform` with one after the other. A keystroke is carried past keystrokes that
    it does not overlap by moving its place, and made anew once.
    """
    mine = outline(operation)
    start, end = (mine[0], mine[1]) if mine is not None else (-1, -1)
    for other in others:
        theirs: Outline | None = other.outline
        if theirs is not None and start >= 0:
            other_start, other_end, growth = theirs
            if end < other_start or (
                end == other_start and (start != end or other_start != other_end)
            ):
                continue
            if other_end <= start:
                start += growth
                end += growth
                continue
        if mine is not None and start != mine[0]:
            operation = _moved(operation, start)
        operation = transform(operation, other.operation, first=False)
        mine = outline(operation)
        start, end = (mine[0], mine[1]) if mine is not None else (-1, -1)
    if mine is not None and start != mine[0]:
        operation = _moved(operation, start)
    return operation


def outline(operation: Operation) -> Outline | None:
    """Of a keystroke, a lone insert or delete: where in the content it starts and ends, and by how
    much the content grows; None of any other operation."""
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
    """The operation that takes `operation` back.

    Args:
        content: what `operation` applies to, as inserts.

    Raises:
        InvalidOperation: it doesn't fit the content.
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
    """Where a cursor at `offset` stands after `operation`.

    At a cursor, an editor's own insert pushes it along and another's leaves it where it is.
    """
    position = 0
    for component in operation["ops"]:
        if position > offset:
            break
        if "retain" in component:
            position += component["retain"]
        elif "insert" in component:
            size = extent(component["insert"])
            if position < offset or own:
                offset += size
            position += size
        else:
            offset -= min(component["delete"], offset - position)
    return offset
