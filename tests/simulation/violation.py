"""What must never happen, by kinds."""

from __future__ import annotations

__all__ = ["Violation"]


class Violation(AssertionError):
    """A promise was broken. `kind` is stable, so that shrinking keeps to the same mistake."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.args[0]}: {self.args[1]}"
