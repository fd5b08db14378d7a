"""How SQLite is connected to: by threads that each keep a connection, or over aiosqlite."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import URL

from ...append import append_batch
from ...backend import AppendFunction, Executors
from ...executor import AsyncExecutor, Executor, ThreadExecutor
from ...url import file_of, is_memory
from .append import append_at_once
from .engine import async_sqlite_engine, sqlite_engine
from .serving_lock import lock_file_of

__all__ = ["AsyncSQLiteBackend", "SQLiteBackend"]

READERS = 4


class SQLiteBackend:
    """Over Python's `sqlite3`, in threads: a transaction is one hop to a thread and one back."""

    is_embedded = True
    append: AppendFunction = staticmethod(append_at_once)
    append_is_whole = True

    def __init__(self, url: URL, busy_timeout_seconds: float, timeout_seconds: float) -> None:
        file = file_of(url)
        self.file: Path | None = None if file is None else file.absolute()
        self.lock_file: Path | None = lock_file_of(url)
        self._url = url
        self._busy_timeout_seconds = busy_timeout_seconds
        self._timeout_seconds = timeout_seconds
        self._in_memory = is_memory(url)

    def connect(self, verify: Callable[[], None]) -> Executors:
        writes = self._executor(verify, 1)
        if self._in_memory:
            return Executors(writes, writes)
        return Executors(self._executor(verify, READERS, writes=False), writes)

    def _executor(self, verify: Callable[[], None], width: int, *, writes: bool = True) -> Executor:
        engine = sqlite_engine(
            self._url, busy_timeout_seconds=self._busy_timeout_seconds, writes=writes
        )
        return ThreadExecutor(engine, width, self._timeout_seconds, verify)

    def migrating(self) -> Executor | None:
        """A migration rebuilds tables: it drops the old one, which with foreign keys on would
        delete every row that refers to it."""
        if self.file is None:
            return None
        engine = sqlite_engine(
            self._url, busy_timeout_seconds=self._busy_timeout_seconds, foreign_keys=False
        )
        return ThreadExecutor(engine, 1, None)


class AsyncSQLiteBackend(SQLiteBackend):
    """Over aiosqlite and SQLAlchemy's asynchronous engine: the way of every asynchronous dialect.

    Each statement is a hop to a thread and one back, so it costs more than `SQLiteBackend`.
    """

    append: AppendFunction = staticmethod(append_batch)
    append_is_whole = False

    def _executor(self, verify: Callable[[], None], width: int, *, writes: bool = True) -> Executor:
        engine = async_sqlite_engine(
            self._url,
            busy_timeout_seconds=self._busy_timeout_seconds,
            connections=width,
            in_memory=self._in_memory,
            writes=writes,
        )
        return AsyncExecutor(engine, width, self._timeout_seconds, verify)

    def migrating(self) -> Executor | None:
        if self.file is None:
            return None
        engine = async_sqlite_engine(
            self._url,
            busy_timeout_seconds=self._busy_timeout_seconds,
            connections=1,
            foreign_keys=False,
        )
        return AsyncExecutor(engine, 1, None)
