"""When the next commit begins, while many edits come one after the other.

Editors that wait for their acknowledgements all write again as soon as a commit has answered them.
If the next commit began with the first of them, the others would make one of their own, and there
would be twice as many commits as needed, and twice as many writes to every reader. So while many
come, the next commit waits for as many as there were, but no longer than for a moment after the
last one. When few come nothing waits, ever.
"""

from __future__ import annotations

import asyncio

__all__ = ["CommitDelay"]

# Fewer make no difference; more pay for a commit of their own, and better use the time it takes.
LEAST = 8
MOST = 64


class CommitDelay:
    """Counts the edits that wait for a commit.

    Args:
        seconds: how long after the end of a commit the next one may wait at most; 0 for not at all.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._waiting = 0
        self._expected = 0
        self._ended_at = 0.0
        self._complete: asyncio.Future[None] | None = None

    def add(self) -> None:
        """One more waits."""
        self._waiting += 1
        if self._complete is not None and self._waiting >= self._expected:
            self.release()

    def begin(self) -> None:
        """A commit begins with all that wait."""
        self._waiting = 0

    def end(self, committed: int) -> None:
        """It has ended, and this many were answered."""
        expected = committed + self._waiting
        self._expected = expected if LEAST <= expected <= MOST else 0
        self._ended_at = asyncio.get_running_loop().time()

    async def wait(self) -> None:
        """Return when the next commit should begin."""
        if self._waiting >= self._expected or not self._seconds:
            return
        loop = asyncio.get_running_loop()
        due = self._ended_at + self._seconds
        if loop.time() >= due:
            return
        self._complete = loop.create_future()
        timer = loop.call_at(due, self.release)
        try:
            await self._complete
        finally:
            timer.cancel()
            self._complete = None

    def release(self) -> None:
        """Have who waits go on at once."""
        if self._complete is not None and not self._complete.done():
            self._complete.set_result(None)
