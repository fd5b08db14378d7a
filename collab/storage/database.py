"""The database: opened, checked, upgraded and closed here. Each transaction is a plain function,
which is run from BEGIN to COMMIT and doesn't know how; see `lane`.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import errno
import logging
import os
import threading
import time
import weakref
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import URL, Connection, Engine

from ..errors import ConfigurationError, DatabaseInUse, StorageError, StorageUnavailable
from ..metrics import Metrics
from . import schema
from .engine import file_of, is_memory, is_sqlite, parse_url, server_engine, sqlite_engine
from .faults import DatabaseLocked
from .lane import Lane, ServerLane, ThreadLane
from .place import Place, Remains, holds_all_of, leave
from .serving_lock import ServingLock, lock_file_of

__all__ = ["Database"]

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

SQLITE_READERS = 4
SERVER_CONNECTIONS = 5
RETRY_SECONDS = 0.02
RETURN_SECONDS = 0.5
# How long a server that has been stopped, or killed, may take to be gone.
IN_USE_SECONDS = 1.0
EXIT_SECONDS = 1.0

_NOT_OPEN = "the database is not open"
_GONE = (
    "the database can't be used: its file was deleted or replaced while in use; it must be put back"
)
_OLDER = (
    "the database can't be used: the file in its place lacks the newest edits; "
    "restart the server to go on with that"
)

# `ENOLCK`, and those of file systems that have no such call.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)

_of_parents: list[object] = []
_opened: weakref.WeakSet[Database] = weakref.WeakSet()


@atexit.register
def _end_all() -> None:
    for database in list(_opened):
        database.end()


# Alembic keeps what it works on in module globals: one migration at a time in this process.
_migrating = threading.Lock()


class Database:
    """A database, opened by `open` and closed by `close`; both may be called again, in another
    event loop too. It is open in one at a time.

    On SQLite one transaction writes at a time, and up to four read beside it. On a server up to
    five read and five write. In memory, for tests, it is one transaction after the other.

    Args:
        url: SQLAlchemy's; `sqlite+aiosqlite:` is taken for `sqlite:`, and `postgresql:` for
            `postgresql+asyncpg:`.
        busy_timeout_seconds: how long to wait for a lock that another program holds.
        timeout_seconds: how long a transaction may take, the time that it waits for others
            included. Of one that takes longer nobody knows the outcome, and closing leaves it
            behind.
        metrics: where its errors are counted.
        serves: whether this is for a server, which must be the only one that has an SQLite file
            open; other programs may have it open at the same time.
    """

    def __init__(
        self,
        url: str,
        *,
        busy_timeout_seconds: float = 5.0,
        timeout_seconds: float = 30.0,
        metrics: Metrics | None = None,
        serves: bool = False,
    ) -> None:
        self._url = url
        self._busy_timeout_seconds = busy_timeout_seconds
        self._timeout_seconds = timeout_seconds
        self._metrics = metrics or Metrics()
        self._reads: Lane | None = None
        self._writes: Lane | None = None
        self._file: Path | None = None
        self._place: Place | None = None
        # Once the file is gone: what is remembered of it, when to look for it again, and what was
        # found the last time.
        self._lost = False
        self._remains: Remains | None = None
        self._look_at = 0.0
        self._found = ""
        self._serves = serves
        self._lock: ServingLock | None = None
        # One opening or closing at a time: a close that comes second returns when both are done.
        self._door = asyncio.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._pid = os.getpid()

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
            DatabaseInUse: this is for a server, and another one has the database open.
        """
        await self._enter_loop()
        async with self._door:
            if self._writes is not None or self._lost:
                return
            url = parse_url(self._url)
            try:
                await self._open(url, is_sqlite(url) if upgrade is None else upgrade)
            except StorageError as error:
                raise type(error)(f"{error} (database '{url.database}')") from error

    async def _enter_loop(self) -> None:
        """See that what was opened in another event loop is not open any more.

        Raises:
            ConfigurationError: it is, and that loop runs.
        """
        loop = asyncio.get_running_loop()
        if self._pid != os.getpid():
            self._forget()
        if self._loop is loop:
            return
        is_open = self._writes is not None or self._lost
        if is_open and self._loop is not None and self._loop.is_running():
            raise ConfigurationError(
                "the database is open in another event loop: close it there first"
            )
        self._loop = loop
        self._door = asyncio.Lock()
        if is_open:
            # That loop has ended, and nobody waits for what was begun in it.
            self._lost, self._remains = False, None
            await self._disconnect()
            self._release_lock()

    def _forget(self) -> None:
        """Leave connections alone that are those of the process from which this one was forked."""
        # They must not be closed here, not even as garbage.
        _of_parents.append((self._reads, self._writes))
        self._reads = self._writes = self._place = self._remains = self._lock = None
        self._lost = False
        self._pid = os.getpid()

    async def _open(self, url: URL, upgrade: bool) -> None:
        refusal = await self._take_lock(url)
        try:
            await self._connect(url, upgrade)
            if refusal is not None:
                # SQLite could write where this could not.
                await self._disconnect()
                raise refusal
        except BaseException:
            self._release_lock()
            raise
        _opened.add(self)

    async def _take_lock(self, url: URL) -> StorageUnavailable | None:
        """Lock the database for this server; gives what to raise, should SQLite find nothing wrong,
        if that can't be done."""
        file = lock_file_of(url) if self._serves else None
        if file is None or not file.parent.is_dir():
            return None
        lock = self._lock = ServingLock(file)
        deadline = time.monotonic() + min(IN_USE_SECONDS, self._busy_timeout_seconds)
        while True:
            try:
                problem = lock.take()
                break
            except DatabaseInUse:
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        if problem is None:
            return None
        if problem.errno in _NO_LOCKS:
            logger.warning(
                "the file system has no locks (%s): see that one server uses the database", problem
            )
            return None
        return StorageUnavailable(
            f"the database can't be used: its lock file '{file}' can't be opened or locked "
            f"({problem.strerror or problem}); every server needs to write it",
            "permission",
        )

    def _release_lock(self) -> None:
        lock, self._lock = self._lock, None
        if lock is not None:
            lock.release()

    async def close(self) -> None:
        """Wait for the transactions in progress, then disconnect. Idempotent.

        It takes no longer than transactions may take; one that still hangs is left behind.

        Raises:
            ConfigurationError: it is open in another event loop, which runs.
        """
        await self._enter_loop()
        async with self._door:
            with contextlib.suppress(StorageUnavailable):
                self._check_place()
            if self._lost and self._writes is not None:
                with contextlib.suppress(StorageUnavailable):
                    await self._leave()
            self._lost, self._remains = False, None
            await self._disconnect()
            self._release_lock()
            _opened.discard(self)

    def end(self) -> None:
        """Close an SQLite database that nobody has closed, at the end of the process."""
        if self._pid != os.getpid():
            return
        for lane in (self._reads, self._writes):
            if isinstance(lane, ThreadLane):
                lane.end(EXIT_SECONDS)
        self._release_lock()

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
        if self._lost:
            await self._return()
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
        if self._lost:
            await self._return()
        return await self._run(self._writes, function, *args, **kwargs)

    @property
    def is_sqlite(self) -> bool:
        return is_sqlite(parse_url(self._url))

    async def write_whole(self, function: Callable[..., T], *args: Any) -> T:
        """As `write`, of a function that begins and ends its transaction itself. On SQLite only."""
        if self._lost:
            await self._return()
        lane = self._writes
        if lane is None:
            raise StorageUnavailable(_NOT_OPEN)
        if not isinstance(lane, ThreadLane):
            raise TypeError("a transaction is begun and ended by its function on SQLite only")
        return await self._counted(lane.run_whole(function, *args))

    async def _run(
        self, lane: Lane | None, function: Callable[..., T], *args: Any, **kwargs: Any
    ) -> T:
        if lane is None:
            raise StorageUnavailable(_NOT_OPEN)
        return await self._counted(lane.run(function, *args, **kwargs))

    async def _counted(self, result: Awaitable[T]) -> T:
        try:
            return await result
        except StorageUnavailable as error:
            self._metrics.store_errors[error.reason] += 1
            raise

    # -- opening --------------------------------------------------------------------------------

    async def _connect(self, url: URL, upgrade: bool) -> None:
        try:
            self._make_lanes(url)
            await self._prepare(url, upgrade)
        except BaseException:
            await self._disconnect()
            raise

    def _make_lanes(self, url: URL) -> None:
        file = file_of(url)
        self._file = None if file is None else file.absolute()
        if self._file is not None:
            _check_file(self._file)
        timeout = self._timeout_seconds
        if not is_sqlite(url):
            writer = server_engine(url, connections=SERVER_CONNECTIONS)
            reader = server_engine(url, connections=SERVER_CONNECTIONS, one_state=True)
            self._writes = ServerLane(writer, SERVER_CONNECTIONS, timeout)
            self._reads = ServerLane(reader, SERVER_CONNECTIONS, timeout)
            return
        self._writes = ThreadLane(self._sqlite(url), 1, timeout, self._check_place)
        self._reads = self._writes
        if not is_memory(url):
            self._reads = ThreadLane(
                self._sqlite(url, writes=False), SQLITE_READERS, timeout, self._check_place
            )

    def _sqlite(self, url: URL, **options: bool) -> Engine:
        return sqlite_engine(url, busy_timeout_seconds=self._busy_timeout_seconds, **options)

    async def _prepare(self, url: URL, upgrade: bool) -> None:
        # To switch a new file to write-ahead logging takes a lock for which SQLite doesn't wait: of
        # two programs that start at once, one comes back later.
        deadline = time.monotonic() + self._busy_timeout_seconds
        while True:
            try:
                # Read first: a database that isn't ours stays as it is.
                if await self._run(self._reads, schema.needs_upgrade) and upgrade:
                    await self._upgrade(url)
                await self._run(self._writes, schema.check_writable)
                break
            except DatabaseLocked:
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        if self._file is not None:
            self._place = Place.of(self._file)

    async def _upgrade(self, url: URL) -> None:
        async with _one_migration():
            if self._file is None:
                await self._run(self._writes, schema.upgrade)
                return
            # To rebuild a table, as SQLite needs for most changes, drops the old one; with foreign
            # keys on, that would delete every row that refers to it.
            lane = ThreadLane(self._sqlite(url, foreign_keys=False), 1, None)
            try:
                await lane.run(schema.upgrade)
            finally:
                await lane.close()

    # -- a file that is gone --------------------------------------------------------------------

    def _check_place(self) -> None:
        """Raise `StorageUnavailable` if the file is no longer where it was. In a lane's thread."""
        place = self._place
        if place is None or place.holds():
            return
        if not self._lost:
            logger.error("the database file '%s' was deleted or replaced while open", place.file)
        self._lost = True
        raise StorageUnavailable(_GONE, "missing")

    async def _return(self) -> None:
        """Go on with what is at the database's place by now, if that has everything.

        Raises:
            StorageUnavailable: it isn't there, or it isn't that.
        """
        async with self._door:
            if not self._lost:
                return
            if time.monotonic() >= self._look_at:
                self._found = await self._look()
                self._look_at = time.monotonic() + RETURN_SECONDS
            if self._found:
                self._metrics.store_errors["missing"] += 1
                raise StorageUnavailable(self._found, "missing")
            logger.warning("the database file '%s' is back", self._file)
            self._lost, self._remains, self._look_at = False, None, 0.0

    async def _look(self) -> str:
        """Connect to what is at the database's place; returns what is wrong there, if anything."""
        try:
            if self._writes is not None:
                await self._leave()
            # An empty file may be one that is being copied.
            if self._file is None or not self._file.is_file() or not self._file.stat().st_size:
                return _GONE
            await self._connect(parse_url(self._url), upgrade=False)
            if await self._is_same():
                return ""
            await self._disconnect()
        except StorageError as error:
            return str(error)
        except OSError:
            return _GONE
        return _OLDER

    async def _leave(self) -> None:
        """Complete the database that is lost, and disconnect from it."""
        reads, self._reads = self._reads, self._writes
        if reads is not None and reads is not self._writes:
            await reads.close()
        await self._run(self._writes, self._complete)
        await self._disconnect()

    def _complete(self, connection: Connection) -> None:
        if self._place is not None:
            self._remains = leave(connection, self._place)
            # What was in this lane before has been refused, and nothing comes after.
            self._place = None

    async def _is_same(self) -> bool:
        remains, place = self._remains, self._place
        if remains is None or place is None:
            return False
        if place.identity == remains.identity:
            return True
        return await self._run(self._reads, holds_all_of, remains)


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


@contextlib.asynccontextmanager
async def _one_migration() -> AsyncIterator[None]:
    # The other one may run in another thread's event loop, or in this one, which must go on.
    while not _migrating.acquire(blocking=False):  # noqa: ASYNC110
        await asyncio.sleep(RETRY_SECONDS)
    try:
        yield
    finally:
        _migrating.release()
