"""A database server in the place of SQLite: the real PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import Connection, text

from collab.errors import StorageUnavailable
from collab.storage import Database, DatabaseStore, DocumentRecord, Store

from .edits import append, as_given, operation, stores


@pytest.fixture
async def database(postgresql_url: str) -> AsyncIterator[Database]:
    database = Database(postgresql_url, timeout_seconds=5)
    await database.open(upgrade=True)
    yield database
    await database.close()


def versions(connection: Connection) -> list[int]:
    return list(connection.scalars(text("SELECT version FROM documents ORDER BY id")))


async def test_what_is_appended_is_read_as_it_was(store: Store, document: DocumentRecord) -> None:
    assert await stores(store, [append(document, 0, 300)]) == [True]
    assert await stores(store, [append(document, 300, 1)]) == [True]
    found = await store.operations.read(document.key, 0, 1000)
    assert as_given(found) == [operation(version) for version in range(1, 302)]
    await store.snapshots.add(document.key, 301, '"text"')
    opening = await store.catalog.open_document("plan", "ada", limit=10)
    assert opening is not None
    assert opening.snapshot is not None
    assert (opening.record.version, opening.snapshot.version, opening.operations) == (301, 301, [])
    assert opening.client == await store.operations.find_client(document.key, "ada")
    assert await store.operations.holds_edit(document.key, "ada", 301)


async def test_a_document_that_is_elsewhere_keeps_only_its_own_operations_out(
    store: Store,
) -> None:
    documents = [
        await store.catalog.create_document(f"doc-{number}", "text") for number in range(3)
    ]
    assert await stores(store, [append(documents[1], 0)]) == [True]
    assert await stores(store, [append(each, 0, 2) for each in documents]) == [
        True,
        False,
        True,
    ]


async def test_of_two_programs_at_the_same_version_one_appends(
    postgresql_url: str, database: Database, store: Store, document: DocumentRecord
) -> None:
    other = Database(postgresql_url, timeout_seconds=5)
    await other.open()
    try:
        for version in range(20):
            stored = await asyncio.gather(
                stores(store, [append(document, version)]),
                stores(DatabaseStore(other), [append(document, version)]),
            )
            assert sorted(stored) == [[False], [True]]
    finally:
        await other.close()
    assert await database.read(versions) == [20]


async def test_a_transaction_that_reads_sees_one_state(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    def read_twice(connection: Connection) -> tuple[list[int], list[int]]:
        before = versions(connection)
        writing = asyncio.ensure_future(store.operations.append([append(document, 0)]))
        # The event loop goes on while a statement is waited for.
        while not writing.done():
            connection.execute(text("SELECT pg_sleep(0.005)"))
        assert all(writing.result())
        return before, versions(connection)

    assert await database.read(read_twice) == ([0], [0])
    assert await database.read(versions) == [1]


async def test_a_connection_that_is_cut_is_told_and_made_anew(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    def end_myself(connection: Connection) -> None:
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StorageUnavailable, match="can't be reached"):
        await database.write(end_myself)
    assert await stores(store, [append(document, 0)]) == [True]


async def test_what_hangs_is_told_and_broken_off_when_the_database_is_closed(
    postgresql_url: str, database: Database, store: Store, document: DocumentRecord
) -> None:
    held = asyncio.Event()
    release = asyncio.Event()

    def lock(connection: Connection) -> None:
        connection.execute(text("LOCK documents"))
        held.set()
        while not release.is_set():
            connection.execute(text("SELECT pg_sleep(0.01)"))

    hasty = Database(postgresql_url, timeout_seconds=0.5)
    await hasty.open()
    holding = asyncio.ensure_future(database.write(lock))
    await held.wait()
    with pytest.raises(StorageUnavailable, match="has not answered"):
        await DatabaseStore(hasty).operations.append([append(document, 0)])
    # What it leaves open would be warned of.
    await hasty.close()
    release.set()
    await holding
    assert await stores(store, [append(document, 0)]) == [True]
