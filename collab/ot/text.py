"""Plain text: a string, and operations in the Delta format without attributes and embeds.

Lengths and offsets count UTF-16 code units. A surrogate pair is never split.
"""

from __future__ import annotations

import sys
from collections.abc import Generator
from typing import Any

from ..errors import InvalidOperation
from . import delta
from .comparing import Search, finished
from .delta import BeyondEnd, DeltaWriter, Operation, SplitPair, form
from .delta_type import DeltaType
from .meter import Meter
from .text_buffer import TextBuffer
from .utf16 import Units, length

__all__ = ["TextType"]


class TextType(DeltaType):
    """The type `text`.

    Args:
        max_components: the limit of components in an operation.
    """

    name = "text"

    def __init__(self, max_components: int = form.MAXIMUM_COMPONENTS) -> None:
        self._max_components = max_components

    def create(self, content: Any = None) -> str:
        """Return the checked content of a new document: a string without lone surrogates."""
        if content is None:
            return ""
        if type(content) is not str:
            raise InvalidOperation(f"content of a text is a string, got {type(content).__name__}")
        try:
            length(content)
        except UnicodeEncodeError as error:
            raise InvalidOperation(
                f"content has a lone surrogate as its character {error.start}"
            ) from None
        return content

    def check(self, operation: Any) -> None:
        form.normalize(operation, self._max_components)

    def normalize(self, operation: Any) -> Operation:
        return form.normalize(operation, self._max_components)

    def apply(self, content: str, operation: Operation) -> str:
        units = Units(content)
        parts = []
        position = 0
        for index, component in enumerate(operation["ops"]):
            if "insert" in component:
                parts.append(component["insert"])
                continue
            ((kind, count),) = component.items()
            end = position + count
            if end > units.length:
                raise BeyondEnd(kind, end - units.length, component=index, offset=position)
            if units.splits_pair(end):
                raise SplitPair(component=index, offset=position)
            if kind == "retain":
                parts.append(units.cut(position, end))
            position = end
        parts.append(units.cut(position, units.length))
        return "".join(parts)

    def invert(self, operation: Operation, content: str) -> Operation:
        return delta.invert(operation, [{"insert": content}])

    def difference(self, before: str, after: str) -> Operation:
        """Return an operation that replaces the stretches that differ; a short stretch is what lies
        between the common prefix and the common suffix."""
        return finished(self._compare(before, after, sys.maxsize, Meter()))

    def compare(self, before: str, after: str, meter: Meter) -> Search[Operation]:
        return self._compare(before, after, self._max_components, meter)

    def _compare(
        self, before: str, after: str, max_components: int, meter: Meter
    ) -> Search[Operation]:
        writer = DeltaWriter()
        reached = 0
        for stretch in (yield from delta.differing(before, after, meter)):
            writer.retain(length(before[reached : stretch.start]))
            writer.insert(after[stretch.new_start : stretch.new_end])
            writer.delete(length(before[stretch.start : stretch.end]))
            reached = stretch.end
            yield
        operation = writer.operation()
        delta.check_count(len(operation["ops"]), max_components)
        return operation

    def buffer(self, content: str) -> TextBuffer:
        return TextBuffer(content)

    def filling(self, content: str) -> Generator[None, None, TextBuffer]:
        return TextBuffer.filling(content)
