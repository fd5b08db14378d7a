"""One connection over asyncpg that is kept: no pool, no question beforehand whether it still works.

What was sent on it is never cancelled. PostgreSQL commits what is cancelled while it waits for a
synchronous standby: others see it without its being safe. So a connection that is waited for no
longer is cut, and nothing more is done before its session has ended: it can't store anything late.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple, TypeVar

from sqlalchemy.ext.asyncio import AsyncEngine

from ....errors import StorageUnavailable
from ...faults import translated_faults
from .faults import translated_driver_faults

__all__ = ["KeptConnection"]

logger = logging.getLogger(__name__)

# How long a database may take to answer a goodbye.
CLOSE_SECONDS = 1.0

_SESSION = "SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()"
# A session that is idle has not got what was sent to it, and must not get it late.
_IS_AT_WORK = """
SELECT CASE WHEN state = 'idle' THEN NOT pg_terminate_backend(pid) ELSE true END
FROM pg_stat_activity WHERE pid = $1 AND backend_start = $2
"""

T = TypeVar("T")


class Session(NamedTuple):
    """What names a connection's process on the server."""

    pid: int
    started_at: Any


class KeptConnection:
    """Connects when it is needed, and again after a fault. One caller at a time uses it.

    Args:
        engine: makes the connection; none of it is kept in its pool.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._driver: Any = None
        self._session: Session | None = None
        self._abandoned: Session | None = None
        self._turn = asyncio.Lock()

    async def run(self, work: Callable[[Any], Awaitable[T]]) -> T:
        """The result of `work(connection)`, with asyncpg's connection.

        A caller that is cancelled cuts the connection.

        Raises:
            StorageUnavailable: the database can't be reached, or what was sent on an earlier
                connection is still at work.
        """
        async with self._turn:
            driver = await self._connected()
            try:
                return await work(driver)
            except BaseException as error:
                if isinstance(error, asyncio.CancelledError):
                    # At once: the driver's request to cancel goes out in the loop's next turn.
                    driver.terminate()
                if driver.is_closed():
                    self._abandoned, self._driver = self._session, None
                raise

    async def settle(self) -> None:
        """Return once nothing that was sent can be stored any more, if it is not yet.

        Raises:
            StorageUnavailable: as by `run`.
        """
        async with self._turn:
            if self._abandoned is not None:
                await self._connected()

    async def _connected(self) -> Any:
        driver = self._driver
        if driver is None or driver.is_closed():
            driver = self._driver = await self._connect()
        if self._abandoned is not None:
            with translated_driver_faults():
                if await driver.fetchval(_IS_AT_WORK, *self._abandoned):
                    raise StorageUnavailable(
                        "the database can't be used: it has not ended what was sent before; "
                        "try again later",
                        "timeout",
                    )
            self._abandoned = None
        return driver

    async def _connect(self) -> Any:
        with translated_faults(), translated_driver_faults():
            pooled = await self._engine.raw_connection()
            driver: Any = pooled.driver_connection
            pooled.detach()
            try:
                self._session = Session(*await driver.fetchrow(_SESSION))
            except BaseException:
                driver.terminate()
                raise
            return driver

    async def close(self) -> None:
        """Disconnect. Idempotent; what is under way is cut off."""
        driver, self._driver = self._driver, None
        if driver is None or driver.is_closed():
            return
        try:
            await driver.close(timeout=CLOSE_SECONDS)
        except Exception as error:
            logger.debug("a connection was not closed in order: %s", error)
            with contextlib.suppress(RuntimeError):
                driver.terminate()
