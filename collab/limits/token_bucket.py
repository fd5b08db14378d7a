"""How often one connection may do something: a token bucket."""

from __future__ import annotations

import time
from collections.abc import Callable

__all__ = ["TokenBucket"]


class TokenBucket:
    """A store of `burst` tokens that is filled up by `token_bucket` tokens a second.

    It is looked after only when it is empty, so that a token costs a subtraction and a comparison.
    In any t seconds at most `2 * burst + rate * t` tokens are given out. What is asked for and not
    given counts as well, so who goes on asking regardless gets into debt, at most by `2 * burst`.

    Args:
        rate: tokens per second, above 0.
        burst: at least 1.
        clock: seconds, which never go back.
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
        """Take so many, whether there are as many or not; a whole burst at most."""
        self._tokens -= tokens if tokens < self.burst else self.burst - 1

    @property
    def is_empty(self) -> bool:
        """Whether more was taken than there was."""
        return self._tokens < 0 and not self._fill()

    def put_back(self) -> None:
        """Let what was asked for in vain not count."""
        self._tokens += 1

    @property
    def wait_seconds(self) -> float:
        """How long until there is a token, as of the last time that there was none."""
        return max(1 - self._tokens, 0) / self.rate

    @property
    def is_overdrawn(self) -> bool:
        """Whether a whole burst was asked for beyond what there was."""
        return self._tokens <= -self.burst

    def _fill(self) -> bool:
        now = self._clock()
        filled = self._tokens + (now - self._filled_at) * self.rate
        self._tokens = max(min(filled, self.burst - 1), -2 * self.burst)
        self._filled_at = now
        return self._tokens >= 0
