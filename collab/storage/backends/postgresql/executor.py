"""Transactions over SQLAlchemy's asynchronous engine, and appends on a connection that is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from ...backend import Heads, Stored
from ...executor import AsyncExecutor, too_slow
from ...records import Append
from .append import append_at_once
from .kept_connection import KeptConnection

__all__ = ["PostgreSQLExecutor"]

T = TypeVar("T")


class PostgreSQLExecutor(AsyncExecutor):
    """An `AsyncExecutor` that also appends.

    Args:
        kept: an engine for the one connection of the appends.
        lock_seconds: as by `append_at_once`.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        width: int,
        timeout_seconds: float,
        kept: AsyncEngine,
        lock_seconds: float,
    ) -> None:
        super().__init__(engine, width, timeout_seconds)
        self._seconds = timeout_seconds
        self._lock_seconds = lock_seconds
        self._kept_engine = kept
        self._kept = KeptConnection(kept)

    async def append(self, batch: Sequence[Append], heads: Heads) -> Stored:
        """As `Backend.append`. A caller that is cancelled only stops waiting."""
        return await self._in_time(
            self._kept.run(
                lambda connection: append_at_once(connection, batch, heads, self._lock_seconds)
            )
        )

    async def settle(self) -> None:
        """As `Backend.settle`."""
        await self._in_time(self._kept.settle())

    async def _in_time(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = self._own(coroutine)
        timer = asyncio.get_running_loop().call_later(self._seconds, task.cancel)
        task.add_done_callback(lambda _: timer.cancel())
        await asyncio.wait([task])
        if task.cancelled():
            raise too_slow(self._seconds)
        return task.result()

    async def close(self) -> None:
        await super().close()
        await self._kept.close()
        self._kept_engine.sync_engine.dispose(close=False)
