"""What it takes to open a document, read in one transaction."""

from __future__ import annotations

from pathlib import Path

import pytest

from collab.errors import DocumentDamaged
from collab.storage import ClientRecord, DocumentRecord, Opening, SnapshotRecord, Store
from tests.damage import damage, flip

from .edits import append, as_given, operation


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


async def test_a_document_that_is_not_there_is_none(store: Store) -> None:
    assert await store.catalog.open_document("nothing", "ada", limit=10) is None


async def test_a_new_document_has_neither_snapshot_nor_operations(
    store: Store, document: DocumentRecord
) -> None:
    assert await store.catalog.open_document("plan", "ada", limit=10) == Opening(document, None, [])


async def test_the_snapshot_comes_with_the_operations_after_it_and_the_editor(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 5)])
    await store.snapshots.add(document.key, 3, '"three"')
    opening = await store.catalog.open_document("plan", "ada", limit=10)
    assert opening is not None
    assert opening.record == await store.catalog.find_document("plan")
    assert opening.snapshot == SnapshotRecord(3, '"three"')
    assert as_given(opening.operations) == [operation(4), operation(5)]
    assert opening.client == ClientRecord("ada", "user of ada", 5, 5)


async def test_an_editor_is_looked_for_only_where_one_is_named(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 2)])
    for client_id in (None, "bob"):
        opening = await store.catalog.open_document("plan", client_id, limit=10)
        assert opening is not None
        assert opening.client is None


async def test_of_many_operations_the_first_come(store: Store, document: DocumentRecord) -> None:
    await store.operations.append([append(document, 0, 5)])
    opening = await store.catalog.open_document("plan", limit=3)
    assert opening is not None
    assert [each.version for each in opening.operations] == [1, 2, 3]
    assert opening.record.version == 5


async def test_a_damaged_snapshot_is_set_aside_and_the_operations_begin_with_the_one_before(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    await store.operations.append([append(document, 0, 5)])
    await store.snapshots.add(document.key, 2, '"two"')
    await store.snapshots.add(document.key, 4, '"four"')
    flip(file, "snapshots", "content", 4, 2)
    opening = await store.catalog.open_document("plan", limit=10)
    assert opening is not None
    assert opening.snapshot == SnapshotRecord(2, '"two"')
    assert [each.version for each in opening.operations] == [3, 4, 5]
    assert await store.snapshots.latest(document.key) == SnapshotRecord(2, '"two"')


async def test_damaged_operations_are_found(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    await store.operations.append([append(document, 0, 5)])
    await store.snapshots.add(document.key, 3, '"three"')
    damage(file, "UPDATE operations SET user_id = 'eve' WHERE version = 4")
    with pytest.raises(DocumentDamaged, match="operation 4"):
        await store.catalog.open_document("plan", limit=10)
