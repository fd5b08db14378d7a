"""Shares of the event loop's time for network addresses and signed-in users.

Work is measured, not estimated: it is the CPU time that the event loop's thread spends on a
client's input. A client that has used up its share is not refused. Its input is read later, so that
TCP applies back pressure and no input is lost.

A share protects other clients, so it applies only while other clients are active. A client that is
alone may use the whole event loop. Its connections take turns then, so that none of them blocks the
others.

Saved time may be spent at once, but not without interruption. Other clients run in between, so that
they wait for about one piece of work, however many are pending.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable

__all__ = [
    "MAX_DEBT_SECONDS",
    "PACE_BURST_SECONDS",
    "PACE_SHARE",
    "RIVAL_SECONDS",
    "Rivals",
    "WaitQueue",
    "Work",
    "cpu_clock",
]

cpu_clock = time.thread_time
"""CPU seconds of this thread. On a busy machine, waiting for a processor is not work."""

MAX_DEBT_SECONDS = 2.0
"""The largest debt, from one piece of work or several at once."""

TURN_SECONDS = 0.001
"""The minimum time between two turns of waiting callbacks, so that the work of one turn is charged
before the next."""

TURN_WORK_SECONDS = 0.005
TURN_CALLBACKS = 64
"""One turn runs at most `TURN_CALLBACKS` callbacks, and only as many as fit into
`TURN_WORK_SECONDS` if each takes as long as the largest recent piece of work."""

SMALL_SECONDS = 0.001
"""Without rivals, pieces of work up to this size don't take turns: the turns would cost more than
they help."""

PEAK_DECAY = 0.995
"""The factor by which each smaller piece of work reduces the recorded peak."""

ALONE_DEBT_SECONDS = 0.05
"""The largest debt of a client without rivals."""

PACE_SHARE = 0.5
PACE_BURST_SECONDS = 0.01
"""While there are rivals, one client takes at most `PACE_BURST_SECONDS + PACE_SHARE * t` in any t
seconds. The requests of others need several turns of the loop, and threads that need the
interpreter."""

MAX_PACE_DEBT_SECONDS = 0.1
"""The largest excess over the pace that is remembered, however much a client took while it was
alone."""

RIVAL_SECONDS = 10.0
"""How long a client counts as active after its last work."""


class Rivals:
    """Records which addresses, or which users, were active last.

    The newest two are enough to tell each one whether another is active.
    """

    __slots__ = ("_before", "_newest", "_newest_at")

    def __init__(self) -> None:
        self._newest: Work | None = None
        self._newest_at = self._before = -math.inf

    def note(self, work: Work, now: float) -> None:
        """Record that this one is active now."""
        if work is not self._newest:
            self._newest, self._before = work, self._newest_at
        self._newest_at = now

    def exist_for(self, work: Work, now: float) -> bool:
        """Whether another one was active within `RIVAL_SECONDS`."""
        last = self._before if work is self._newest else self._newest_at
        return now - last < RIVAL_SECONDS


class WaitQueue:
    """A queue of callbacks that wait for their turn.

    Args:
        work: the share that they wait for.
        delay: returns the seconds until time may be available; 0 if it is available now.
    """

    __slots__ = ("_delay", "_loop", "_timer", "_waiting", "_work")

    def __init__(self, work: Work, delay: Callable[[], float]) -> None:
        self._work = work
        self._delay = delay
        # Created on demand: an empty deque takes 700 bytes.
        self._waiting: deque[Callable[[], None]] | None = None
        self._timer: asyncio.Handle | None = None
        # The loop that the timer is set in.
        self._loop: asyncio.AbstractEventLoop | None = None

    def __len__(self) -> int:
        """The number of waiting callbacks."""
        return 0 if self._waiting is None else len(self._waiting)

    def call_when_available(self, callback: Callable[[], None]) -> None:
        """Call a callback in its turn, once time is available."""
        if self._loop is not None and not self._loop.is_running():
            # It has ended before the timer came, and so have its callbacks.
            self._waiting = self._timer = self._loop = None
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(callback)
        if self._timer is None:
            self._arm()

    async def until_available(self) -> None:
        """Return when it is the caller's turn and time is available."""
        turn = asyncio.get_running_loop().create_future()

        def begin() -> None:
            if not turn.done():
                turn.set_result(None)

        self.call_when_available(begin)
        await turn

    def _arm(self) -> None:
        loop = self._loop = asyncio.get_running_loop()
        if self._work.is_alone:
            # The next iteration of the loop reads for the resumed connections. The next turn is the
            # iteration after that.
            self._timer = loop.call_soon(self._arm_soon)
        else:
            self._timer = loop.call_later(max(self._delay(), TURN_SECONDS), self._run_turn)

    def _arm_soon(self) -> None:
        self._timer = asyncio.get_running_loop().call_soon(self._run_turn)

    def _run_turn(self) -> None:
        self._timer = None
        waiting = self._waiting
        assert waiting is not None
        for _ in range(min(self._work.batch_size, len(waiting))):
            if self._delay():
                break
            waiting.popleft()()
        if not waiting:
            self._waiting = self._loop = None
        elif self._timer is None:
            self._arm()


class Work:
    """A token bucket of event loop seconds.

    With rivals, at most `burst_seconds + share * t` plus the work of one turn is spent in any t
    seconds, and at most `PACE_BURST_SECONDS + PACE_SHARE * t` plus one piece of work. Without
    rivals the total is not limited, but large pieces take turns.
    Bound: two waiting callbacks for each connection and request.

    Args:
        share: share of the event loop's time, above 0.
        burst_seconds: most seconds that may be spent at once.
        rivals: the activity of the other addresses or users; None if the share always applies.
        clock: returns seconds, monotonic.
    """

    __slots__ = (
        "_burst",
        "_clock",
        "_filled_at",
        "_peak",
        "_rivals",
        "_share",
        "ahead",
        "left",
        "pace",
        "turns",
    )

    def __init__(
        self,
        share: float,
        burst_seconds: float,
        rivals: Rivals | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._share = share
        self._rivals = rivals
        self._burst = burst_seconds
        self._clock = clock
        self.left = burst_seconds
        """Seconds left when work was last charged. There may be more by now."""
        self.ahead = 0.0
        """Seconds spent in excess of `PACE_SHARE`, when work was last charged."""
        self.turns = WaitQueue(self, self._wait_seconds)
        """Callbacks that wait until the share has time left."""
        self.pace = WaitQueue(self, self._pace_seconds)
        """Callbacks that wait because the pace is exceeded."""
        self._peak = 0.0
        self._filled_at = clock()

    def spend(self, seconds: float) -> None:
        """Take this many seconds, even if fewer are left."""
        now = self.charge(seconds)
        rivals = self._rivals
        if rivals is not None:
            rivals.note(self, now)

    def charge(self, seconds: float) -> float:
        """As `spend`, without counting as activity; for an operator's probe.

        Returns:
            The time of the clock.
        """
        # This runs several times for each edit, so the usual case calls no other function.
        now = self._clock()
        passed = now - self._filled_at
        self._filled_at = now
        left = self.left + passed * self._share
        left = (left if left < self._burst else self._burst) - seconds
        if left < 0:
            left = max(left, -ALONE_DEBT_SECONDS if self.is_alone else -MAX_DEBT_SECONDS)
        self.left = left
        ahead = self.ahead - passed * PACE_SHARE
        self.ahead = (ahead if ahead > 0 else 0.0) + seconds
        self._peak = seconds if seconds > self._peak else self._peak * PEAK_DECAY
        return now

    @property
    def is_spent(self) -> bool:
        """Whether the share applies and is used up."""
        return self.left < 0 and self._fill() < 0 and not self.is_alone

    @property
    def must_wait(self) -> bool:
        """Whether the next piece of work has to wait for its turn (`turns`)."""
        return (
            self.left < 0 and self._fill() < 0 and (self._peak > SMALL_SECONDS or not self.is_alone)
        )

    @property
    def exceeds_pace(self) -> bool:
        """Whether the pace is exceeded, so that other clients come first (`pace`)."""
        return self.ahead > PACE_BURST_SECONDS and self._pace_seconds() > 0

    @property
    def wait_seconds(self) -> float:
        """Seconds until time is left; 0 if there is some."""
        return self._wait_seconds()

    @property
    def waiting(self) -> int:
        """The number of waiting callbacks."""
        return len(self.turns) + len(self.pace)

    @property
    def is_alone(self) -> bool:
        """Whether there are no rivals now."""
        return self._rivals is not None and not self._rivals.exist_for(self, self._filled_at)

    @property
    def batch_size(self) -> int:
        """The number of waiting callbacks that run in one turn."""
        return min(TURN_CALLBACKS, max(1, int(TURN_WORK_SECONDS / (self._peak or 1.0))))

    async def until_available(self) -> None:
        """Return when it is the caller's turn and the share has time left."""
        await self.turns.until_available()

    async def until_paced(self) -> None:
        """Return once the pace is no longer exceeded."""
        while self.exceeds_pace:
            await self.pace.until_available()

    def _wait_seconds(self) -> float:
        return max(0.0, -self._fill() / self._share) if self.is_spent else 0.0

    def _pace_seconds(self) -> float:
        self._fill()
        ahead = self.ahead - PACE_BURST_SECONDS
        return ahead / PACE_SHARE if ahead > 0 and not self.is_alone else 0.0

    def _fill(self) -> float:
        now = self._clock()
        passed = now - self._filled_at
        self._filled_at = now
        filled = self.left + passed * self._share
        self.left = max(min(filled, self._burst), -MAX_DEBT_SECONDS)
        ahead = min(self.ahead, MAX_PACE_DEBT_SECONDS) - passed * PACE_SHARE
        self.ahead = ahead if ahead > 0 else 0.0
        return self.left
