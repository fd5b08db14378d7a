"""A counter of work with a limit."""

from __future__ import annotations

import sys

__all__ = ["Meter", "TooMuchWork"]


class TooMuchWork(Exception):
    """The work has reached its limit and is unfinished."""


class Meter:
    """Counts steps of about a microsecond.

    The loops of this package spend their steps shortly before or after the work, so that the limit
    holds for every input, even if intermediate results grow.

    Args:
        limit: `spend` raises `TooMuchWork` beyond it.
    """

    __slots__ = ("limit", "spent")

    def __init__(self, limit: int = sys.maxsize) -> None:
        self.limit = limit
        self.spent = 0

    def spend(self, steps: int) -> None:
        self.spent += steps
        if self.spent > self.limit:
            raise TooMuchWork
