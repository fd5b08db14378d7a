"""The buffer of types without a buffer of their own."""

from __future__ import annotations

import json
from typing import Any

from .types import OperationType
from .utf16 import length

__all__ = ["PlainBuffer"]


class PlainBuffer:
    """Keeps the content as a value and applies each operation with the type's own `apply`.

    It is correct for every type, and as fast as its `apply`. `size` counts UTF-16 code units if the
    content is a string, else the characters of its JSON text.
    """

    __slots__ = ("_content", "_size", "_type")

    def __init__(self, operation_type: OperationType, content: Any) -> None:
        self._type = operation_type
        self._content = content
        self._size: int | None = None

    @property
    def size(self) -> int:
        if self._size is None:
            self._size = measure(self._content)
        return self._size

    def size_after(self, operation: Any) -> int:
        return measure(self._type.apply(self._content, operation))

    def apply(self, operation: Any) -> None:
        self._content = self._type.apply(self._content, operation)
        self._size = None

    def content(self) -> Any:
        return self._content


def measure(content: Any) -> int:
    if isinstance(content, str):
        return length(content)
    return len(json.dumps(content, ensure_ascii=False, separators=(",", ":")))
