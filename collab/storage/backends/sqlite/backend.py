"""How SQLite is connected to: by threads that each keep a connection, or over aiosqlite."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import URL

from ...append import append_batch
from ...backend import Executors, Heads, Stored
from ...executor import AsyncExecutor, Executor, ThreadExecutor
from ...records import Append
from ...url import file_of, is_memory
from .append import append_at_once
from .engine import abandon, async_sqlite_engine, sqlite_engine
from .serving_lock import lock_file_of

__all__ = ["AsyncSQLiteBackend", "SQLiteBackend"]

READERS = 4


class SQLiteBackend:
    """Over Python's `sqlite3`, in threads: a transaction is one hop to a thread and one back."""

    is_embedded = True

    def __init__(self, url: URL, busy_timeout_seconds: float, timeout_seconds: float) -> None:
        file = file_of(url)
        self.file: Path | None = None if file is None else file.absolute()
        self.lock_file: Path | None = lock_file_of(url)
        self._url = url
        self._busy_timeout_seconds = busy_timeout_seconds
        self._timeout_seconds = timeout_seconds
        self._in_memory = is_memory(url)

    def connect(self, verify: Callable[[], None]) -> Executors:
        timeout = self._timeout_seconds
        writes = self._executor(1, timeout, verify)
        if self._in_memory:
            return Executors(writes, writes)
        return Executors(self._executor(READERS, timeout, verify, writes=False), writes)

    async def append(self, writes: Executor, batch: Sequence[Append], heads: Heads) -> Stored:
        assert isinstance(writes, ThreadExecutor)
        return await writes.run_whole(append_at_once, batch, heads)

    async def settle(self, writes: Executor) -> None:
        """Transactions that write come one after the other."""

    async def warn(self, reads: Executor) -> None:
        """Each connection sets what it takes."""

    def migrating(self) -> Executor | None:
        """A migration rebuilds tables: it drops the old one, which with foreign keys on would
        delete every row that refers to it."""
        if self.file is None:
            return None
        return self._executor(1, None, lambda: None, foreign_keys=False)

    def _executor(
        self,
        width: int,
        timeout_seconds: float | None,
        verify: Callable[[], None],
        *,
        writes: bool = True,
        foreign_keys: bool = True,
    ) -> Executor:
        engine = sqlite_engine(
            self._url,
            busy_timeout_seconds=self._busy_timeout_seconds,
            writes=writes,
            foreign_keys=foreign_keys,
        )
        return ThreadExecutor(engine, width, timeout_seconds, verify)


class AsyncSQLiteBackend(SQLiteBackend):
    """Over aiosqlite and SQLAlchemy's asynchronous engine: the way of every asynchronous dialect.

    Each statement is a hop to a thread and one back, so it costs more than `SQLiteBackend`.
    """

    async def append(self, writes: Executor, batch: Sequence[Append], heads: Heads) -> Stored:
        return await writes.run(append_batch, batch, heads)

    def _executor(
        self,
        width: int,
        timeout_seconds: float | None,
        verify: Callable[[], None],
        *,
        writes: bool = True,
        foreign_keys: bool = True,
    ) -> Executor:
        engine = async_sqlite_engine(
            self._url,
            busy_timeout_seconds=self._busy_timeout_seconds,
            connections=width,
            in_memory=self._in_memory,
            writes=writes,
            foreign_keys=foreign_keys,
        )
        return AsyncExecutor(engine, width, timeout_seconds, verify, lambda: abandon(engine))
