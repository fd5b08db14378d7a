from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import sqlite3
import weakref
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import Connection

from collab.errors import CollabError, StorageUnavailable
from collab.storage import (
    Append,
    Committer,
    Conflict,
    Database,
    DatabaseStore,
    DocumentRecord,
    OperationRecord,
    Store,
)
from tests.storeoverrides import StoreOverrides

from .edits import append, operation


class Watched(DatabaseStore):
    """The store, and what was given to each of its transactions."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.overrides = Batches(self)
        self.batches = self.overrides.batches
        self.names = self.overrides.names


class Batches(StoreOverrides):
    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self.batches: list[list[tuple[str, int]]] = []
        self.names: dict[int, str] = {}

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        self.batches.append([(self.names[each.key], len(each.operations)) for each in batch])
        stored: list[list[int]] = await self.real.append(batch)
        return stored


class Tail:
    """The operations that one document has waiting, and what came of them."""

    def __init__(self, document: DocumentRecord) -> None:
        self.document = document
        self.head = document.version
        self.waiting: list[OperationRecord] = []
        self.writing = 0
        self.outcomes: list[int | CollabError] = []
        self.turned = asyncio.Event()

    def add(self, count: int = 1) -> Tail:
        newest = self.head + len(self.waiting)
        self.waiting += [operation(newest + 1 + index) for index in range(count)]
        return self

    def next_append(self, limit: int) -> Append | None:
        assert self.writing == 0, "asked again while being written"
        taken = tuple(self.waiting[:limit])
        self.writing = len(taken)
        self.turned.set()
        return Append(self.document.key, self.document.epoch, self.head, taken) if taken else None

    def committed(self, append: Append, checksums: Sequence[int]) -> None:
        assert len(checksums) == len(append.operations)
        del self.waiting[: self.writing]
        self.head += self.writing
        self._settle(self.head)

    def failed(self, append: Append, error: CollabError) -> None:
        self.waiting.clear()
        self._settle(error)

    def _settle(self, outcome: int | CollabError) -> None:
        self.writing = 0
        self.outcomes.append(outcome)
        self.turned.set()

    async def being_written(self) -> None:
        while not self.writing:
            await self._turn()

    async def settled(self) -> None:
        while not self.outcomes:
            await self._turn()

    async def _turn(self) -> None:
        self.turned.clear()
        await self.turned.wait()


@pytest.fixture
def watched(database: Database) -> Watched:
    return Watched(database)


@pytest.fixture
async def tails(watched: Watched) -> list[Tail]:
    documents = [await watched.catalog.create_document(name, "text") for name in "abc"]
    watched.names.update({document.key: document.doc_id for document in documents})
    return [Tail(document) for document in documents]


@pytest.fixture
async def committer(watched: Watched) -> AsyncIterator[Committer]:
    committer = Committer(watched, 10)
    yield committer
    await committer.close()


@contextlib.contextmanager
def lock(tmp_path: Path) -> Iterator[None]:
    """Hold the database's write lock, as another program would."""
    with contextlib.closing(
        sqlite3.connect(tmp_path / "documents.db", isolation_level=None)
    ) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("COMMIT")


async def stored(store: Store, tail: Tail) -> list[int]:
    found = await store.operations.read(tail.document.key, 0, 1000)
    return [record.version for record in found]


async def test_what_waits_in_all_documents_is_one_transaction(
    watched: Watched, committer: Committer, tails: list[Tail]
) -> None:
    for tail, count in zip(tails, (1, 2, 3), strict=True):
        committer.notify(tail.add(count))
    await committer.start()
    await committer.close()
    assert watched.batches == [[("a", 1), ("b", 2), ("c", 3)]]
    assert [tail.outcomes for tail in tails] == [[1], [2], [3]]
    assert [await stored(watched, tail) for tail in tails] == [[1], [1, 2], [1, 2, 3]]


async def test_the_next_transaction_forms_while_one_is_written(
    watched: Watched, committer: Committer, tails: list[Tail], tmp_path: Path
) -> None:
    first, second, _ = tails
    await committer.start()
    with lock(tmp_path):
        committer.notify(first.add())
        await first.being_written()
        for _ in range(5):
            committer.notify(first.add())
            committer.notify(second.add())
    await committer.close()
    assert watched.batches == [[("a", 1)], [("a", 5), ("b", 5)]]
    assert first.outcomes == [1, 6]
    assert second.outcomes == [5]


async def test_a_source_that_is_marked_often_is_asked_once(
    watched: Watched, committer: Committer, tails: list[Tail]
) -> None:
    tails[0].add()
    for _ in range(1000):
        committer.notify(tails[0])
    await committer.start()
    await committer.close()
    assert watched.batches == [[("a", 1)]]


async def test_sources_take_turns_when_there_is_more_than_fits(
    watched: Watched, committer: Committer, tails: list[Tail]
) -> None:
    for tail, count in zip(tails, (25, 4, 3), strict=True):
        committer.notify(tail.add(count))
    await committer.start()
    await committer.close()
    assert watched.batches == [[("a", 10)], [("b", 4), ("c", 3), ("a", 3)], [("a", 10)], [("a", 2)]]
    assert tails[0].outcomes == [10, 13, 23, 25]


async def test_nothing_is_held_of_a_source_that_was_committed(
    committer: Committer, tails: list[Tail]
) -> None:
    await committer.start()
    tail = Tail(tails[0].document).add()
    committer.notify(tail)
    while not tail.outcomes:
        tail.turned.clear()
        await tail.turned.wait()
    held = weakref.ref(tail)
    del tail
    # What told the outcome has its turn to end.
    await asyncio.sleep(0)
    gc.collect()
    assert held() is None
    await committer.close()


async def test_nothing_is_held_of_a_source_whose_commit_failed(
    database: Database, watched: Watched, tails: list[Tail], caplog: pytest.LogCaptureFixture
) -> None:
    # A record that is kept for the report would hold the error.
    caplog.set_level(logging.CRITICAL, "collab")
    committer = Committer(watched, 2000)
    await committer.start()
    await database.write(limit_pages, 1)
    tail = Tail(tails[0].document).add(1000)
    committer.notify(tail)
    await tail.settled()
    assert "the disk is full" in str(committer.failure)
    held = weakref.ref(tail)
    del tail
    # The thread has left the failed transaction by then.
    await database.write(limit_pages, 2**30)
    gc.collect()
    assert held() is None
    await committer.close()


async def test_a_source_with_nothing_to_commit_makes_no_transaction(
    watched: Watched, committer: Committer, tails: list[Tail]
) -> None:
    await committer.start()
    committer.notify(tails[0])
    committer.notify(tails[1].add())
    await committer.close()
    assert watched.batches == [[("b", 1)]]


async def test_a_commit_that_fails_is_told_to_all_and_the_next_goes_on(
    database: Database, watched: Watched, tails: list[Tail]
) -> None:
    committer = Committer(watched, 2000)
    await committer.start()
    await database.write(limit_pages, 1)
    for tail in tails[:2]:
        committer.notify(tail.add(1000))
    await tails[0].settled()
    await tails[1].settled()
    for tail in tails[:2]:
        (error,) = tail.outcomes
        assert isinstance(error, StorageUnavailable)
        assert "the disk is full" in str(error)
        assert await stored(watched, tail) == []
    await database.write(limit_pages, 2**30)
    committer.notify(tails[0].add(2))
    await committer.close()
    assert tails[0].outcomes[1:] == [2]


def limit_pages(connection: Connection, pages: int) -> None:
    """SQLite's own limit: beyond it the database is full (never below its present size)."""
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


async def test_a_locked_database_fails_the_commit_in_time(
    committer: Committer, tails: list[Tail], tmp_path: Path
) -> None:
    await committer.start()
    with lock(tmp_path):
        committer.notify(tails[0].add())
        await tails[0].settled()
    committer.notify(tails[0].add())
    await committer.close()
    error, version = tails[0].outcomes
    assert "locked by another program" in str(error)
    assert version == 1


async def test_one_conflict_among_many_is_told_to_its_source_alone(
    watched: Watched, committer: Committer, tails: list[Tail]
) -> None:
    assert await watched.overrides.real.append([append(tails[1].document, 0)])
    for tail in tails:
        committer.notify(tail.add(2))
    await committer.start()
    await committer.close()
    assert tails[0].outcomes == tails[2].outcomes == [2]
    (error,) = tails[1].outcomes
    assert isinstance(error, Conflict)
    assert "no longer at version 0" in str(error)
    assert await stored(watched, tails[1]) == [1]


class Clumsy(Tail):
    """Raises wherever it is asked to."""

    def __init__(self, document: DocumentRecord, clumsy_at: str) -> None:
        super().__init__(document)
        self.clumsy_at = clumsy_at

    def next_append(self, limit: int) -> Append | None:
        self._stumble("take")
        return super().next_append(limit)

    def committed(self, append: Append, checksums: Sequence[int]) -> None:
        super().committed(append, checksums)
        self._stumble("committed")

    def failed(self, append: Append, error: CollabError) -> None:
        super().failed(append, error)
        self._stumble("failed")

    def _stumble(self, at: str) -> None:
        if at == self.clumsy_at:
            raise LookupError(f"on purpose in {at}")


@pytest.mark.parametrize("clumsy_at", ["take", "committed", "failed"])
async def test_a_source_that_raises_keeps_nothing_from_the_others(
    watched: Watched,
    committer: Committer,
    tails: list[Tail],
    clumsy_at: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    clumsy = Clumsy(tails[0].document, clumsy_at)
    if clumsy_at == "failed":
        await watched.overrides.real.append([append(clumsy.document, 0)])
    await committer.start()
    for source in (clumsy, tails[1]):
        committer.notify(source.add())
    await tails[1].settled()
    committer.notify(tails[2].add())
    await committer.close()
    assert tails[1].outcomes == tails[2].outcomes == [1]
    (record,) = [each for each in caplog.records if each.levelno == logging.ERROR]
    assert f"on purpose in {clumsy_at}" in caplog.text
    assert record.exc_info is not None


async def test_a_broken_append_is_refused_and_the_others_are_stored(
    committer: Committer, tails: list[Tail]
) -> None:
    tails[0].waiting = [operation(7)]
    for tail in tails:
        committer.notify(tail)
    tails[1].add()
    await committer.start()
    await committer.close()
    assert isinstance(tails[0].outcomes[0], Conflict)
    assert tails[1].outcomes == [1]


async def test_closing_commits_what_waits(
    watched: Watched, committer: Committer, tails: list[Tail]
) -> None:
    await committer.start()
    committer.notify(tails[0].add(25))
    await asyncio.gather(committer.close(), committer.close(), committer.close())
    assert tails[0].outcomes == [10, 20, 25]
    assert await stored(watched, tails[0]) == list(range(1, 26))
    await committer.close()


async def test_under_load_a_commit_waits_for_those_whose_edits_were_just_committed(
    watched: Watched, tails: list[Tail]
) -> None:
    committer = Committer(watched, 1000, delay_seconds=3600)
    tail = tails[0]
    await committer.start()
    for _ in range(12):
        committer.notify(tail.add())
    await tail.settled()
    for _ in range(12):
        assert len(watched.batches) == 1
        committer.notify(tail.add())
        await asyncio.sleep(0)
    while len(tail.outcomes) < 2:
        await tail._turn()
    committer.notify(tail.add())
    await committer.close()
    assert watched.batches == [[("a", 12)], [("a", 12)], [("a", 1)]]


async def test_closing_awaits_the_write_in_flight_and_what_came_meanwhile(
    committer: Committer, tails: list[Tail], tmp_path: Path
) -> None:
    await committer.start()
    with lock(tmp_path):
        committer.notify(tails[0].add())
        await tails[0].being_written()
        closing = asyncio.ensure_future(committer.close())
        await asyncio.sleep(0)
        committer.notify(tails[0].add())
        assert not closing.done()
    await closing
    assert tails[0].outcomes == [1, 2]


async def test_a_close_that_is_cancelled_does_not_cancel_the_commit(
    committer: Committer, tails: list[Tail], tmp_path: Path
) -> None:
    await committer.start()
    with lock(tmp_path):
        committer.notify(tails[0].add())
        await tails[0].being_written()
        closing = asyncio.ensure_future(committer.close())
        await asyncio.sleep(0)
        closing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await closing
    await committer.close()
    assert tails[0].outcomes == [1]


async def test_after_closing_nobody_listens_until_it_is_started_again(
    watched: Watched, committer: Committer, tails: list[Tail]
) -> None:
    await committer.start()
    await committer.start()
    await committer.close()
    committer.notify(tails[0].add())
    await committer.start()
    committer.notify(tails[1].add())
    await committer.close()
    assert watched.batches == [[("b", 1)]]


async def test_a_loop_that_ends_ends_the_committer_and_the_transaction_is_whole(
    watched: Watched, committer: Committer, tails: list[Tail], tmp_path: Path
) -> None:
    await committer.start()
    with lock(tmp_path):
        committer.notify(tails[0].add(3))
        await tails[0].being_written()
        (task,) = [each for each in asyncio.all_tasks() if each.get_name() == "collab committer"]
        task.cancel()
        await asyncio.wait([task])
    await committer.close()
    await watched.ping()
    assert tails[0].outcomes == []
    assert await stored(watched, tails[0]) == [1, 2, 3]
