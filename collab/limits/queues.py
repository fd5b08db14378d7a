"""The queues in which expensive work of one network address, or one user, waits for its turn."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

from ..errors import RateLimited
from .budget import Metered
from .work import Work

__all__ = ["Queues"]


class Queues:
    """Has so much work of each payer run at one time, and begin once the payer can afford it.

    Without payers, as in calls of an embedding application, nothing waits.

    Args:
        at_once: how much of each payer's runs at one time.
        max_waiting: how much of each payer's may wait; None for what is bounded elsewhere.
        what: as the message has it.
    """

    def __init__(self, at_once: int, max_waiting: int | None = None, what: str = "") -> None:
        self._at_once = at_once
        self._max_waiting = max_waiting
        self._what = what
        self._queues: dict[Work, _Queue] = {}

    def __len__(self) -> int:
        """The payers that have something running or waiting."""
        return len(self._queues)

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for the turn of what is running in this task; it lasts as long as the context.

        Raises:
            RateLimited: too much of the same payer's waits.
        """
        payers = [payer for payer in Metered.payers() if isinstance(payer, Work)]
        async with contextlib.AsyncExitStack() as stack:
            # An address always before a user, so that no two wait for one another.
            for payer in payers:
                await stack.enter_async_context(self._turn_of(payer))
            for payer in payers:
                while payer.is_spent:
                    await payer.until_left()
                await payer.until_paced()
            yield

    @property
    def is_spent(self) -> bool:
        """Whether a payer of what is running has used up its share meanwhile."""
        return any(isinstance(payer, Work) and payer.is_spent for payer in Metered.payers())

    @contextlib.asynccontextmanager
    async def _turn_of(self, payer: Work) -> AsyncIterator[None]:
        queue = self._queues.get(payer)
        if queue is None:
            queue = self._queues[payer] = _Queue(self._at_once)
        limit = self._max_waiting
        if limit is not None and queue.inside >= limit + self._at_once:
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

    def __init__(self, at_once: int) -> None:
        self.free = asyncio.Semaphore(at_once)
        self.inside = 0
