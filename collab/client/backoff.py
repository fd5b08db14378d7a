"""How long to wait before the next attempt."""

from __future__ import annotations

import random
from collections.abc import Callable

__all__ = ["Backoff"]


class Backoff:
    """Full jitter: the n-th wait is evenly spread over 0 to `base * 2^n`, at most `cap`.

    So the editors of a server that comes back do not come all at once.

    Args:
        base, cap: seconds.
        uniform: a number between two bounds, at random.
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
        """Seconds to wait now; the range doubles with every call until `reset`."""
        limit = min(self._cap, self._base * 2 ** min(self._attempt, 30))
        self._attempt += 1
        return self._uniform(0, limit)

    def reset(self) -> None:
        self._attempt = 0
