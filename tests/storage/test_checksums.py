"""The chain of checksums: right after whatever may happen to a commit."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs
from sqlalchemy import Connection, text

from collab.errors import StorageUnavailable
from collab.storage import Append, Database, DatabaseStore, DocumentRecord, OperationRecord, Store
from collab.storage.checksum_cache import ChecksumCache
from collab.storage.checksums import chain, operation_checksum, snapshot_checksum

from .edits import append, line_of, operation, program, stores, tell
from .test_faults import LOCK


def stored(connection: Connection, key: int) -> tuple[list[Any], Any]:
    """The checksums of a document's operations, and the one of its head."""
    rows = connection.execute(
        text("SELECT checksum FROM operations WHERE document_id = :key ORDER BY version"),
        {"key": key},
    )
    head = connection.execute(text("SELECT checksum FROM documents WHERE id = :key"), {"key": key})
    return list(rows.scalars()), head.scalar_one()


async def check_chain(database: Database, document: DocumentRecord, length: int) -> None:
    expected = chain(None, document.key, [operation(number + 1) for number in range(length)])
    assert await database.read(stored, document.key) == (expected, (expected or [None])[-1])


@pytest.mark.parametrize("field", [each.name for each in structs.fields(OperationRecord)][:-2])
def test_a_checksum_covers_whatever_matters_of_an_operation(field: str) -> None:
    record = operation(7)
    value = getattr(record, field)
    changed = structs.replace(
        record, **{field: value + 1 if isinstance(value, int) else f"{value}x"}
    )
    assert operation_checksum(1, 2, record) != operation_checksum(1, 2, changed)


def test_a_checksum_covers_the_one_before_it_or_the_document() -> None:
    record = operation(7)
    assert operation_checksum(1, 2, record) == operation_checksum(1, 3, record)
    assert operation_checksum(1, 2, record) != operation_checksum(2, 2, record)
    assert operation_checksum(None, 2, record) != operation_checksum(None, 3, record)


def test_a_snapshot_s_covers_document_version_and_content() -> None:
    others = [(2, 10, b"x"), (1, 11, b"x"), (1, 10, b"y"), (11, 0, b"x")]
    sums = {snapshot_checksum(*each) for each in [(1, 10, b"x"), *others]}
    assert len(sums) == 5
    assert all(-(2**63) <= each < 2**63 for each in sums)


async def test_operations_are_a_chain_over_all_their_commits(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    other = await store.catalog.create_document("other", "text")
    for version in (0, 3, 6):
        await store.operations.append([append(document, version, 3), append(other, version, 3)])
    await check_chain(database, document, 9)
    await check_chain(database, other, 9)


async def test_a_program_that_starts_anew_goes_on_with_the_chain(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 3)])
    assert await stores(DatabaseStore(database), [append(document, 3, 2)]) == [True]
    await check_chain(database, document, 5)


async def test_two_programs_make_one_chain(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    other = DatabaseStore(database)
    for version in range(0, 12, 2):
        assert await stores(store, [append(document, version)]) == [True]
        assert await stores(store, [append(document, version)]) == [False]
        assert await stores(other, [append(document, version + 1)]) == [True]
        assert await stores(other, [append(document, version + 5)]) == [False]
    await check_chain(database, document, 12)


async def test_after_a_commit_that_failed_the_chain_goes_on_from_what_is_stored(
    database: Database, store: Store, document: DocumentRecord, tmp_path: Path
) -> None:
    await store.operations.append([append(document, 0, 2)])
    async with program("-c", LOCK, str(tmp_path / "documents.db")) as other:
        await line_of(other)
        with pytest.raises(StorageUnavailable, match="locked"):
            await store.operations.append([append(document, 2)])
        await tell(other, "let go")
        await line_of(other)
    # Somebody else uses that version for another operation.
    theirs = structs.replace(operation(3), client_id="them")
    elsewhere = Append(document.key, document.epoch, 2, (theirs,))
    assert await stores(DatabaseStore(database), [elsewhere]) == [True]
    assert await stores(store, [append(document, 3)]) == [True]
    expected = chain(None, document.key, [operation(1), operation(2), theirs, operation(4)])
    assert await database.read(stored, document.key) == (expected, expected[-1])


async def test_after_a_commit_of_unknown_outcome_the_chain_goes_on_from_what_is_stored(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 2)])
    waiting = asyncio.create_task(store.operations.append([append(document, 2, 3)]))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert await stores(store, [append(document, 5, 2)]) == [True]
    await check_chain(database, document, 7)


async def test_an_append_on_a_chain_that_was_written_anew_misses_once(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 2)])
    await database.write(
        lambda connection: connection.execute(text("UPDATE documents SET checksum = 17"))
    )
    assert await stores(store, [append(document, 2)]) == [False]
    assert await stores(store, [append(document, 2)]) == [True]
    sums, head = await database.read(stored, document.key)
    assert sums[-1] == head == operation_checksum(17, document.key, operation(3))


async def test_a_chain_begins_where_rows_of_before_have_no_checksum(
    database: Database, document: DocumentRecord
) -> None:
    await DatabaseStore(database).operations.append([append(document, 0, 2)])
    for table in ("documents", "operations"):
        await database.write(
            lambda connection, table=table: connection.execute(
                text(f"UPDATE {table} SET checksum = NULL")
            )
        )
    await DatabaseStore(database).operations.append([append(document, 2, 2)])
    expected = chain(None, document.key, [operation(3), operation(4)])
    assert await database.read(stored, document.key) == ([None, None, *expected], expected[-1])


def test_what_is_known_of_chains_has_a_bound_and_is_used_once() -> None:
    heads = ChecksumCache(maximum=2)
    appends = [Append(key, "epoch", 0, (operation(1),)) for key in range(3)]
    for number, each in enumerate(appends):
        heads.put(each, number)
    assert len(heads) == 2
    following = [replace(each, version=1) for each in appends]
    assert heads.pop(following) == {1: 1, 2: 2}
    assert heads.pop(following) == {}
