"""How much of the event loop one network address, or one signed-in user, may take.

Work is measured, not estimated: the CPU time that the event loop's thread spends on what a client
asks for. A client that has used up its share is read later instead of being refused, so that TCP
passes the pressure back to it and nothing of what it sent is lost.

A share protects the others, so it holds while there are others: a client that has the server to
itself may use all of it. Its connections take turns then, so that none of them holds up the rest.

What was saved up may be spent at once, but not in one go: others have the event loop in between, so
that they wait for about one piece of work, however many wait to be done.
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
    "Waiters",
    "Work",
    "cpu_clock",
]

cpu_clock = time.thread_time
"""Seconds of CPU time of this thread: on a busy machine, waiting for a processor is not work."""

MAX_DEBT_SECONDS = 2.0
"""What one piece of work, or several at once, may be beyond what was left."""

TURN_SECONDS = 0.001
"""Those that wait are let go on in turns, and not before this time has passed since the last turn:
by then what the last ones did has been paid."""

TURN_WORK_SECONDS = 0.005
TURN_CALLBACKS = 64
"""In one turn as many go on as do no more work than this, if each does as much as the largest piece
of late, and no more than this many."""

SMALL_SECONDS = 0.001
"""Pieces of work up to this size go on at once where there are no rivals: taking turns would cost
more than it helps."""

PEAK_DECAY = 0.995
"""What remains of the largest piece of work with each smaller one."""

ALONE_DEBT_SECONDS = 0.05
"""What a client that is alone owes at most when a rival comes."""

PACE_SHARE = 0.5
PACE_BURST_SECONDS = 0.01
"""While there are rivals, at most this share of the event loop is taken in any time, and so much
more: what others ask for needs some turns of the loop, and threads that need the interpreter."""

MAX_PACE_DEBT_SECONDS = 0.1
"""However much a client took while it was alone, others have the event loop first for no longer
than this demands."""

RIVAL_SECONDS = 10.0
"""A client counts as one of the others for so long after it last made the server work."""


class Rivals:
    """Which of the addresses, or which of the users, last made the server work.

    The newest two suffice to tell each one whether there are others.
    """

    __slots__ = ("_before", "_newest", "_newest_at")

    def __init__(self) -> None:
        self._newest: Work | None = None
        self._newest_at = self._before = -math.inf

    def note(self, work: Work, now: float) -> None:
        """This one makes the server work now."""
        if work is not self._newest:
            self._newest, self._before = work, self._newest_at
        self._newest_at = now

    def are_there(self, work: Work, now: float) -> bool:
        """Whether another one than this made the server work lately (`RIVAL_SECONDS`)."""
        last = self._before if work is self._newest else self._newest_at
        return now - last < RIVAL_SECONDS


class Waiters:
    """Callbacks that wait, each for its turn.

    Args:
        work: whose they are.
        delay: seconds until there may be something left; 0 if there is.
    """

    __slots__ = ("_delay", "_timer", "_waiting", "_work")

    def __init__(self, work: Work, delay: Callable[[], float]) -> None:
        self._work = work
        self._delay = delay
        # Made when it is needed: an empty one takes 700 bytes.
        self._waiting: deque[Callable[[], None]] | None = None
        self._timer: asyncio.Handle | None = None

    def __len__(self) -> int:
        """How many wait."""
        return 0 if self._waiting is None else len(self._waiting)

    def when_left(self, callback: Callable[[], None]) -> None:
        """Have a callback called in its turn, once there is something left."""
        if self._waiting is None:
            self._waiting = deque()
        self._waiting.append(callback)
        if self._timer is None:
            self._arm()

    async def until_left(self) -> None:
        """Return when it is the caller's turn, once there is something left."""
        turn = asyncio.get_running_loop().create_future()

        def begin() -> None:
            if not turn.done():
                turn.set_result(None)

        self.when_left(begin)
        await turn

    def _arm(self) -> None:
        loop = asyncio.get_running_loop()
        if self._work.is_alone:
            # The next turn of the loop reads what was let go on; the one after it is the next turn.
            self._timer = loop.call_soon(self._arm_soon)
        else:
            self._timer = loop.call_later(max(self._delay(), TURN_SECONDS), self._let_go)

    def _arm_soon(self) -> None:
        self._timer = asyncio.get_running_loop().call_soon(self._let_go)

    def _let_go(self) -> None:
        self._timer = None
        waiting = self._waiting
        assert waiting is not None
        for _ in range(min(self._work.together, len(waiting))):
            if self._delay():
                break
            waiting.popleft()()
        if not waiting:
            self._waiting = None
        elif self._timer is None:
            self._arm()


class Work:
    """A store of seconds of the event loop, which is filled up at a rate.

    While it has rivals, at most `burst_seconds + share * t` and one turn's work more are spent in
    any t seconds, and never more than `PACE_BURST_SECONDS + PACE_SHARE * t` and one piece of work.
    Without rivals it spends what it likes, large pieces turn by turn.
    Bound: two waiting callbacks for each connection and request.

    Args:
        share: of the event loop's time, above 0.
        burst_seconds: what may be spent at once.
        rivals: of its kind; None if the share always holds.
        clock: seconds, which never go back.
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
        """Seconds, as of the last time that something was spent: there may be more by now."""
        self.ahead = 0.0
        """Seconds that were spent sooner than by `PACE_SHARE`, as of the last time that something
        was spent."""
        self.turns = Waiters(self, self._wait_seconds)
        """Those that wait until something of the share is left."""
        self.pace = Waiters(self, self._pace_seconds)
        """Those that wait since too much was spent just now."""
        self._peak = 0.0
        self._filled_at = clock()

    def spend(self, seconds: float) -> None:
        """Take so much, whether it is there or not."""
        now = self.charge(seconds)
        rivals = self._rivals
        if rivals is not None:
            rivals.note(self, now)

    def charge(self, seconds: float) -> float:
        """As `spend`, but the others take no notice: for a probe of the operator's.

        Returns:
            The time of the clock.
        """
        # This runs some times for each edit, so all that is usual is in one place.
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
        """Whether the share holds, and more was spent than there was."""
        return self.left < 0 and self._fill() < 0 and not self.is_alone

    @property
    def must_wait(self) -> bool:
        """Whether the next piece of work has to wait for its turn (`turns`)."""
        return (
            self.left < 0 and self._fill() < 0 and (self._peak > SMALL_SECONDS or not self.is_alone)
        )

    @property
    def is_hasty(self) -> bool:
        """Whether others have to have the event loop first (`pace`)."""
        return self.ahead > PACE_BURST_SECONDS and self._pace_seconds() > 0

    @property
    def wait_seconds(self) -> float:
        """How long until there is something left; 0 if there is."""
        return self._wait_seconds()

    @property
    def waiting(self) -> int:
        """How many wait."""
        return len(self.turns) + len(self.pace)

    @property
    def is_alone(self) -> bool:
        """Whether it has no rivals now."""
        return self._rivals is not None and not self._rivals.are_there(self, self._filled_at)

    @property
    def together(self) -> int:
        """How many that wait go on in one turn."""
        return min(TURN_CALLBACKS, max(1, int(TURN_WORK_SECONDS / (self._peak or 1.0))))

    async def until_left(self) -> None:
        """Return when it is the caller's turn, once there is something left."""
        await self.turns.until_left()

    async def until_paced(self) -> None:
        """Return once others have had the event loop as long as they should."""
        while self.is_hasty:
            await self.pace.until_left()

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
