"""A JSON document that is edited in place."""

from __future__ import annotations

from typing import Any

from ...errors import InvalidOperation
from ..values import Misfit
from .components import Operation, inverse
from .tree import Tree

__all__ = ["JsonBuffer"]


class JsonBuffer:
    """The buffer of the type `json`; `size` counts the bytes of the content's JSON text.

    `apply` takes time in proportion to the operation and to each string it edits. A list or object
    that `content` has given away is copied, by itself and once, when it is next changed.
    """

    __slots__ = ("_tree",)

    def __init__(self, content: Any) -> None:
        self._tree = Tree(content)

    @property
    def size(self) -> int:
        return self._tree.size

    def size_after(self, operation: Operation) -> int:
        # Counted now, it only grows and shrinks with each change.
        self._tree.size  # noqa: B018
        self.apply(operation)
        size = self._tree.size
        self._take_back(operation)
        return size

    def content(self) -> Any:
        return self._tree.content()

    def apply(self, operation: Operation) -> None:
        for index, component in enumerate(operation):
            try:
                self._tree.change(component)
            except Misfit as problem:
                self._take_back(operation[:index])
                raise InvalidOperation(str(problem), component=index) from None

    def _take_back(self, operation: Operation) -> None:
        for component in reversed(operation):
            self._tree.change(inverse(component))
