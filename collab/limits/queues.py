"""Queues for expensive work of one network address or user."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from ..errors import RateLimited
from .budget import Metered
from .work import Work

__all__ = ["Queues"]


class Queues:
    """Limits the concurrent work of each payer, and delays it until the payer has time left.

    Calls of an embedding application have no payer and never wait.

    Args:
        concurrency: most concurrent tasks of one payer.
        max_waiting: most waiting tasks of one payer; None if they are bounded elsewhere.
        what: what the tasks are, for the error message.
    """

    def __init__(self, concurrency: int, max_waiting: int | None = None, what: str = "") -> None:
        self._concurrency = concurrency
        self._max_waiting = max_waiting
        self._what = what
        self._queues: dict[Work, _Queue] = {}

    def __len__(self) -> int:
        """The number of payers with running or waiting tasks."""
        return len(self._queues)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn of the current task, which ends with the context.

        Raises:
            RateLimited: too many tasks of the same payer wait.
        """
        payers = [payer for payer in Metered.payers() if isinstance(payer, Work)]
        async with contextlib.AsyncExitStack() as stack:
            # The address always comes before the user, so that two tasks can't deadlock.
            for payer in payers:
                await stack.enter_async_context(self._turn_of(payer))
            for payer in payers:
                while payer.is_spent:
                    await payer.until_available()
                await payer.until_paced()
            yield

    @property
    def is_spent(self) -> bool:
        """Whether a payer of the current task has used up its share."""
        return any(isinstance(payer, Work) and payer.is_spent for payer in Metered.payers())

    @contextlib.asynccontextmanager
    async def _turn_of(self, payer: Work) -> AsyncIterator[None]:
        queue = self._queues.get(payer)
        if queue is None:
            queue = self._queues[payer] = _Queue(self._concurrency)
        limit = self._max_waiting
        if limit is not None and queue.inside >= limit + self._concurrency:
            raise RateLimited(
                f"{queue.inside} {self._what} from your network address or of your user wait, "
                "which is the limit: send the same again later"
            )
        queue.inside += 1
        try:
            async with queue.free:
                yield
        finally:
            queue.inside -= 1
            if not queue.inside:
                del self._queues[payer]


class _Queue:
    __slots__ = ("free", "inside")

    def __init__(self, concurrency: int) -> None:
        self.free = asyncio.Semaphore(concurrency)
        self.inside = 0
