"""A database that does not answer in time: waited for no longer than was said."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection

from collab.errors import StorageUnavailable
from collab.storage import Database, DatabaseStore, DocumentRecord, Store

from .edits import append, program, stores

TOO_SLOW = r"it has not answered for 1 s; try again later"


@pytest.fixture
async def hasty(url: str, document: DocumentRecord) -> AsyncIterator[Database]:
    """Waits long for a lock, but not long for a transaction."""
    database = Database(url, busy_timeout_seconds=60, timeout_seconds=1)
    await database.open()
    yield database
    await database.close()


class Lock:
    """Another program's write lock: every write hangs while it is held."""

    def __init__(self, file: Path) -> None:
        self._other = sqlite3.connect(file, isolation_level=None)
        self._other.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        self._other.close()


@pytest.fixture
def lock(hasty: Database, tmp_path: Path) -> Iterator[Lock]:
    lock = Lock(tmp_path / "documents.db")
    yield lock
    lock.let_go()


def title(connection: Connection, text: str) -> None:
    connection.exec_driver_sql("UPDATE documents SET title = title || ?", (text,))


async def title_of(store: Store) -> str:
    found = await store.catalog.find_document("plan")
    assert found is not None
    return found.title


async def until_answered(database: Database) -> None:
    """A hanging transaction has come to its end."""
    while True:
        try:
            return await database.write(lambda connection: None)
        except StorageUnavailable:
            await asyncio.sleep(0)


async def test_what_hangs_may_be_stored_later_and_what_has_not_begun_is_not(
    hasty: Database, lock: Lock, store: Store
) -> None:
    outcomes = await asyncio.gather(
        *(hasty.write(title, f", {number}") for number in (1, 2, 3)), return_exceptions=True
    )
    for outcome in outcomes:
        assert isinstance(outcome, StorageUnavailable)
    with pytest.raises(StorageUnavailable, match=TOO_SLOW):
        raise outcomes[0]
    lock.let_go()
    await until_answered(hasty)
    assert await title_of(store) == "A plan, 1"


async def test_while_one_write_hangs_the_next_are_refused_and_reading_goes_on(
    hasty: Database, lock: Lock, document: DocumentRecord
) -> None:
    with pytest.raises(StorageUnavailable):
        await hasty.write(title, "late")
    refused = asyncio.ensure_future(hasty.write(title, "never"))
    # One turn to begin, one to be seen: nothing is waited for.
    await asyncio.sleep(0)
    assert refused.done()
    with pytest.raises(StorageUnavailable, match=TOO_SLOW):
        await refused
    assert await DatabaseStore(hasty).catalog.find_document("plan") == document


async def test_a_late_commit_is_a_conflict_to_who_took_it_for_lost(
    hasty: Database, lock: Lock, document: DocumentRecord, store: Store
) -> None:
    late = DatabaseStore(hasty)
    with pytest.raises(StorageUnavailable):
        await late.operations.append([append(document, 0, 2)])
    lock.let_go()
    await until_answered(hasty)
    assert await stores(late, [append(document, 0, 2)]) == [False]
    assert len(await store.operations.read(document.key, 0, 10)) == 2


async def test_closing_does_not_wait_for_what_hangs(
    hasty: Database, lock: Lock, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    before = set(threading.enumerate())
    write = asyncio.ensure_future(hasty.write(title, ", late"))
    await asyncio.sleep(0)
    await asyncio.gather(hasty.close(), hasty.close())
    with pytest.raises(StorageUnavailable):
        await write
    assert "closed while a transaction hung" in caplog.text
    with pytest.raises(StorageUnavailable, match="not open"):
        await hasty.write(title, "never")
    lock.let_go()
    for thread in set(threading.enumerate()) | before:
        if thread.name == "collab database" and thread not in before:
            thread.join()
    assert (await title_of(store)) in ("A plan", "A plan, late")


async def test_a_cancelled_caller_neither_loses_nor_doubles_its_commit(
    database: Database, document: DocumentRecord
) -> None:
    store = DatabaseStore(database)
    for version in range(20):
        appending = asyncio.ensure_future(store.operations.append([append(document, version)]))
        await asyncio.sleep(0)
        appending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await appending
    await store.ping()
    found = await store.operations.read(document.key, 0, 100)
    assert [record.version for record in found] == list(range(1, 21))


async def test_threads_begin_when_they_are_needed_and_end_with_the_database(url: str) -> None:
    others = set(threading.enumerate())

    def begun() -> int:
        return len(set(threading.enumerate()) - others)

    database = Database(url)
    await database.open()
    for _ in range(10):
        await database.read(lambda connection: None)
    assert begun() == 2
    barrier = threading.Barrier(4)
    await asyncio.gather(*(database.read(lambda connection: barrier.wait()) for _ in range(4)))
    assert begun() == 5
    await database.close()
    assert begun() == 0


async def test_a_connection_that_can_not_be_rolled_back_is_replaced(database: Database) -> None:
    def break_off(connection: Connection) -> None:
        raw: Any = connection.connection.driver_connection
        raw.close()
        raise LookupError("on purpose")

    with pytest.raises(StorageUnavailable):
        await database.write(break_off)
    await DatabaseStore(database).catalog.create_document("next", "text")


def test_a_loop_that_ends_before_the_answer_leaves_the_transaction_whole(url: str) -> None:
    database = Database(url)
    begun, go_on = threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        begun.set()
        go_on.wait()
        connection.exec_driver_sql(
            "INSERT INTO documents (doc_id, epoch, doc_type, version, created_at, updated_at) "
            "VALUES ('plan', 'e', 'text', 0, 0, 0)"
        )

    async def leave() -> None:
        await database.open()
        writing = asyncio.ensure_future(database.write(slow))
        await asyncio.to_thread(begun.wait)
        writing.cancel()

    async def come_back() -> bool:
        await database.close()
        await database.open()
        found = await DatabaseStore(database).catalog.find_document("plan")
        await database.close()
        return found is not None

    asyncio.run(leave())
    go_on.set()
    assert asyncio.run(come_back())


@pytest.mark.parametrize("driver", ["sqlite", "sqlite+aiosqlite"])
@pytest.mark.parametrize("how", ["locked", "writing", "reading"])
async def test_what_hangs_keeps_no_process_alive_once_the_database_is_closed(
    driver: str, how: str, tmp_path: Path
) -> None:
    url = f"{driver}:///{tmp_path}/hanging.db"
    async with program("-m", "tests.storage.hanging", url, how) as process:
        said, _ = await process.communicate()
    assert said.decode().splitlines()[-1] == "closed"
    assert "has not answered for 1 s" in said.decode()
    assert process.returncode == 0
