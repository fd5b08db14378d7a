"""JSON documents, and operations in the json0 format that ShareDB made known."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidOperation
from . import json0
from .json0 import JsonBuffer, Misfit, Operation
from .types import Side

__all__ = ["JsonType"]

MAXIMUM_COMPONENTS = 1000
MAXIMUM_DEPTH = 64


class JsonType:
    """The type `json`.

    Args:
        maximum_components: an operation with more is refused; those of an embedded text0 operation
            count each.
        maximum_depth: so many lists and objects may lie in one another, in a document and in what
            an operation puts or deletes where it does.
    """

    name = "json"

    def __init__(
        self,
        maximum_components: int = MAXIMUM_COMPONENTS,
        maximum_depth: int = MAXIMUM_DEPTH,
    ) -> None:
        self._maximum_components = maximum_components
        self._maximum_depth = maximum_depth

    def create(self, content: Any = None) -> Any:
        """Checked content of a new document: any JSON value; None makes `{}`.

        An object can be filled member by member at once, by editors who don't know of each other;
        null, with which ShareDB begins, could only be replaced as a whole, and of two editors who
        do so one loses all.
        """
        if content is None:
            return {}
        try:
            return json0.checked(content, self._maximum_depth)
        except Misfit as problem:
            raise InvalidOperation(f"content of a JSON document: {problem}") from None

    def check(self, operation: Any) -> None:
        self.normalize(operation)

    def normalize(self, operation: Any) -> Operation:
        return json0.normalize(operation, self._maximum_components, self._maximum_depth)

    def apply(self, content: Any, operation: Operation) -> Any:
        buffer = JsonBuffer(content)
        buffer.apply(operation)
        return buffer.content()

    def compose(self, first: Operation, second: Operation) -> Operation:
        return json0.compose(first, second)

    def transform(self, operation: Operation, other: Operation, side: Side) -> Operation:
        return json0.transform(operation, other, side)

    def invert(self, operation: Operation, content: Any) -> Operation:
        """The inverse; `InvalidOperation` if the operation doesn't say what it deletes there."""
        JsonBuffer(content).apply(operation)
        inverse: Operation = []
        for component in reversed(operation):
            json0.append(inverse, json0.inverse(component))
        return inverse

    def difference(self, before: Any, after: Any) -> Operation:
        return json0.difference(before, after, self._maximum_components)

    def transform_cursor(self, offset: int, operation: Operation, own: bool) -> int:
        """The same offset: a cursor in a JSON document is no number."""
        return offset

    def buffer(self, content: Any) -> JsonBuffer:
        return JsonBuffer(content)
