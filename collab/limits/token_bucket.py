"""A token bucket."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["TokenBucket"]


class TokenBucket:
    """Holds up to `burst` tokens, and is refilled by `rate` tokens per second.

    It is refilled only when it is empty, so that taking a token costs a subtraction and a
    comparison. In any t seconds at most `2 * burst + rate * t` tokens are given out. Refused
    requests count as well: a client that keeps asking gets into debt, at most `2 * burst`.

    Args:
        rate: tokens per second, above 0.
        burst: tokens, at least 1.
        clock: returns seconds, monotonic.
    """

    __slots__ = ("_clock", "_filled_at", "_tokens", "burst", "rate")

    def __init__(
        self, rate: float, burst: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._tokens = burst
        self._filled_at = clock()

    def try_acquire(self) -> bool:
        """Take a token; False if there is none."""
        self._tokens -= 1
        return self._tokens >= 0 or self._fill()

    def spend(self, tokens: int) -> None:
        """Take this many tokens, even if there are fewer; at most a whole burst."""
        self._tokens -= tokens if tokens < self.burst else self.burst - 1

    @property
    def is_empty(self) -> bool:
        """Whether more tokens were taken than there were."""
        return self._tokens < 0 and not self._fill()

    def put_back(self) -> None:
        """Undo the count of a refused request."""
        self._tokens += 1

    @property
    def wait_seconds(self) -> float:
        """Seconds until there is a token, as of the last refused request."""
        return max(1 - self._tokens, 0) / self.rate

    @property
    def is_overdrawn(self) -> bool:
        """Whether refused requests amount to a whole burst."""
        return self._tokens <= -self.burst

    def _fill(self) -> bool:
        now = self._clock()
        filled = self._tokens + (now - self._filled_at) * self.rate
        self._tokens = max(min(filled, self.burst - 1), -2 * self.burst)
        self._filled_at = now
        return self._tokens >= 0
