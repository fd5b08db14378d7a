"""A JSON document that is edited in place."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from ...errors import InvalidOperation
from ..gradual import pieces
from ..meter import Meter, TooMuchWork
from ..release import releasing
from ..values import Misfit
from .components import Operation, inverse
from .tree import Tree

__all__ = ["JsonBuffer"]


class JsonBuffer:
    """The buffer of the type `json`; `size` counts the bytes of the content's JSON text.

    `apply` takes time proportional to the operation and to each string that it edits. A list or
    object that `content` has returned is copied, without the values in it, before its next change.

    `size_after` has to apply the operation. Usually `apply` of the same operation follows and has
    nothing left to do; any other call undoes it first.
    """

    __slots__ = ("_size", "_tree", "_tried")

    def __init__(self, content: Any) -> None:
        self._tree = Tree(content, Meter())
        self._tried: Operation | None = None
        self._size = 0

    @classmethod
    def filling(cls, content: Any) -> Generator[None, None, JsonBuffer]:
        """Fill a buffer in steps of a few milliseconds; the generator returns it, measured."""
        buffer = cls(content)
        size = 0
        for piece in pieces(content):
            size += len(piece)
            yield
        buffer._tree.size = size
        return buffer

    def releasing(self) -> Generator[None, None, None]:
        """Free the content in steps; the buffer is empty from the first one on."""
        held = [self.content()]
        self._tree = Tree({}, Meter())
        return releasing(held)

    @property
    def size(self) -> int:
        return self._tree.size if self._tried is None else self._size

    def size_after(self, operation: Operation) -> int:
        return self.weigh(operation, Meter())

    def weigh(self, operation: Operation, meter: Meter) -> int:
        """As `size_after`; the meter counts the work of this call and of `apply` afterwards.

        Raises:
            TooMuchWork: the content is unchanged.
        """
        self._settle()
        # Measured once, the size is updated with each change.
        self._size = self._tree.size
        self._change(operation, meter)
        self._tried = operation
        return self._tree.size

    def content(self) -> Any:
        self._settle()
        return self._tree.content()

    def apply(self, operation: Operation) -> None:
        if self._tried is operation:
            self._tried = None
            return
        self._settle()
        self._change(operation, Meter())

    def _change(self, operation: Operation, meter: Meter) -> None:
        self._tree.meter = meter
        for index, component in enumerate(operation):
            try:
                self._tree.change(component)
            except TooMuchWork:
                self._take_back(operation[:index])
                raise
            except Misfit as problem:
                self._take_back(operation[:index])
                raise InvalidOperation(str(problem), component=index) from None

    def _settle(self) -> None:
        tried, self._tried = self._tried, None
        if tried is not None:
            self._take_back(tried)

    def _take_back(self, operation: Operation) -> None:
        self._tree.meter = Meter()
        for component in reversed(operation):
            self._tree.change(inverse(component))
