"""Lengths and offsets of strings in UTF-16 code units, as browsers count.

Python counts code points: a character above U+FFFF is one code point and two units, a surrogate
pair. For a string without such characters both counts are equal and nothing is converted.
"""

from __future__ import annotations

__all__ = ["Units", "index", "length"]

BLOCK = 4096


def length(text: str) -> int:
    """Return the number of UTF-16 code units.

    Raises:
        UnicodeEncodeError: the text has a lone surrogate; `start` is the code point's index.
    """
    return len(text) if text.isascii() else len(text.encode("utf-16-le")) // 2


def index(text: str, offset: int) -> tuple[int, bool]:
    """Return the index of the code point at an offset in UTF-16 code units, and whether the offset
    splits it. The index is -1 beyond the end. The time is proportional to the offset."""
    start = 0
    while start < len(text):
        block = text[start : start + BLOCK]
        size = length(block)
        if offset < size:
            units = Units(block)
            if units.splits_pair(offset):
                return start + len(units.cut(0, offset - 1)), True
            return start + len(units.cut(0, offset)), False
        offset -= size
        start += len(block)
    return (-1 if offset else len(text)), False


class Units:
    """A string that is cut at offsets in UTF-16 code units.

    The constructor takes time proportional to the string; a cut, to its result.

    Raises:
        UnicodeEncodeError: the text has a lone surrogate.
    """

    __slots__ = ("_pairs", "_text", "length")

    def __init__(self, text: str) -> None:
        self._text = text
        self._pairs: bytes | None = None
        self.length = len(text)
        if not text.isascii():
            encoded = text.encode("utf-16-le")
            if len(encoded) != 2 * len(text):
                self._pairs = encoded
                self.length = len(encoded) // 2

    def splits_pair(self, offset: int) -> bool:
        """Whether the offset lies between the two units of a surrogate pair."""
        if self._pairs is None or not 0 < offset < self.length:
            return False
        # The high byte of the following unit says whether it is the second of a pair.
        return 0xDC <= self._pairs[2 * offset + 1] <= 0xDF

    def cut(self, start: int, end: int) -> str:
        """Return the part from `start` to `end`, neither of which may split a pair."""
        if self._pairs is None:
            return self._text[start:end]
        return self._pairs[2 * start : 2 * end].decode("utf-16-le")
