"""The wait before the next attempt to connect."""

from __future__ import annotations

import random
from collections.abc import Callable

__all__ = ["Backoff"]


class Backoff:
    """Exponential backoff with full jitter.

    The n-th wait is uniformly distributed over 0 to `base * 2^n`, at most `cap`. The jitter
    spreads the reconnects of all editors after a server restart.

    Args:
        base, cap: seconds.
        uniform: returns a random number between two bounds.
    """

    def __init__(
        self,
        base: float = 0.5,
        cap: float = 30.0,
        uniform: Callable[[float, float], float] = random.uniform,
    ) -> None:
        self._base = base
        self._cap = cap
        self._uniform = uniform
        self._attempt = 0

    def next(self) -> float:
        """Return the seconds to wait now. The range doubles with every call until `reset`."""
        limit = min(self._cap, self._base * 2 ** min(self._attempt, 30))
        self._attempt += 1
        return self._uniform(0, limit)

    def reset(self) -> None:
        self._attempt = 0
