"""The common prefix and suffix of two strings."""

from __future__ import annotations

__all__ = ["common_prefix", "common_suffix"]


def common_prefix(one: str, two: str) -> int:
    """Return the length of the common prefix in characters, by binary search."""
    same, end = 0, min(len(one), len(two))
    while same < end:
        middle = (same + end + 1) // 2
        if one[same:middle] == two[same:middle]:
            same = middle
        else:
            end = middle - 1
    return same


def common_suffix(one: str, two: str, most: int) -> int:
    """Return the length of the common suffix in characters, at most `most`, by binary search."""
    same, end = 0, most
    while same < end:
        middle = (same + end + 1) // 2
        ends = [text[len(text) - middle : len(text) - same] for text in (one, two)]
        if ends[0] == ends[1]:
            same = middle
        else:
            end = middle - 1
    return same
