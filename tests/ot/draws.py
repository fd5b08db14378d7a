"""What a law draws: contents, operations, cursors and JSON values, all made of random bytes.

The bytes may come from Hypothesis, which shrinks them, or from a plain generator, which is faster.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

from collab.ot import get_type

from .choices import Choices
from .json_values import misshape, value_of

__all__ = ["BYTES", "Draws", "RecordedDraws", "ReplayedDraws"]

BYTES = 160
"""So many bytes are enough for what any law draws; where they end, the simplest is drawn."""


class Draws:
    """What a law draws for one type.

    Args:
        cases: what the laws need to know of the type: `TextCases`, `RichTextCases`, `JsonCases`.
        source: the bytes that all is made of.
    """

    def __init__(self, cases: Any, source: bytes) -> None:
        self.cases = cases
        self._choices = Choices(source)

    def content(self) -> Any:
        return self._draw(lambda: self.cases.content(self._part(self.cases.content_bytes)))

    def raw_operation(self, content: Any) -> Any:
        """An operation that fits the content, in any form that the protocol allows."""
        return self._draw(lambda: self._operation(content))

    def operation(self, content: Any) -> Any:
        """An operation that fits the content, in normal form."""
        return get_type(self.cases.name).normalize(self.raw_operation(content))

    def cursor(self, content: Any) -> int:
        """An offset between whole characters of the content."""
        offset: int = self._draw(lambda: self.cases.cursor(content, self._choices.below(256)))
        return offset

    def count(self, most: int) -> int:
        """A number from 1 to `most`."""
        number: int = self._draw(lambda: 1 + self._choices.below(most))
        return number

    def value(self) -> Any:
        """Any JSON value, lone surrogates and infinities among them."""
        return self._draw(lambda: value_of(self._choices))

    def almost_operation(self) -> Any:
        """Any JSON value, or an operation in which some places hold one."""
        return self._draw(self._almost_operation)

    def _operation(self, content: Any) -> Any:
        return self.cases.operation(content, self._part(self.cases.recipe_bytes))

    def _almost_operation(self) -> Any:
        if self._choices.below(2):
            return value_of(self._choices)
        content = self.cases.content(self._part(self.cases.content_bytes))
        operation = copy.deepcopy(self._operation(content))
        for _ in range(self._choices.below(3)):
            operation = misshape(operation, self._choices)
        return operation

    def _part(self, most: int) -> bytes:
        return self._choices.bytes(self._choices.below(most + 1))

    def _draw(self, make: Callable[[], Any]) -> Any:
        return make()


class RecordedDraws(Draws):
    """Keeps in `drawn` what a law draws, as it was before the law had it."""

    def __init__(self, cases: Any, source: bytes) -> None:
        super().__init__(cases, source)
        self.drawn: list[Any] = []

    def _draw(self, make: Callable[[], Any]) -> Any:
        value = make()
        self.drawn.append(copy.deepcopy(value))
        return value


class ReplayedDraws(Draws):
    """Draws again what was recorded, however the cases are made today."""

    def __init__(self, cases: Any, drawn: Sequence[Any]) -> None:
        super().__init__(cases, b"")
        self._drawn = iter(drawn)

    def _draw(self, make: Callable[[], Any]) -> Any:
        return copy.deepcopy(next(self._drawn))
