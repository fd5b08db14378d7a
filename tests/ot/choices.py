"""Random bytes as choices."""

from __future__ import annotations

from typing import Any

__all__ = ["ATOMS", "Choices", "text_of"]

ATOMS = ["a", "b", " ", "\n", "é", "漢", "\uffff", "😀", "\U0001d4b3", "👨‍👩‍👧", "\u200d"]


def text_of(source: bytes) -> str:
    """One character, or family of characters, for each byte."""
    return "".join([ATOMS[byte % len(ATOMS)] for byte in source])


class Choices:
    """Random bytes as choices; where they end, always the first."""

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._read = 0

    def below(self, bound: int) -> int:
        read = self._read
        if read >= len(self._source):
            return 0
        self._read = read + 1
        return self._source[read] % bound

    def of(self, choices: list[Any]) -> Any:
        return choices[self.below(len(choices))]

    def text(self, most: int) -> str:
        return text_of(bytes([self.below(256) for _ in range(self.below(most + 1))]))

    def bytes(self, count: int) -> bytes:
        """The next bytes, fewer where they end."""
        part = self._source[self._read : self._read + count]
        self._read += len(part)
        return part
