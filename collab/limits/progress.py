"""Whether a reader takes what is written to it, at a least rate."""

from __future__ import annotations

from ..settings import Settings

__all__ = ["Progress"]


class Progress:
    """How much of what waits in one buffer is taken, from `drain_timeout_seconds` to the next.

    Args:
        now: when it began to wait (`time.monotonic`).
        unsent: bytes that wait.
    """

    __slots__ = ("_least", "_sampled", "_since", "_taken", "_timeout")

    def __init__(self, settings: Settings, now: float, unsent: int) -> None:
        self._timeout = settings.drain_timeout_seconds
        self._least = max(1.0, settings.min_drain_bytes_per_second * self._timeout)
        self._since = now
        self._sampled = unsent
        self._taken = 0

    def is_too_slow(self, now: float, unsent: int) -> bool:
        """Whether less than the least rate was taken in the period that has ended; False within
        a period. `unsent` bytes are still not taken."""
        self._taken += max(0, self._sampled - unsent)
        self._sampled = unsent
        if now - self._since <= self._timeout:
            return False
        is_slow = self._taken < self._least
        self._since = now
        self._taken = 0
        return is_slow
