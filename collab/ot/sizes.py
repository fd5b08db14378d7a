"""The size of JSON text, computed without encoding it, equal in Python and JavaScript."""

from __future__ import annotations

import re

from .utf16 import length

__all__ = ["LEAST_TEXT_BYTES", "head", "quoted_size"]

LEAST_TEXT_BYTES = 16
"""The least size to which a text is cut; every single character takes fewer bytes."""

BLOCK = 4096

_escaped_by_one = re.compile(r'["\\]')
_control = re.compile("[\x00-\x1f]")


def quoted_size(text: str) -> int:
    """Return an upper bound of the bytes of a text inside the quotes of JSON.

    A control character counts six. A character above U+FFFF also counts six, three for each of its
    UTF-16 units, as a browser counts.
    """
    plain = len(text) if text.isascii() else len(text.encode()) + 2 * (length(text) - len(text))
    return plain + len(_escaped_by_one.findall(text)) + 5 * len(_control.findall(text))


def head(text: str, max_bytes: int) -> str:
    """Return the longest prefix whose `quoted_size` is at most `max_bytes`."""
    if 6 * len(text) <= max_bytes:
        return text
    left = max_bytes
    for start in range(0, len(text), BLOCK):
        block = text[start : start + BLOCK]
        needed = quoted_size(block)
        if needed > left:
            return text[: start + fitting(block, left)]
        left -= needed
    return text


def fitting(block: str, left: int) -> int:
    for index, character in enumerate(block):
        left -= quoted_size(character)
        if left < 0:
            return index
    return len(block)
