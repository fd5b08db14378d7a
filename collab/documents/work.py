"""How much of the event loop one network address, or one signed-in user, may take.

Work is measured, not estimated: the CPU time that the event loop's thread spends on what a client
asks for. A client that has used up its share is read later instead of being refused, so that TCP
passes the pressure back to it and nothing of what it sent is lost.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable

__all__ = ["DEBT_MAXIMUM_SECONDS", "Work", "cpu_clock"]

cpu_clock = time.thread_time
"""Seconds of CPU time of this thread: on a busy machine, waiting for a processor is not work."""

DEBT_MAXIMUM_SECONDS = 2.0
"""What one piece of work, or several at once, may be beyond what was left."""

TURN_SECONDS = 0.001
TURN_CALLBACKS = 4
"""So many that wait are let go on in one turn, and the next ones not before this time has passed:
by then what the first ones do has been paid."""


class Work:
    """A store of seconds of the event loop, which is filled up at a rate.

    In any t seconds at most `burst_seconds + share * t` and one piece of work more are spent.
    Bound: one waiting callback for each connection and request.

    Args:
        share: of the event loop's time, above 0.
        burst_seconds: what may be spent at once.
        clock: seconds, which never go back.
    """

    __slots__ = ("_burst", "_clock", "_filled_at", "_left", "_share", "_timer", "_waiting")

    def __init__(
        self, share: float, burst_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._share = share
        self._burst = burst_seconds
        self._clock = clock
        self._left = burst_seconds
        self._filled_at = clock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._timer: asyncio.TimerHandle | None = None

    def spend(self, seconds: float) -> None:
        """Take so much, whether it is there or not."""
        self._left = self._fill() - seconds

    @property
    def is_spent(self) -> bool:
        """Whether more was spent than there was."""
        return self._left < 0 and self._fill() < 0

    @property
    def wait_seconds(self) -> float:
        """How long until there is something left; 0 if there is."""
        return max(0.0, -self._fill() / self._share) if self._left < 0 else 0.0

    @property
    def is_overdrawn(self) -> bool:
        """Whether the debt is as high as it gets."""
        return self.is_spent and self._left <= -DEBT_MAXIMUM_SECONDS

    @property
    def waiting(self) -> int:
        """How many callbacks wait."""
        return len(self._waiting)

    def when_left(self, callback: Callable[[], None]) -> None:
        """Have a callback called once there is something left, in the order in which they came.

        It is called in a turn of its own.
        """
        self._waiting.append(callback)
        if self._timer is None:
            self._arm()

    async def until_left(self) -> None:
        """Return once there is something left, after those who waited before."""
        turn = asyncio.get_running_loop().create_future()

        def begin() -> None:
            if not turn.done():
                turn.set_result(None)

        self.when_left(begin)
        await turn

    def _arm(self) -> None:
        delay = max(self.wait_seconds, TURN_SECONDS)
        self._timer = asyncio.get_running_loop().call_later(delay, self._let_go)

    def _let_go(self) -> None:
        self._timer = None
        for _ in range(min(TURN_CALLBACKS, len(self._waiting))):
            if self.is_spent:
                break
            self._waiting.popleft()()
        if self._waiting:
            self._arm()

    def _fill(self) -> float:
        now = self._clock()
        filled = self._left + (now - self._filled_at) * self._share
        self._left = max(min(filled, self._burst), -DEBT_MAXIMUM_SECONDS)
        self._filled_at = now
        return self._left
