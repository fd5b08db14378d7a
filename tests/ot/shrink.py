"""Make random bytes that show something smaller and simpler, as long as they show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

__all__ = ["shrink"]

MAXIMUM_TRIALS = 20_000


def shrink(source: bytes, shows: Callable[[bytes], bool]) -> bytes:
    """Bytes that still show it, from which no piece can be left out and no byte made smaller.

    Delta debugging after A. Zeller and R. Hildebrandt, "Simplifying and Isolating Failure-Inducing
    Input", IEEE Transactions on Software Engineering 28 (2002). It gives up after `MAXIMUM_TRIALS`.
    """
    trials = 0
    smaller = True
    while smaller:
        smaller = False
        for simpler in simplifications(source):
            trials += 1
            if trials > MAXIMUM_TRIALS:
                return source
            if shows(simpler):
                source, smaller = simpler, True
                break
    return source


def simplifications(source: bytes) -> Iterator[bytes]:
    """With pieces left out, the long ones first; with one byte smaller; with one smaller and
    another left out, as is needed where it says how many follow."""
    piece = len(source)
    while piece:
        for start in range(0, len(source), piece):
            yield source[:start] + source[start + piece :]
        piece //= 2
    for index, byte in enumerate(source):
        for less in sorted({0, byte // 2, byte - 1} if byte else ()):
            yield source[:index] + bytes([less]) + source[index + 1 :]
    for index, byte in enumerate(source):
        for gone in range(index + 1, len(source) if byte else 0):
            smaller = source[:index] + bytes([byte - 1]) + source[index + 1 :]
            yield smaller[:gone] + smaller[gone + 1 :]
