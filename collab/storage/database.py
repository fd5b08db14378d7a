"""The database: opened, checked, upgraded and closed here. Each transaction is a plain function,
which is run from BEGIN to COMMIT and doesn't know how; see `executor`.
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
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection

from ..errors import ConfigurationError, DatabaseInUse, StorageError, StorageUnavailable
from ..metrics import Metrics
from . import schema
from .backend import Backend, Heads, Stored
from .backends import backend_of
from .backends.sqlite.file_watch import GONE, OLDER, FileWatch
from .backends.sqlite.serving_lock import ServingLock
from .executor import Executor, ThreadExecutor
from .faults import DatabaseLocked
from .records import Append
from .url import parse_url

__all__ = ["Database"]

logger = logging.getLogger(__name__)

P = ParamSpec("P")
T = TypeVar("T")

RETRY_SECONDS = 0.02
# How long a server that has been stopped, or killed, may take to be gone.
IN_USE_SECONDS = 1.0
EXIT_SECONDS = 1.0

_NOT_OPEN = "the database is not open"

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
        url: SQLAlchemy's; `postgresql:` is taken for `postgresql+asyncpg:`.
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
        self._reads: Executor | None = None
        self._writes: Executor | None = None
        self._backend: Backend | None = None
        self._watch: FileWatch | None = None
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
            if self._writes is not None or self._is_lost:
                return
            url = parse_url(self._url)
            backend = backend_of(url, self._busy_timeout_seconds, self._timeout_seconds)
            self._backend = backend
            self._watch = None if backend.file is None else FileWatch(backend.file)
            try:
                await self._open(backend, backend.is_embedded if upgrade is None else upgrade)
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
        is_open = self._writes is not None or self._is_lost
        if is_open and self._loop is not None and self._loop.is_running():
            raise ConfigurationError(
                "the database is open in another event loop: close it there first"
            )
        self._loop = loop
        self._door = asyncio.Lock()
        if is_open:
            # That loop has ended, and nobody waits for what was begun in it.
            if self._watch is not None:
                self._watch.reset()
            await self._disconnect()
            self._release_lock()

    def _forget(self) -> None:
        """Leave connections alone that are those of the process from which this one was forked."""
        # They must not be closed here, not even as garbage.
        _of_parents.append((self._reads, self._writes))
        self._reads = self._writes = self._watch = self._lock = None
        self._pid = os.getpid()

    async def _open(self, backend: Backend, upgrade: bool) -> None:
        refusal = await self._take_lock(backend)
        try:
            await self._connect(upgrade=upgrade)
            if refusal is not None:
                # SQLite could write where this could not.
                await self._disconnect()
                raise refusal
        except BaseException:
            self._release_lock()
            raise
        _opened.add(self)

    async def _take_lock(self, backend: Backend) -> StorageUnavailable | None:
        """Lock the database for this server; gives what to raise, should SQLite find nothing wrong,
        if that can't be done."""
        file = backend.lock_file if self._serves else None
        if file is None or not file.parent.is_dir():
            return None
        lock = self._lock = ServingLock(file)
        deadline = time.monotonic() + min(IN_USE_SECONDS, self._busy_timeout_seconds)
        while True:
            try:
                problem = lock.acquire()
                break
            except DatabaseInUse:
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        if problem is None:
            return None
        if problem.errno in _NO_LOCKS:
            logger.warning(
                "the file system has no locks (%s): see to it that one server uses the database",
                problem,
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
            watch = self._watch
            if watch is not None:
                with contextlib.suppress(StorageUnavailable):
                    watch.check()
                if watch.is_lost and self._writes is not None:
                    with contextlib.suppress(StorageUnavailable):
                        await self._leave(watch)
                watch.reset()
            await self._disconnect()
            self._release_lock()
            _opened.discard(self)

    def end(self) -> None:
        """Close an SQLite database that nobody has closed, at the end of the process."""
        if self._pid != os.getpid():
            return
        for executor in (self._reads, self._writes):
            if isinstance(executor, ThreadExecutor):
                executor.end(EXIT_SECONDS)
        self._release_lock()

    async def _disconnect(self) -> None:
        reads, writes = self._reads, self._writes
        self._writes = self._reads = None
        if self._watch is not None:
            self._watch.closed()
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
        if self._is_lost:
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
        if self._is_lost:
            await self._return()
        return await self._run(self._writes, function, *args, **kwargs)

    async def append(self, batch: Sequence[Append], heads: Heads) -> Stored:
        """Store operations in one transaction, in this database's own way.

        Args:
            heads: by document key, the checksums of the newest operations, as far as known.

        Returns:
            For each append, the checksums of its operations; none if it was not stored.

        Raises:
            VersionConflict: not all of them could be stored, and none was.
            StorageUnavailable: as by `write`.
        """
        if self._is_lost:
            await self._return()
        executor, backend = self._opened_to_write()
        return await self._counted(backend.append(executor, batch, heads))

    async def settle(self) -> None:
        """Return once no append that was given up can be stored any more, if it is not yet.

        Raises:
            StorageUnavailable: one is still at work.
        """
        if self._is_lost:
            await self._return()
        executor, backend = self._opened_to_write()
        await self._counted(backend.settle(executor))

    def _opened_to_write(self) -> tuple[Executor, Backend]:
        executor, backend = self._writes, self._backend
        if executor is None or backend is None:
            raise StorageUnavailable(_NOT_OPEN)
        return executor, backend

    async def _run(
        self, executor: Executor | None, function: Callable[..., T], *args: Any, **kwargs: Any
    ) -> T:
        if executor is None:
            raise StorageUnavailable(_NOT_OPEN)
        return await self._counted(executor.run(function, *args, **kwargs))

    async def _counted(self, result: Awaitable[T]) -> T:
        try:
            return await result
        except StorageUnavailable as error:
            self._metrics.store_errors[error.reason] += 1
            raise

    # -- opening --------------------------------------------------------------------------------

    async def _connect(self, *, upgrade: bool) -> None:
        backend = self._backend
        assert backend is not None
        if backend.file is not None:
            _check_file(backend.file)
        try:
            self._reads, self._writes = backend.connect(self._verify)
            await self._prepare(backend, upgrade)
        except BaseException:
            await self._disconnect()
            raise

    async def _prepare(self, backend: Backend, upgrade: bool) -> None:
        # To switch a new file to write-ahead logging takes a lock for which SQLite doesn't wait: of
        # two programs that start at once, one tries again.
        deadline = time.monotonic() + self._busy_timeout_seconds
        while True:
            try:
                # Read first: another program's database stays as it is.
                if await self._run(self._reads, schema.needs_upgrade) and upgrade:
                    await self._upgrade(backend)
                await self._run(self._writes, schema.check_writable)
                break
            except DatabaseLocked:
                if time.monotonic() >= deadline:
                    raise
                await asyncio.sleep(RETRY_SECONDS)
        if self._watch is not None:
            self._watch.opened()
        if self._serves and self._reads is not None:
            await backend.warn(self._reads)

    async def _upgrade(self, backend: Backend) -> None:
        async with _one_migration():
            executor = backend.migrating()
            if executor is None:
                await self._run(self._writes, schema.upgrade)
                return
            try:
                await executor.run(schema.upgrade)
            finally:
                await executor.close()

    # -- a file that is gone --------------------------------------------------------------------

    def _verify(self) -> None:
        if self._watch is not None:
            self._watch.check()

    @property
    def _is_lost(self) -> bool:
        return self._watch is not None and self._watch.is_lost

    async def _return(self) -> None:
        """Go on with the file that is in the database's place by now, if it has everything.

        Raises:
            StorageUnavailable: there is none, or it lacks edits.
        """
        watch = self._watch
        async with self._door:
            if watch is None or not watch.is_lost:
                return
            if watch.must_look:
                watch.looked(await self._look(watch))
            if watch.found:
                self._metrics.store_errors["missing"] += 1
                raise StorageUnavailable(watch.found, "missing")
            logger.warning("the database file '%s' is back", watch.file)
            watch.reset()

    async def _look(self, watch: FileWatch) -> str:
        """Connect to the file in the database's place; returns what is wrong there, if anything."""
        try:
            if self._writes is not None:
                await self._leave(watch)
            if not watch.may_be_there:
                return GONE
            await self._connect(upgrade=False)
            if await self._run(self._reads, watch.is_same):
                return ""
            await self._disconnect()
        except StorageError as error:
            return str(error)
        except OSError:
            return GONE
        return OLDER

    async def _leave(self, watch: FileWatch) -> None:
        """Complete the lost database, and disconnect from it."""
        reads, self._reads = self._reads, self._writes
        if reads is not None and reads is not self._writes:
            await reads.close()
        await self._run(self._writes, watch.complete)
        await self._disconnect()


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
