"""Detection of readers that read slower than a minimum rate."""

from __future__ import annotations

from ..settings import Settings

__all__ = ["Progress"]


class Progress:
    """Measures how fast one send buffer drains, in periods of `drain_timeout_seconds`.

    Args:
        now: the start of the first period (`time.monotonic`).
        unsent: bytes in the buffer.
    """

    __slots__ = ("_least", "_sampled", "_since", "_taken", "_timeout")

    def __init__(self, settings: Settings, now: float, unsent: int) -> None:
        self._timeout = settings.drain_timeout_seconds
        self._least = max(1.0, settings.min_drain_bytes_per_second * self._timeout)
        self._since = now
        self._sampled = unsent
        self._taken = 0

    def is_too_slow(self, now: float, unsent: int) -> bool:
        """Whether the reader was below the minimum rate in the period that has just ended; False
        within a period. `unsent` bytes are in the buffer now."""
        self._taken += max(0, self._sampled - unsent)
        self._sampled = unsent
        if now - self._since <= self._timeout:
            return False
        is_slow = self._taken < self._least
        self._since = now
        self._taken = 0
        return is_slow
