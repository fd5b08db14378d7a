"""PostgreSQL over asyncpg."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from sqlalchemy import URL, Connection, text

from ...backend import Executors, Heads, Stored
from ...engine import server_engine
from ...executor import AsyncExecutor, Executor
from ...records import Append
from ..generic import CONNECTIONS, GenericBackend
from .executor import PostgreSQLExecutor

__all__ = ["PostgreSQLBackend"]

logger = logging.getLogger(__name__)

_UNSAFE = text("SELECT name FROM pg_settings WHERE name = ANY(:names) AND setting = 'off'")


class PostgreSQLBackend(GenericBackend):
    """As `GenericBackend`, with appends of one statement on a connection of their own."""

    def __init__(self, url: URL, busy_timeout_seconds: float, timeout_seconds: float) -> None:
        super().__init__(url, timeout_seconds)
        self._lock_seconds = busy_timeout_seconds

    def connect(self, verify: Callable[[], None]) -> Executors:
        writer = server_engine(self._url, connections=CONNECTIONS)
        kept = server_engine(self._url, connections=1)
        reader = server_engine(self._url, connections=CONNECTIONS, one_state=True)
        timeout = self._timeout_seconds
        return Executors(
            AsyncExecutor(reader, CONNECTIONS, timeout),
            PostgreSQLExecutor(writer, CONNECTIONS, timeout, kept, self._lock_seconds),
        )

    async def append(self, writes: Executor, batch: Sequence[Append], heads: Heads) -> Stored:
        assert isinstance(writes, PostgreSQLExecutor)
        return await writes.append(batch, heads)

    async def settle(self, writes: Executor) -> None:
        assert isinstance(writes, PostgreSQLExecutor)
        await writes.settle()

    async def warn(self, reads: Executor) -> None:
        for name in await reads.run(_unsafe_settings):
            logger.warning(
                "PostgreSQL runs with %s=off: edits that were acknowledged, or the whole "
                "database, may be lost in a power cut",
                name,
            )


def _unsafe_settings(connection: Connection) -> list[str]:
    names = {"names": ["fsync", "full_page_writes"]}
    return list(connection.execute(_UNSAFE, names).scalars())
