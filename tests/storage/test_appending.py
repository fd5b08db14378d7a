"""An append to SQLite is one transaction, however many statements it takes."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text

from collab.storage import Database, DocumentRecord, Store

from .edits import append, as_given, operation, stores


async def versions(store: Store, document: DocumentRecord) -> list[int]:
    records = await store.operations.read(document.key, 0, 10_000)
    return [record.version for record in records]


@pytest.mark.parametrize("count", [1, 2, 31, 32, 33, 64, 65, 113, 600])
async def test_any_number_of_operations_is_stored(
    store: Store, document: DocumentRecord, count: int
) -> None:
    assert await stores(store, [append(document, 0, count)]) == [True]
    # Reading them compares the checksums of all, and the document's.
    found = await store.operations.read(document.key, 0, count)
    assert as_given(found) == [operation(version) for version in range(1, count + 1)]
    stored = await store.catalog.find_document("plan")
    assert stored is not None
    assert (stored.version, stored.updated_at) == (count, operation(count).created_at)
    assert await stores(store, [append(document, count, 2)]) == [True]


@pytest.mark.parametrize("count", [2, 300])
async def test_a_document_that_is_elsewhere_keeps_only_its_own_operations_out(
    store: Store, count: int
) -> None:
    documents = [
        await store.catalog.create_document(f"doc-{number}", "text") for number in range(3)
    ]
    assert await stores(store, [append(documents[2], 0)]) == [True]
    batch = [append(each, 0, count) for each in documents]
    assert await stores(store, batch) == [True, True, False]
    assert await versions(store, documents[0]) == list(range(1, count + 1))
    assert await versions(store, documents[2]) == [1]


async def test_of_a_transaction_that_is_refused_at_its_end_nothing_stays(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    def refuse(connection: Connection) -> None:
        connection.execute(
            text(
                "CREATE TRIGGER refuse BEFORE INSERT ON operations WHEN new.version = 300 "
                "BEGIN SELECT RAISE(FAIL, 'no'); END"
            )
        )

    await database.write(refuse)
    assert await stores(store, [append(document, 0, 300)]) == [False]
    assert await versions(store, document) == []
    assert await stores(store, [append(document, 0, 299)]) == [True]
