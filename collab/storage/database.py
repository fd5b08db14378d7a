"""The database: opened, checked, upgraded and closed here. Each transaction is a plain function,
which is run from BEGIN to COMMIT and doesn't know how; see `lane`.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine

from ..errors import ConfigurationError, StorageError, StorageUnavailable
from . import schema
from .engine import file_of, is_memory, is_sqlite, parse_url, server_engine, sqlite_engine
from .faults import DatabaseLocked
from .lane import Lane, ServerLane, ThreadLane

__all__ = ["Database"]

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

SQLITE_READERS = 4
SERVER_CONNECTIONS = 5
RETRY_SECONDS = 0.02

# Alembic keeps what it works on in module globals: one migration at a time in this process.
_migrating = threading.Lock()


class Database:
    """A database, opened by `open` and closed by `close`; both may be called again.

    On SQLite one transaction writes at a time, and up to four read beside it. On a server up to
    five read and five write. In memory, for tests, it is one transaction after the other.

    Args:
        url: SQLAlchemy's; `sqlite+aiosqlite:` is taken for `sqlite:`, and `postgresql:` for
            `postgresql+asyncpg:`.
        busy_timeout_seconds: how long to wait for a lock that another program holds.
        timeout_seconds: how long a transaction may take, the time that it waits for others
            included. Of one that takes longer nobody knows the outcome, and closing leaves it
            behind.
    """

    def __init__(
        self, url: str, *, busy_timeout_seconds: float = 5.0, timeout_seconds: float = 30.0
    ) -> None:
        self._url = url
        self._busy_timeout_seconds = busy_timeout_seconds
        self._timeout_seconds = timeout_seconds
        self._reads: Lane | None = None
        self._writes: Lane | None = None
        self._file: Path | None = None
        self._place: tuple[int, int] | None = None
        # One opening or closing at a time: a close that comes second returns when both are done.
        self._door = asyncio.Lock()

    async def open(self, *, upgrade: bool | None = None) -> None:
        """Connect, and see that the database may be written and has this program's schema.

        Args:
            upgrade: whether to bring an empty or older database to this program's schema; by
                default an embedded one (SQLite) is, a server's is not.

        Raises:
            ConfigurationError: the URL is malformed, its driver not installed, or the folder is
                missing.
            StorageUnavailable: the database is read-only, locked, damaged, unreachable or none.
            SchemaMismatch: the schema is older (and `upgrade` is off), newer, or another program's.
        """
        async with self._door:
            if self._writes is not None:
                return
            url = parse_url(self._url)
            try:
                self._connect(url)
                await self._prepare(url, is_sqlite(url) if upgrade is None else upgrade)
            except StorageError as error:
                await self._disconnect()
                raise type(error)(f"{error} (database '{url.database}')") from error
            except BaseException:
                await self._disconnect()
                raise

    async def close(self) -> None:
        """Wait for the transactions in progress, then disconnect. Idempotent.

        It takes no longer than transactions may take; one that still hangs is left behind.
        """
        async with self._door:
            await self._disconnect()

    async def _disconnect(self) -> None:
        reads, writes = self._reads, self._writes
        self._writes = self._reads = self._place = None
        # The last connection to leave a file cleans up, which takes one that may write.
        if reads is not None and reads is not writes:
            await reads.close()
        if writes is not None:
            await writes.close()

    async def read(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function(connection, *args)` in a transaction that only reads.

        It sees one state of the database throughout.

        Raises:
            StorageUnavailable: the database can't be read.
        """
        return await self._run(self._reads, function, *args, **kwargs)

    async def write(
        self, function: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run `function(connection, *args)` in a transaction; once this returns, it is durable.

        If the function raises, nothing is stored. A caller that is cancelled only stops waiting:
        the transaction runs to its end.

        Raises:
            StorageUnavailable: the database can't be written; or the connection was lost, or the
                time is over, and nobody knows.
            sqlalchemy.exc.IntegrityError, DataError: the database refused a row (`faults.REFUSED`).
        """
        return await self._run(self._writes, function, *args, **kwargs)

    async def _run(
        self, lane: Lane | None, function: Callable[..., T], *args: Any, **kwargs: Any
    ) -> T:
        if lane is None:
            raise StorageUnavailable("the database is not open")
        return await lane.run(function, *args, **kwargs)

    # -- opening --------------------------------------------------------------------------------

    def _connect(self, url: URL) -> None:
        file = file_of(url)
        self._file = None if file is None else file.absolute()
        if self._file is not None:
            _check_file(self._file)
        timeout = self._timeout_seconds
        if not is_sqlite(url):
            engine = server_engine(url, connections=2 * SERVER_CONNECTIONS)
            self._reads = ServerLane(engine, SERVER_CONNECTIONS, timeout)
            self._writes = ServerLane(engine, SERVER_CONNECTIONS, timeout)
            return
        self._writes = ThreadLane(self._sqlite(url), 1, timeout, self._check_place)
        self._reads = self._writes
        if not is_memory(url):
            self._reads = ThreadLane(self._sqlite(url, writes=False), SQLITE_READERS, timeout)

    def _sqlite(self, url: URL, **options: bool) -> Engine:
        return sqlite_engine(url, busy_timeout_seconds=self._busy_timeout_seconds, **options)

    async def _prepare(self, url: URL, upgrade: bool) -> None:
        # To switch a new file to write-ahead logging takes a lock for which SQLite doesn't wait: of
        # two programs that start at once, one comes back later.
        deadline = time.monotonic() + self._busy_timeout_seconds
        while True:
            try:
                # Read first: a database that isn't ours stays as it is.
                if await self.read(schema.needs_upgrade) and upgrade:
                    await self._upgrade(url)
                await self.write(schema.check_writable)
                break
            except DatabaseLocked:
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        if self._file is not None:
            self._place = _place(self._file)

    async def _upgrade(self, url: URL) -> None:
        async with _one_migration():
            if self._file is None:
                await self.write(schema.upgrade)
                return
            # To rebuild a table, as SQLite needs for most changes, drops the old one; with foreign
            # keys on, that would delete every row that refers to it.
            lane = ThreadLane(self._sqlite(url, foreign_keys=False), 1, None)
            try:
                await lane.run(schema.upgrade)
            finally:
                await lane.close()

    def _check_place(self) -> None:
        """See that the file is still where it was: else nobody will ever find what was written.

        SQLite itself goes on writing to a file that was deleted, without a word.
        """
        if self._place is None or self._file is None:
            return
        if _place(self._file) != self._place:
            logger.error("the database file '%s' was deleted or replaced while open", self._file)
            raise StorageUnavailable(
                "the database can't be used: its file was deleted or replaced while in use; "
                "restart the server"
            )


def _check_file(file: Path) -> None:
    if not file.parent.is_dir():
        raise ConfigurationError(
            f"the database's folder '{file.parent}' does not exist: "
            "create it, or choose another database"
        )
    if file.is_dir():
        raise ConfigurationError(
            f"the database '{file}' is a folder: give the name of a file in it"
        )


def _place(file: Path) -> tuple[int, int] | None:
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_dev, found.st_ino


@contextlib.asynccontextmanager
async def _one_migration() -> AsyncIterator[None]:
    # The other one may run in another thread's event loop, or in this one, which must go on.
    while not _migrating.acquire(blocking=False):  # noqa: ASYNC110
        await asyncio.sleep(RETRY_SECONDS)
    try:
        yield
    finally:
        _migrating.release()
