"""How transactions reach a database: at most `width` at a time, the others wait in order.

`ThreadExecutor` has threads that each keep one connection: a transaction is one hop to a thread and
one back, whatever it does there. `AsyncExecutor` uses an asynchronous driver.

Every wait is bounded. A transaction that has not begun in time is withdrawn. The outcome of one
that has is unknown, and as long as it hangs the next ones are refused at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar, cast

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from ..errors import StorageUnavailable
from .faults import translated_faults

__all__ = ["AsyncExecutor", "Executor", "ThreadExecutor", "too_slow"]

logger = logging.getLogger(__name__)

# How long a database server may take to break off what it does.
CANCEL_SECONDS = 1.0

T = TypeVar("T")
Work = Callable[[Connection], Any]


class Executor(Protocol):
    async def run(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """The result of `function(connection, *args, **kwargs)` in a transaction of its own.

        A caller that is cancelled only stops waiting: the transaction runs to its end.

        Raises:
            StorageUnavailable: the database can't be used, or did not answer in time.
        """

    async def close(self) -> None:
        """Wait for what was begun, but no longer than for a transaction, then disconnect."""


def too_slow(seconds: float) -> StorageUnavailable:
    """What is raised of a transaction that took longer than this."""
    return StorageUnavailable(
        f"the database can't be used: it has not answered for {seconds:g} s; try again later",
        "timeout",
    )


class _Job:
    """One transaction on its way: a thread takes it, or it is withdrawn before that."""

    __slots__ = ("_claim", "future", "loop", "timer", "work")

    def __init__(self, work: Work) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.timer: asyncio.TimerHandle | None = None
        self._claim = threading.Lock()

    def claim(self) -> bool:
        """Whether the caller is the first who asks."""
        return self._claim.acquire(blocking=False)


class _Worker(threading.Thread):
    """Runs transactions on the one connection that it keeps, and closes it at its end."""

    def __init__(
        self,
        engine: Engine,
        jobs: SimpleQueue[_Job | None],
        settle: Callable[[_Job, Any, BaseException | None], None],
        verify: Callable[[], None],
    ) -> None:
        # A daemon: a disk that never answers must not keep the process from ending.
        super().__init__(name="collab database", daemon=True)
        self.ended: Future[None] = Future()
        self._engine = engine
        self._jobs = jobs
        self._settle = settle
        self._verify = verify
        self._connection: Connection | None = None

    def run(self) -> None:
        while (job := self._jobs.get()) is not None:
            if job.claim():
                self._do(job)
            del job
        self._disconnect()
        self.ended.set_result(None)

    def _do(self, job: _Job) -> None:
        result, error = None, None
        try:
            result = self._transact(job.work)
        except BaseException as raised:
            error = raised
        # The event loop may have ended meanwhile; then nobody waits.
        with contextlib.suppress(RuntimeError):
            job.loop.call_soon_threadsafe(self._settle, job, result, error)

    def _transact(self, work: Work) -> Any:
        with translated_faults():
            if self._connection is None:
                # SQLite makes a file where there is none.
                self._verify()
                self._connection = self._engine.connect()
            try:
                result = work(self._connection)
            except BaseException as error:
                self._drop_broken()
                if not isinstance(error, StorageUnavailable):
                    # What is wrong with the whole database explains it.
                    self._verify()
                raise
            self._verify()
        return result

    def _drop_broken(self) -> None:
        """A connection that could not even be rolled back is not used again."""
        assert self._connection is not None
        with contextlib.suppress(SQLAlchemyError, sqlite3.Error):
            driver: Any = self._connection.connection.driver_connection
            if not driver.in_transaction:
                return
        self._disconnect()

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(StorageUnavailable), translated_faults():
                connection.close()


class ThreadExecutor:
    """At most `width` transactions at a time, each in a thread; threads begin when they are needed.

    What waits is bounded by those who wait for it: each is a caller of `run`.

    Args:
        timeout_seconds: how long a transaction may take, the waiting included; None for no end.
        verify: called in the thread before it connects and after each transaction; what it
            raises is raised by `run`.
    """

    def __init__(
        self,
        engine: Engine,
        width: int,
        timeout_seconds: float | None,
        verify: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._width = width
        self._timeout_seconds = timeout_seconds
        self._verify = verify
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._in_flight = 0
        self._overdue: set[_Job] = set()

    async def run(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        def work(connection: Connection) -> T:
            with connection.begin():
                return function(connection, *args, **kwargs)

        return cast(T, await self._done(_Job(work)))

    async def run_whole(self, function: Callable[..., T], *args: Any) -> T:
        """As `run`, of a function that begins and ends its transaction itself."""
        return cast(T, await self._done(_Job(lambda connection: function(connection, *args))))

    async def _done(self, job: _Job) -> Any:
        if len(self._overdue) >= self._width:
            raise too_slow(self._timeout_seconds or 0)
        if self._timeout_seconds is not None:
            job.timer = job.loop.call_later(self._timeout_seconds, self._give_up, job)
        self._in_flight += 1
        if len(self._workers) < min(self._width, self._in_flight):
            worker = _Worker(self._engine, self._jobs, self._settle, self._verify)
            self._workers.append(worker)
            worker.start()
        self._jobs.put(job)
        return await job.future

    def _settle(self, job: _Job, result: Any, error: BaseException | None) -> None:
        self._in_flight -= 1
        self._overdue.discard(job)
        if job.timer is not None:
            job.timer.cancel()
        if job.future.done():
            return
        if error is None:
            job.future.set_result(result)
        else:
            job.future.set_exception(error)

    def _give_up(self, job: _Job) -> None:
        if job.claim():
            self._in_flight -= 1
        else:
            self._overdue.add(job)
            logger.error("a transaction hangs: the database has not answered in time")
        if not job.future.done():
            job.future.set_exception(too_slow(self._timeout_seconds or 0))

    def end(self, seconds: float) -> None:
        """As `close`, without an event loop, for the end of the process: wait for so long."""
        workers, self._workers = self._workers, []
        for _ in workers:
            self._jobs.put(None)
        for worker in workers:
            worker.join(seconds)

    async def close(self) -> None:
        workers, self._workers = self._workers, []
        for _ in workers:
            self._jobs.put(None)
        if not workers:
            return
        ends = {asyncio.wrap_future(worker.ended): worker for worker in workers}
        ended, hanging = await asyncio.wait(ends, timeout=self._timeout_seconds)
        for end in ended:
            # It has nothing left to do.
            ends[end].join()
        if hanging:
            logger.error("the database was closed while a transaction hung: it may still be stored")


class AsyncExecutor:
    """At most `width` transactions at a time over an asynchronous engine; `close` disposes it.

    Args:
        abandon: called while it is closed, before transactions that hang are cancelled: has their
            connections answer at once, where the driver would wait for them.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        width: int,
        timeout_seconds: float | None,
        verify: Callable[[], None] = lambda: None,
        abandon: Callable[[], None] = lambda: None,
    ) -> None:
        self._abandon = abandon
        self._engine = engine
        self._timeout_seconds = timeout_seconds
        self._verify = verify
        self._turns = asyncio.Semaphore(width)
        self._loop = asyncio.get_running_loop()
        self._running: set[asyncio.Task[Any]] = set()

    async def run(self, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        task = self._own(self._transact(lambda connection: function(connection, *args, **kwargs)))
        await asyncio.wait([task], timeout=self._timeout_seconds)
        if not task.done():
            raise too_slow(self._timeout_seconds or 0)
        result: T = task.result()
        return result

    async def _transact(self, function: Callable[[Connection], T]) -> T:
        async with self._turns:
            # SQLite makes a file where there is none.
            self._verify()
            try:
                with translated_faults():
                    async with self._engine.begin() as connection:
                        result = await connection.run_sync(function)
            except BaseException as error:
                if not isinstance(error, StorageUnavailable):
                    # What is wrong with the whole database explains it.
                    self._verify()
                raise
            self._verify()
            return result

    def _own(self, coroutine: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._running.add(task)
        task.add_done_callback(self._forget)
        return task

    def _forget(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled():
            # Its caller may have gone: then nobody else asks for it.
            task.exception()

    async def close(self) -> None:
        if self._loop is not asyncio.get_running_loop():
            # The connections' loop has ended, and can't say goodbye any more.
            self._running.clear()
            self._engine.sync_engine.dispose(close=False)
            return
        if self._running:
            _, hanging = await asyncio.wait(self._running, timeout=self._timeout_seconds)
            if hanging:
                self._abandon()
            for task in hanging:
                task.cancel()
            if hanging:
                # Each closes its connection first.
                await asyncio.wait(hanging, timeout=CANCEL_SECONDS)
        with contextlib.suppress(StorageUnavailable), translated_faults():
            await self._engine.dispose()
