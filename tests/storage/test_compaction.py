"""The beginning of a log goes; what is needed to apply every edit once stays."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest
from msgspec import structs

from collab.storage import (
    Append,
    ClientRecord,
    Database,
    DatabaseStore,
    DocumentRecord,
    Store,
    compacted_edits,
    compaction,
)
from collab.storage.checksums import chain
from collab.storage.compaction import Droppable
from tests.damage import damage, rows

from .edits import CREATED_AT, append, as_given, operation, stores


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "documents.db"


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compaction, "PART_OPERATIONS", 7)
    monkeypatch.setattr(compacted_edits, "EDITS_PER_ROW", 5)


async def store_edits(store: Store, document: DocumentRecord, count: int) -> list[tuple]:
    """Edits of three clients, one after the other in no order; who made them."""
    draw = random.Random(4)
    last = {"ann": 0, "bob": 0, "eve": 0}
    records = []
    for version in range(1, count + 1):
        client = draw.choice(list(last))
        last[client] += 1
        records.append(operation(version, client, last[client]))
    await store.operations.append([Append(document.key, document.epoch, 0, tuple(records))])
    return [(each.client_id, each.client_edit_id) for each in records]


@pytest.mark.usefixtures("in_parts")
@pytest.mark.parametrize("steps", [(40,), (1, 2, 3, 20, 33, 40), (8, 39)])
async def test_edits_are_known_after_they_are_compacted(
    store: Store, document: DocumentRecord, steps: tuple[int, ...]
) -> None:
    edits = await store_edits(store, document, 40)
    key = document.key
    clients = {
        client: await store.operations.find_client(key, client) for client in ("ann", "bob", "eve")
    }
    found = {each: await store.operations.find_edit(key, *each) for each in edits}
    for version in steps:
        assert await store.operations.compact(key, document.epoch, version, '"text"')
    for client, record in clients.items():
        assert await store.operations.find_client(key, client) == record
    for edit, before in found.items():
        after = await store.operations.find_edit(key, *edit)
        assert before is not None
        if before.version > steps[-1]:
            assert after == before
        else:
            assert after == structs.replace(before, operation="null", created_at=0.0, checksum=None)
    assert await store.operations.find_edit(key, "ann", 0) is None
    assert await store.operations.find_edit(key, "ann", 41) is None
    assert await store.operations.find_edit(key, "dan", 1) is None
    assert await store.operations.find_client(key, "dan") is None


async def test_a_client_is_known_by_who_used_it_first_though_that_is_compacted(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 4)])
    await store.operations.compact(document.key, document.epoch, 2, '"text"')
    assert await store.operations.find_client(document.key, "ada") == ClientRecord(
        "ada", "user of ada", 4, 4
    )


@pytest.mark.usefixtures("in_parts")
async def test_the_log_goes_on_where_it_was_cut(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    await store.operations.append([append(document, 0, 30)])
    await store.snapshots.add(document.key, 5, '"old"')
    await store.snapshots.add(document.key, 28, '"new"')
    assert await store.operations.compact(document.key, document.epoch, 20, '"twenty"')
    compacted = await store.catalog.find_document("plan")
    assert compacted is not None
    assert (compacted.version, compacted.compacted_version) == (30, 20)
    assert await store.operations.read(document.key, 19, 100) == []
    kept = await store.operations.read(document.key, 20, 100)
    assert as_given(kept) == [operation(version) for version in range(21, 31)]
    assert rows(file, "SELECT version, content FROM snapshots ORDER BY version") == [
        (20, b'"twenty"'),
        (28, b'"new"'),
    ]
    assert await stores(store, [append(document, 30, 5)]) == [True]
    whole = chain(None, document.key, [operation(version) for version in range(1, 36)])
    assert rows(file, "SELECT checksum, compacted_checksum FROM documents") == [
        (whole[34], whole[19])
    ]
    assert len(await store.operations.read(document.key, 20, 100)) == 15


async def test_a_whole_log_may_go_and_the_chain_goes_on(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 3)])
    assert await store.operations.compact(document.key, document.epoch, 3, '"text"')
    assert await store.operations.read(document.key, 3, 100) == []
    assert await stores(store, [append(document, 3, 2)]) == [True]
    kept = await store.operations.read(document.key, 3, 100)
    assert as_given(kept) == [operation(4), operation(5)]


async def test_a_document_that_is_gone_or_another_is_not_compacted(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 3)])
    assert not await store.operations.compact(document.key, "another", 3, '"text"')
    assert not await store.operations.compact(document.key, document.epoch, 4, '"text"')
    assert len(await store.operations.read(document.key, 0, 100)) == 3


@pytest.mark.usefixtures("in_parts")
async def test_appends_and_snapshots_go_on_between_the_parts(
    database: Database, document: DocumentRecord
) -> None:
    store = DatabaseStore(database, snapshots_kept=1)
    await store.operations.append([append(document, 0, 100)])

    async def edit() -> None:
        for version in range(100, 120):
            assert await stores(store, [append(document, version)]) == [True]
            await store.snapshots.add(document.key, version + 1, '"newer"')

    compacting = store.operations.compact(document.key, document.epoch, 100, '"hundred"')
    await asyncio.gather(compacting, edit())
    kept = await store.operations.read(document.key, 100, 100)
    assert as_given(kept) == [operation(version) for version in range(101, 121)]
    begin = await store.snapshots.latest(document.key, 100)
    assert begin is not None
    assert (begin.version, begin.content) == (100, '"hundred"')


@pytest.mark.parametrize(
    ("keep_operations", "keep_after", "version"),
    [
        (10, None, 20),
        (0, None, 30),
        (30, None, None),
        (31, None, None),
        (None, 26, 25),
        (None, 1, None),
        (None, 99, 30),
        (10, 26, 20),
        (10, 16, 15),
    ],
)
async def test_what_may_go_is_neither_young_nor_among_the_newest(
    store: Store,
    document: DocumentRecord,
    keep_operations: int | None,
    keep_after: float | None,
    version: int | None,
) -> None:
    await store.operations.append([append(document, 0, 30)])
    since = None if keep_after is None else CREATED_AT + keep_after
    found = await store.operations.droppable(document.key, keep_operations, since)
    if version is None:
        assert found is None
    else:
        assert found == Droppable(
            version, version, sum(len(operation(each + 1).operation) for each in range(version))
        )


async def test_what_is_compacted_already_does_not_count_again(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 30)])
    await store.operations.compact(document.key, document.epoch, 20, '"text"')
    assert await store.operations.droppable(document.key, 10, None) is None
    found = await store.operations.droppable(document.key, 5, None)
    assert found is not None
    assert (found.version, found.operations) == (25, 5)


async def test_damaged_identities_are_counted(
    database: Database, store: Store, document: DocumentRecord, file: Path
) -> None:
    await store_edits(store, document, 20)
    await store.operations.compact(document.key, document.epoch, 20, '"text"')
    count = compacted_edits.count_damaged_identities
    assert await database.read(count, document.key) == 0
    damage(file, "UPDATE identities SET edits = zeroblob(length(edits)) WHERE client_id = 'bob'")
    assert await database.read(count, document.key) == 1
    damage(file, "UPDATE identities SET last_version = last_version + 1 WHERE client_id = 'eve'")
    assert await database.read(count, document.key) == 2
