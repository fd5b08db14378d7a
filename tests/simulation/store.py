"""A database that fails on demand: SQLite in memory under the program's own transactions."""

from __future__ import annotations

import asyncio
import functools
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, Engine, make_url, text

from collab.errors import StorageUnavailable
from collab.ot import get_type
from collab.storage import Append, Database
from collab.storage.backends.sqlite.append import append_at_once
from collab.storage.backends.sqlite.engine import sqlite_engine
from collab.storage.faults import translated_faults
from collab.storage.tables import metadata

from .loop import VirtualLoop

__all__ = ["Disk", "LogEntry", "SimulatedDatabase"]

TIMEOUT_SECONDS = 5.0
LOST = "the database can't be used: as the simulation wants it"


class LogEntry(NamedTuple):
    operation: Any
    client_id: str
    id: int


@functools.cache
def _engine() -> Engine:
    # Each connection to it is a new, empty database; the compiled statements are kept.
    return sqlite_engine(make_url("sqlite+pysqlite://"), busy_timeout_seconds=0)


class Disk:
    """What is committed. It survives the server; the faults in `faults` meet the next writes.

    refuse          nothing is stored, and it says so
    forget          stored, but it says that it failed
    hang_stored     no answer; stored long after nobody waits for it any more
    hang_lost       no answer, and nothing is stored
    crash_before, crash_after   the server dies just before, or just after, it is stored
    crash_told      the server dies a few turns after it was told that it is stored
    """

    def __init__(self) -> None:
        self._connection = _engine().connect()
        metadata.create_all(self._connection)
        self._connection.commit()
        self.faults: deque[str] = deque()
        self.reads_fail = False
        self.losses = 0
        """How many operations `lose` has taken away."""
        self._logs: dict[str, Log] = {}

    def transact(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        with translated_faults(), self._connection.begin():
            return function(self._connection, *args, **kwargs)

    def transact_whole(self, function: Callable[..., Any], *args: Any) -> Any:
        with translated_faults():
            return function(self._connection, *args)

    def log(self, doc_id: str) -> Log:
        """What is committed of a document by now."""
        if doc_id not in self._logs:
            row = self._rows("SELECT id, epoch, doc_type FROM documents WHERE doc_id = ?", doc_id)
            if not row:
                return Log(0, "", "text", [], [""])
            kind = get_type(row[0][2])
            key, epoch, doc_type = row[0]
            self._logs[doc_id] = Log(key, epoch, doc_type, [], [kind.create()])
        log = self._logs[doc_id]
        rows = self._rows(
            "SELECT version, operation, client_id, client_edit_id FROM operations "
            "WHERE document_id = ? AND version > ? ORDER BY version",
            log.key,
            len(log.entries),
        )
        for version, operation, client_id, edit_id in rows:
            log.add(version, LogEntry(msgspec.json.decode(operation), client_id, edit_id))
        return log

    def lose(self, random: Random) -> None:
        """As a damaged log of the database does it: the newest operations are gone, what is left is
        sound. No server may be running."""
        for key, version in self._rows("SELECT id, version FROM documents"):
            kept = max(0, version - random.choice((0, 1, 2, 5)))
            self.losses += version - kept
            self.transact(_cut, key, kept)
        self._logs.clear()

    def head(self, doc_id: str) -> int:
        """The version that the document's row tells."""
        rows = self._rows("SELECT version FROM documents WHERE doc_id = ?", doc_id)
        return int(rows[0][0]) if rows else 0

    def snapshots(self, doc_id: str) -> list[tuple[int, Any]]:
        rows = self._rows(
            "SELECT version, content FROM snapshots WHERE document_id = ?", self.log(doc_id).key
        )
        return [(version, msgspec.json.decode(content)) for version, content in rows]

    def close(self) -> None:
        self._connection.close()

    def _rows(self, text: str, *values: Any) -> list[Any]:
        # Past SQLAlchemy, whose cost would be most of the simulation's.
        driver: Any = self._connection.connection.driver_connection
        return list(driver.execute(text, values).fetchall())


def _cut(connection: Connection, key: int, version: int) -> None:
    for table in ("operations", "snapshots"):
        later = text(f"DELETE FROM {table} WHERE document_id = :key AND version > :version")
        connection.execute(later, {"key": key, "version": version})
    last = "SELECT checksum FROM operations WHERE document_id = :key AND version = :version"
    connection.execute(
        text(f"UPDATE documents SET version = :version, checksum = ({last}) WHERE id = :key"),
        {"key": key, "version": version},
    )


@dataclass
class Log:
    """The operations of a document, and its content at each version from 0 on."""

    key: int
    epoch: str
    doc_type: str
    entries: list[LogEntry]
    contents: list[Any]

    def add(self, version: int, entry: LogEntry) -> None:
        if version != len(self.contents):
            raise AssertionError(f"the log goes on with {version} after {len(self.entries)}")
        self.entries.append(entry)
        self.contents.append(get_type(self.doc_type).apply(self.contents[-1], entry.operation))

    def entry(self, version: int) -> LogEntry | None:
        return self.entries[version - 1] if 0 < version <= len(self.entries) else None


@dataclass(eq=False)
class _Job:
    name: str
    function: Callable[[], Any]
    future: asyncio.Future[Any]
    timer: asyncio.TimerHandle | None = None
    begun: bool = False


class SimulatedDatabase(Database):
    """One server's way to the store. One write at a time, reads beside it; as on a thread, what was
    begun goes on when its caller is cancelled, and ends with the process."""

    def __init__(
        self, store: Disk, loop: VirtualLoop, random: Random, crash: Callable[[], None]
    ) -> None:
        super().__init__("sqlite://")
        self._store = store
        self._world = loop
        self._random = random
        self._crash = crash
        self._jobs: deque[_Job] = deque()
        self._current: _Job | None = None
        self._overdue = False
        self.gone = False
        """Whether the server is dead: a transaction of its tasks has no effect any more."""

    @property
    def waiting(self) -> int:
        return len(self._jobs) + (self._current is not None)

    async def read(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        await asyncio.sleep(self._random.choice((0.0, 0.0005, 0.002, 0.02)))
        if self._store.reads_fail or self.gone:
            raise StorageUnavailable(LOST)
        return self._store.transact(function, *args, **kwargs)

    async def write(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        name = f"{function.__name__} {args}"
        return await self._done(name, partial(self._store.transact, function, *args, **kwargs))

    async def append(
        self, batch: Sequence[Append], heads: Mapping[int, int | None]
    ) -> list[list[int]]:
        name = f"append {(batch, heads)}"
        append = partial(self._store.transact_whole, append_at_once, batch, heads)
        stored: list[list[int]] = await self._done(name, append)
        return stored

    async def settle(self) -> None:
        """As on a thread: the writes that follow come after those that were given up."""

    async def _done(self, name: str, function: Callable[[], Any]) -> Any:
        if self._overdue or self.gone:
            raise StorageUnavailable(LOST)
        job = _Job(name, function, self._world.create_future())
        job.timer = self._world.call_later(TIMEOUT_SECONDS, self._give_up, job)
        self._jobs.append(job)
        self._next()
        return await job.future

    def _next(self) -> None:
        if self._current is None and self._jobs:
            self._current = job = self._jobs.popleft()
            job.begun = True
            fault = self._store.faults.popleft() if self._store.faults else ""
            delay = self._random.choice((0.001, 0.002, 0.005, 0.05, 0.3))
            if fault.startswith("hang"):
                delay = TIMEOUT_SECONDS + self._random.choice(
                    (self._random.uniform(0, 0.06), self._random.uniform(0.1, 10))
                )
            self._world.call_later(delay, self._do, job, fault)

    def _do(self, job: _Job, fault: str) -> None:
        self._world.tell("store:", job.name, fault)
        if fault == "crash_before":
            self._crash()
            return
        result: Any = None
        error: Exception | None = None
        if fault in ("refuse", "hang_lost"):
            error = StorageUnavailable(LOST)
        else:
            try:
                result = job.function()
            except Exception as raised:
                error = raised
        if fault == "forget":
            error = StorageUnavailable(LOST)
        if fault == "crash_after":
            self._crash()
            return
        if fault == "crash_told":
            self._crash_in(self._random.randint(0, 12))
        # The way back takes its time, too: the server may die on it.
        self._world.call_soon(self._settle, job, result, error)

    def _crash_in(self, turns: int) -> None:
        if turns:
            self._world.call_soon(self._crash_in, turns - 1)
        else:
            self._crash()

    def _settle(self, job: _Job, result: Any, error: Exception | None) -> None:
        self._current, self._overdue = None, False
        if job.timer is not None:
            job.timer.cancel()
        if not job.future.done():
            if error is None:
                job.future.set_result(result)
            else:
                job.future.set_exception(error)
        self._next()

    def _give_up(self, job: _Job) -> None:
        if job.begun:
            self._overdue = True
        else:
            self._jobs.remove(job)
        if not job.future.done():
            job.future.set_exception(StorageUnavailable(LOST))
