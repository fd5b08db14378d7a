"""How much work was done, counted where it is done."""

from __future__ import annotations

import sys

__all__ = ["Meter", "TooMuchWork"]


class TooMuchWork(Exception):
    """The work has reached its limit; what it was done for is unfinished."""


class Meter:
    """Counts steps of about a microsecond.

    The loops of this package spend what they do, before or shortly after they do it, so that the
    limit holds for every shape of input, also for one that grows on its way.

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
