"""The errors of an operation that does not fit its content."""

from __future__ import annotations

from ...errors import InvalidOperation

__all__ = ["BeyondEnd", "SplitPair"]


class BeyondEnd(InvalidOperation):
    """A retain or delete reaches beyond the end of the content."""

    def __init__(self, kind: str, excess: int, *, component: int, offset: int) -> None:
        super().__init__(
            f"this {kind} reaches {excess} UTF-16 code units beyond the end of the content",
            component=component,
            offset=offset,
        )


class SplitPair(InvalidOperation):
    """A component ends between the two units of a surrogate pair."""

    def __init__(self, *, component: int | None = None, offset: int | None = None) -> None:
        super().__init__(
            "it ends inside a surrogate pair: lengths count UTF-16 code units, and a character "
            "above U+FFFF is two of them and changed as a whole",
            component=component,
            offset=offset,
        )
