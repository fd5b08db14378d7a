"""The functions of the types in the Delta format that need no content."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import delta
from .delta import Operation
from .meter import Meter
from .types import Applied, Side

__all__ = ["DeltaType"]


class DeltaType:
    """The algebra of Delta operations, a base class of operation types.

    `piece_components` is the limit of components in a piece that `split` returns.
    """

    piece_components = delta.PIECE_COMPONENTS

    def compose(self, first: Operation, second: Operation) -> Operation:
        return delta.compose(first, second)

    def transform(self, operation: Operation, other: Operation, side: Side) -> Operation:
        return delta.transform(operation, other, first=side == "left")

    def transform_past(self, operation: Operation, others: Iterable[Applied]) -> Operation:
        return delta.transform_past(operation, others)

    def transform_metered(
        self, operation: Operation, others: Iterable[Applied], meter: Meter
    ) -> Operation:
        return delta.transform_past(operation, others, meter)

    def transform_cursor(self, offset: int, operation: Operation, own: bool) -> int:
        return delta.transform_cursor(offset, operation, own=own)

    def written(self, operation: Operation) -> tuple[int, int] | None:
        """Return the start and end of the inserted text in the new content, in UTF-16 code units;
        None if the operation inserts at several places or deletes."""
        return delta.written(operation)

    def count(self, operation: Operation) -> int:
        return len(operation["ops"])

    def split(self, operation: Operation, max_bytes: int) -> list[Operation]:
        return delta.split(operation, max_bytes)

    def outline(self, operation: Operation) -> Any:
        return delta.outline(operation)

    def move_offset(self, offset: int, outline: Any, own: bool) -> int:
        """As `transform_cursor`, with the operation's outline."""
        return delta.move_offset(offset, outline, own=own)
