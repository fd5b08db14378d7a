"""What is done every second while documents are served."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable

from ..documents.open_documents import OpenDocuments
from ..errors import StorageUnavailable
from ..metrics import Metrics

__all__ = ["Housekeeping"]

logger = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 1.0


class Housekeeping:
    """Sweeps, looks for documents that another program has deleted, and measures the loop's lag.

    Owns two tasks from `start` to `stop`.

    Args:
        sweep: awaited with the time of `time.monotonic`.
    """

    def __init__(
        self,
        documents: OpenDocuments,
        metrics: Metrics,
        sweep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._documents = documents
        self._metrics = metrics
        self._sweep = sweep
        self._task: asyncio.Task[None] | None = None
        self._verifier: asyncio.Task[None] | None = None

    @property
    def was_started(self) -> bool:
        """Whether `start` was called, in this event loop or in one that has ended."""
        return self._task is not None

    def start(self) -> None:
        """Begin, in the running event loop."""
        self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            due = time.monotonic() + HOUSEKEEPING_SECONDS
            await asyncio.sleep(HOUSEKEEPING_SECONDS)
            self._metrics.loop_lag_seconds.observe(max(0.0, time.monotonic() - due))
            try:
                await self._sweep(time.monotonic())
            except Exception:
                logger.exception("housekeeping failed")
            # A task, so that a database that hangs delays nothing else here.
            if self._verifier is None or self._verifier.done():
                self._verifier = asyncio.get_running_loop().create_task(self._close_deleted())

    async def _close_deleted(self) -> None:
        # If the database can't be read, the next turn asks again.
        with contextlib.suppress(StorageUnavailable):
            await self._documents.close_deleted()

    async def stop(self) -> None:
        """Cancel both tasks and await their end. Idempotent."""
        tasks = [each for each in (self._task, self._verifier) if each is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
