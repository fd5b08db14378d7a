"""What is read back is what was stored, or it is said that it isn't."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
from sqlalchemy import Connection, text

from collab.errors import DocumentDamaged, StorageUnavailable
from collab.storage import Database, DatabaseStore, DocumentRecord, SnapshotRecord, Store
from collab.storage.snapshots import DAMAGED_KEPT
from tests.damage import damage, flip, rows

from .edits import append, stores


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


async def snapshot_versions(database: Database) -> list[int]:
    def read(connection: Connection) -> list[int]:
        query = text("SELECT version FROM snapshots ORDER BY version")
        return list(connection.execute(query).scalars())

    return await database.read(read)


# -- snapshots ----------------------------------------------------------------------------------


@pytest.mark.parametrize("bit", [0, 7], ids=["another text", "no text"])
@pytest.mark.parametrize("checksum", ["kept", "none"])
async def test_a_damaged_snapshot_is_set_aside_for_the_one_before_it(
    store: Store,
    document: DocumentRecord,
    file: Path,
    bit: int,
    checksum: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await store.snapshots.add(document.key, 10, '"ten"')
    await store.snapshots.add(document.key, 20, '"twenty"')
    if checksum == "none":
        damage(file, "UPDATE snapshots SET checksum = NULL")
    # Its quotation mark, so that it isn't JSON either.
    flip(file, "snapshots", "content", 20, 0, bit)
    with caplog.at_level(logging.ERROR):
        assert await store.snapshots.latest(document.key) == SnapshotRecord(10, '"ten"')
    assert "the snapshot of version 20 is damaged: it is set aside" in caplog.text
    kept = rows(file, "SELECT document_id, version, substr(content, 2) FROM damaged_snapshots")
    assert kept == [(document.key, 20, b'twenty"')]
    await store.snapshots.add(document.key, 20, '"anew"')
    assert await store.snapshots.latest(document.key) == SnapshotRecord(20, '"anew"')


async def test_a_snapshot_of_another_version_or_document_is_damaged(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    other = await store.catalog.create_document("other", "text")
    await store.snapshots.add(document.key, 10, '"ten"')
    await store.snapshots.add(other.key, 10, '"theirs"')
    damage(file, "UPDATE snapshots SET version = 11 WHERE document_id = ?", document.key)
    assert await store.snapshots.latest(document.key) is None
    damage(file, "UPDATE snapshots SET document_id = ?", document.key)
    assert await store.snapshots.latest(document.key) is None


async def test_where_nothing_can_be_written_a_damaged_snapshot_is_passed_over(
    store: Store,
    database: Database,
    document: DocumentRecord,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await store.snapshots.add(document.key, 10, '"ten"')
    await store.snapshots.add(document.key, 20, '"twenty"')
    flip(file, "snapshots", "content", 20, 3)
    await database.write(
        lambda connection: connection.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON damaged_snapshots "
            "BEGIN SELECT no_such_function(); END"
        )
    )
    assert await store.snapshots.latest(document.key) == SnapshotRecord(10, '"ten"')
    assert await snapshot_versions(database) == [10, 20]


async def test_of_damaged_snapshots_the_newest_few_are_kept(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    for version in range(1, DAMAGED_KEPT + 4):
        await store.snapshots.add(document.key, version, '"text"')
        flip(file, "snapshots", "content", version, 3)
        assert await store.snapshots.latest(document.key) is None
    kept = rows(file, "SELECT version FROM damaged_snapshots ORDER BY version")
    assert kept == [(version,) for version in range(4, DAMAGED_KEPT + 4)]


async def test_of_snapshots_the_newest_few_are_kept_and_the_one_that_the_log_begins_with(
    database: Database, document: DocumentRecord, file: Path
) -> None:
    store = DatabaseStore(database, snapshots_kept=3)
    damage(file, "UPDATE documents SET compacted_version = 10")
    other = await store.catalog.create_document("other", "text")
    await store.snapshots.add(other.key, 5, '"theirs"')
    for version in range(10, 80, 10):
        await store.snapshots.add(document.key, version, '"text"')
    assert await snapshot_versions(database) == [5, 10, 50, 60, 70]


# -- operations ---------------------------------------------------------------------------------

DAMAGES = {
    "a changed operation": ("UPDATE operations SET operation = '[]' WHERE version = 7", 7),
    "a changed author": ("UPDATE operations SET client_id = 'eve' WHERE version = 7", 7),
    "a missing operation": ("DELETE FROM operations WHERE version = 7", 7),
    "a missing checksum": ("UPDATE operations SET checksum = NULL WHERE version = 7", 7),
    "a changed checksum": ("UPDATE operations SET checksum = checksum + 1 WHERE version = 7", 7),
    "swapped operations": (
        "UPDATE operations SET operation = (SELECT other.operation FROM operations AS other "
        "WHERE other.version = 15 - operations.version) WHERE version IN (7, 8)",
        7,
    ),
    "a first one that is missing": ("DELETE FROM operations WHERE version = 1", 1),
}


@pytest.mark.parametrize(("statement", "version"), DAMAGES.values(), ids=DAMAGES.keys())
async def test_damaged_operations_are_not_read(
    store: Store, document: DocumentRecord, file: Path, statement: str, version: int
) -> None:
    await store.operations.append([append(document, 0, 10)])
    assert damage(file, statement)
    for after in range(version):
        with pytest.raises(DocumentDamaged, match=rf"operation {version} .*collab check"):
            await store.operations.read(document.key, after, 100)
    whole = await store.operations.read(document.key, 0, version - 1)
    assert [record.version for record in whole] == list(range(1, version))


async def test_text_that_is_none_is_damage_and_no_fault_of_the_database(
    store: Store, document: DocumentRecord, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await store.operations.append([append(document, 0, 10)])
    flip(file, "operations", "operation", 7, 3, bit=7)
    with pytest.raises(DocumentDamaged, match="no text; `collab check`"):
        await store.operations.read(document.key, 0, 100)
    assert "column 'operation'" in caplog.text
    assert "retain" not in caplog.text
    await store.ping()


async def test_rows_of_before_there_were_checksums_are_read(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    await store.operations.append([append(document, 0, 5)])
    damage(file, "UPDATE documents SET checksum = NULL")
    damage(file, "UPDATE operations SET checksum = NULL")
    assert await stores(store, [append(document, 5, 5)]) == [False]
    assert await stores(store, [append(document, 5, 5)]) == [True]
    for after in range(11):
        found = await store.operations.read(document.key, after, 100)
        assert [record.version for record in found] == list(range(after + 1, 11))
    damage(file, "DELETE FROM operations WHERE version = 3")
    with pytest.raises(DocumentDamaged, match="operation 3 is missing"):
        await store.operations.read(document.key, 0, 100)


async def test_operations_before_the_log_begins_are_none(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    await store.operations.append([append(document, 0, 10)])
    damage(
        file,
        "UPDATE documents SET compacted_version = 6, compacted_checksum = "
        "(SELECT checksum FROM operations WHERE version = 6)",
    )
    damage(file, "DELETE FROM operations WHERE version <= 6")
    assert await store.operations.read(document.key, 0, 100) == []
    assert await store.operations.read(document.key, 5, 100) == []
    found = await store.operations.read(document.key, 6, 2)
    assert [record.version for record in found] == [7, 8]


def test_what_is_damaged_is_not_tried_again() -> None:
    assert not DocumentDamaged.retry
    assert not issubclass(DocumentDamaged, StorageUnavailable)
