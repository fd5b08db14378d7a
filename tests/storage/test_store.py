"""What every database must do for us: one suite, run on each kind."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import replace

import pytest
from msgspec import structs
from sqlalchemy import Connection, text

from collab.errors import DocumentExists, InvalidRequest, NoSuchDocument, StorageUnavailable
from collab.storage import (
    Append,
    ClientRecord,
    Database,
    DatabaseStore,
    DocumentRecord,
    OperationRecord,
    SnapshotRecord,
    Spacing,
    Store,
)

from .conftest import every_kind
from .edits import append, as_given, operation, stores

pytestmark = every_kind


def count(connection: Connection, table: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


async def versions(store: Store, document: DocumentRecord) -> list[int]:
    return [record.version for record in await store.operations.read(document.key, 0, 1000)]


async def current(store: Store, document: DocumentRecord) -> DocumentRecord:
    found = await store.catalog.find_document(document.doc_id)
    assert found is not None
    return found


# -- documents ----------------------------------------------------------------------------------


async def test_a_document_is_found_as_it_was_created(store: Store) -> None:
    created = await store.catalog.create_document("notes", "richtext", "Ünïcødé 😀 'quoted'")
    assert await store.catalog.find_document("notes") == created
    assert (created.doc_id, created.doc_type, created.version) == ("notes", "richtext", 0)
    assert created.title == "Ünïcødé 😀 'quoted'"
    assert created.created_at == created.updated_at


async def test_an_unknown_document_is_not_found(store: Store) -> None:
    assert await store.catalog.find_document("nothing") is None


async def test_ids_differ_by_case(store: Store) -> None:
    lower = await store.catalog.create_document("plan", "text")
    upper = await store.catalog.create_document("PLAN", "text")
    assert lower.key != upper.key
    assert await store.catalog.find_document("PLAN") == upper


async def test_a_document_is_created_once(store: Store, document: DocumentRecord) -> None:
    with pytest.raises(DocumentExists, match="'plan'"):
        await store.catalog.create_document("plan", "text")
    assert await store.catalog.find_document("plan") == document


async def test_of_two_who_create_at_once_one_succeeds(store: Store) -> None:
    outcomes = await asyncio.gather(
        *(store.catalog.create_document("plan", "text") for _ in range(2)), return_exceptions=True
    )
    assert {type(outcome) for outcome in outcomes} == {DocumentRecord, DocumentExists}


async def test_a_new_title_counts_as_a_change_but_makes_no_version(
    store: Store, document: DocumentRecord
) -> None:
    renamed = await store.catalog.rename_document("plan", "A better plan")
    assert renamed == replace(document, title="A better plan", updated_at=renamed.updated_at)
    assert renamed.updated_at >= document.updated_at
    assert await store.catalog.find_document("plan") == renamed


async def test_what_is_not_there_can_be_neither_renamed_nor_deleted(
    store: Store,
) -> None:
    with pytest.raises(NoSuchDocument, match="'plan'"):
        await store.catalog.rename_document("plan", "title")
    with pytest.raises(NoSuchDocument, match="'plan'"):
        await store.catalog.delete_document("plan")


async def test_a_deleted_document_takes_everything_with_it(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 3)])
    await store.snapshots.add(document.key, 3, '"text"')
    deleted = await store.catalog.delete_document("plan")
    assert deleted.version == 3
    assert await store.catalog.find_document("plan") is None
    for table in ("operations", "snapshots"):
        assert await database.read(count, table) == 0


async def test_a_document_made_anew_shares_nothing_with_the_old_one(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0)])
    await store.catalog.delete_document("plan")
    anew = await store.catalog.create_document("plan", "text")
    assert anew.epoch != document.epoch
    assert anew.key != document.key
    # What was late for the old one must not reach the new one.
    await store.snapshots.add(document.key, 1, '"old"')
    assert await stores(store, [append(document, 0)]) == [False]
    assert await stores(store, [Append(anew.key, document.epoch, 0, (operation(1),))]) == [False]
    assert await store.snapshots.latest(anew.key) is None
    assert await versions(store, anew) == []


# -- the list -----------------------------------------------------------------------------------


async def listed(store: Store, search: str) -> list[str]:
    return [record.doc_id for record in (await store.catalog.list_documents(search))[0]]


async def test_the_last_changed_document_comes_first(store: Store) -> None:
    for doc_id in ("a", "b", "c"):
        await store.catalog.create_document(doc_id, "text")
    await store.catalog.rename_document("a", "changed")
    assert await listed(store, "") == ["a", "c", "b"]


async def test_an_edit_moves_its_document_to_the_front(
    store: Store, document: DocumentRecord
) -> None:
    other = await store.catalog.create_document("other", "text")
    edit = structs.replace(operation(1), created_at=other.updated_at + 1)
    await store.operations.append([Append(document.key, document.epoch, 0, (edit,))])
    assert await listed(store, "") == ["plan", "other"]
    assert (await current(store, document)).updated_at == edit.created_at


async def test_pages_follow_each_other_without_gap_or_repetition(store: Store) -> None:
    created = [f"document-{number}" for number in range(7)]
    for doc_id in created:
        await store.catalog.create_document(doc_id, "text")
    seen, lengths, after = [], [], None
    while True:
        page, after = await store.catalog.list_documents(limit=3, after=after)
        seen += [record.doc_id for record in page]
        lengths.append(len(page))
        if after is None:
            break
    assert lengths == [3, 3, 1]
    assert seen == created[::-1]


async def test_documents_changed_at_the_same_instant_are_paged_through_too(
    database: Database, store: Store
) -> None:
    for number in range(5):
        await store.catalog.create_document(f"{number}", "text")
    same = text("UPDATE documents SET updated_at = 1700000000.1")
    await database.write(lambda connection: connection.execute(same))
    seen, after = [], None
    for _ in range(5):
        page, after = await store.catalog.list_documents(limit=1, after=after)
        seen += [record.doc_id for record in page]
    assert seen == ["4", "3", "2", "1", "0"]
    assert after is None


async def test_a_full_last_page_says_that_it_is_the_last(
    store: Store, document: DocumentRecord
) -> None:
    assert await store.catalog.list_documents(limit=1) == ([document], None)


async def test_search_finds_title_and_id_in_any_case(store: Store) -> None:
    await store.catalog.create_document("Report-2024", "text", "nothing")
    await store.catalog.create_document("x", "text", "ÄRGER mit dem REPORT")
    await store.catalog.create_document("y", "text", "else")
    assert await listed(store, "report") == ["x", "Report-2024"]
    assert await listed(store, "ärger") == ["x"]
    assert await listed(store, "report-2024") == ["Report-2024"]


@pytest.mark.parametrize("character", ["%", "_", "/", "\\", "'"])
async def test_search_takes_every_character_for_itself(store: Store, character: str) -> None:
    await store.catalog.create_document("with", "text", f"before{character}after")
    await store.catalog.create_document("without", "text", "beforeXafter")
    assert await listed(store, f"before{character}after") == ["with"]


@pytest.mark.parametrize(
    "cursor", ["", "x", "WzFd", "bnVsbA", "WzEuMCwgInh4Il0", "=====", "é", "W1tbW1tbW1s"]
)
async def test_a_cursor_from_elsewhere_is_refused(store: Store, cursor: str) -> None:
    with pytest.raises(InvalidRequest, match="`next`"):
        await store.catalog.list_documents(after=cursor)


async def test_a_search_text_beyond_its_limit_is_refused(store: Store) -> None:
    assert await store.catalog.list_documents("x" * 500) == ([], None)
    with pytest.raises(InvalidRequest, match="501 characters long: at most 500"):
        await store.catalog.list_documents("x" * 501)


# -- operations ---------------------------------------------------------------------------------


async def test_operations_come_back_as_they_were_appended(
    store: Store, document: DocumentRecord
) -> None:
    sent = append(document, 0, 3)
    assert await stores(store, [sent]) == [True]
    found = await store.operations.read(document.key, 0, 10)
    assert as_given(found) == list(sent.operations)
    stored = await current(store, document)
    assert (stored.version, stored.updated_at) == (3, sent.operations[-1].created_at)


async def test_operations_are_read_from_a_version_up_to_a_limit(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 5)])

    key = document.key
    assert [each.version for each in await store.operations.read(key, 2, 2)] == [3, 4]
    assert [each.version for each in await store.operations.read(key, 4, 9)] == [5]
    assert await store.operations.read(key, 5, 9) == []
    assert await store.operations.read(key, 2**53, 9) == []


async def test_large_operations_are_read_a_few_at_a_time(
    store: Store, document: DocumentRecord
) -> None:
    large = '{"ops":[{"insert":"' + "x" * 600_000 + '"}]}'
    records = tuple(structs.replace(operation(number), operation=large) for number in range(1, 6))
    await store.operations.append([Append(document.key, document.epoch, 0, records)])
    key = document.key
    assert [each.version for each in await store.operations.read(key, 0, 9)] == [1, 2]
    assert [each.version for each in await store.operations.read(key, 2, 9)] == [3]
    assert [each.version for each in await store.operations.read(key, 4, 9)] == [5]
    assert await store.operations.read(key, 5, 9) == []


async def test_an_append_at_another_version_stores_nothing(
    store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 2)])
    assert await stores(store, [append(document, 1)]) == [False]
    assert await stores(store, [append(document, 3)]) == [False]
    assert await versions(store, document) == [1, 2]
    assert (await current(store, document)).version == 2


@pytest.mark.parametrize("conflict", ["behind", "ahead", "epoch", "key"])
async def test_one_conflict_among_many_leaves_the_others_stored(
    store: Store, conflict: str
) -> None:
    documents = [await store.catalog.create_document(f"{n}", "text") for n in range(4)]
    other = documents[2]
    await store.operations.append([append(other, 0)])
    batch = [append(document, 0, 2) for document in documents]
    batch[2] = {
        "behind": append(other, 0, 2),
        "ahead": append(other, 2, 2),
        "epoch": append(replace(other, epoch="another"), 1, 2),
        "key": append(replace(other, key=4711), 1, 2),
    }[conflict]
    assert await stores(store, batch) == [True, True, False, True]
    assert [await versions(store, each) for each in documents] == [[1, 2], [1, 2], [1], [1, 2]]
    assert [(await current(store, each)).version for each in documents] == [2, 2, 1, 2]


async def test_a_conflict_that_looks_like_a_success_is_one(store: Store) -> None:
    """Another program stored exactly as many operations as were to be stored."""
    first, second = [await store.catalog.create_document(f"{n}", "text") for n in range(2)]
    await store.operations.append([append(first, 0, 2)])
    theirs = structs.replace(operation(1), client_id="somebody else")
    batch = [Append(first.key, first.epoch, 0, (theirs, operation(2))), append(second, 0, 2)]
    assert await stores(store, batch) == [False, True]
    assert [each.client_id for each in await store.operations.read(first.key, 0, 9)] == [
        "ada",
        "ada",
    ]


POISON = {
    "an edit id that is used": structs.replace(operation(2), client_edit_id=1),
    "a version that is not the next": structs.replace(operation(2), version=3),
    "text that is not Unicode": structs.replace(operation(2), operation='"\ud800"'),
    "a number beyond 64 bits": structs.replace(operation(2), client_edit_id=2**64),
}


@pytest.mark.parametrize("poison", POISON.values(), ids=POISON.keys())
@pytest.mark.parametrize("conflict", [False, True], ids=["alone", "beside a conflict"])
async def test_one_poisoned_document_leaves_the_others_stored(
    store: Store, poison: OperationRecord, conflict: bool
) -> None:
    documents = [await store.catalog.create_document(f"{n}", "text") for n in range(4)]
    bad = documents[1]
    await store.operations.append([append(bad, 0)])
    if conflict:
        await store.operations.append([append(documents[3], 0)])
    batch = [append(each, 0) for each in documents]
    batch[1] = Append(bad.key, bad.epoch, 1, (poison,))
    assert await stores(store, batch) == [True, False, True, not conflict]
    assert [await versions(store, each) for each in documents] == [[1]] * 4
    assert (await current(store, bad)).version == 1
    assert await stores(store, [append(bad, 1)]) == [True]


async def test_a_thousand_operations_of_many_documents_are_one_batch(
    store: Store,
) -> None:
    documents = [await store.catalog.create_document(f"{n}", "text") for n in range(100)]
    assert await stores(store, [append(each, 0, 10) for each in documents]) == [True] * 100
    for document in documents:
        assert await versions(store, document) == list(range(1, 11))


async def test_an_empty_batch_is_nothing(store: Store) -> None:
    assert await stores(store, []) == []


# -- clients ------------------------------------------------------------------------------------


async def test_a_client_is_known_by_its_first_user_and_its_newest_edit(
    store: Store, document: DocumentRecord
) -> None:
    edits = (
        operation(1, "ada", 1),
        operation(2, "bob", 1),
        structs.replace(operation(3, "ada", 2), user_id="somebody else"),
        operation(4, "bob", 2),
    )
    await store.operations.append([Append(document.key, document.epoch, 0, edits)])
    key = document.key
    assert await store.operations.find_client(key, "ada") == ClientRecord(
        "ada", "user of ada", 2, 3
    )
    assert await store.operations.find_client(key, "bob") == ClientRecord(
        "bob", "user of bob", 2, 4
    )
    assert await store.operations.find_client(key, "eve") is None


async def test_an_edit_is_found_by_client_and_id(store: Store, document: DocumentRecord) -> None:
    other = await store.catalog.create_document("other", "text")
    await store.operations.append([append(document, 0, 3)])
    found = await store.operations.find_edit(document.key, "ada", 2)
    assert found is not None
    assert as_given([found]) == [operation(2)]
    assert await store.operations.find_edit(document.key, "ada", 4) is None
    assert await store.operations.find_edit(document.key, "bob", 2) is None
    assert await store.operations.find_edit(other.key, "ada", 2) is None


# -- snapshots ----------------------------------------------------------------------------------


async def test_the_newest_snapshot_up_to_a_version_is_found(
    store: Store, document: DocumentRecord
) -> None:
    key = document.key
    assert await store.snapshots.latest(key) is None
    for version in (10, 30, 20):
        await store.snapshots.add(key, version, f'"at {version}"')
    assert await store.snapshots.latest(key) == SnapshotRecord(30, '"at 30"')
    assert await store.snapshots.latest(key, 29) == SnapshotRecord(20, '"at 20"')
    assert await store.snapshots.latest(key, 10) == SnapshotRecord(10, '"at 10"')
    assert await store.snapshots.latest(key, 9) is None


async def snapshot_versions(store: Store, document: DocumentRecord) -> list[int]:
    found: list[int] = []
    at_most: int | None = None
    while snapshot := await store.snapshots.latest(document.key, at_most):
        found.insert(0, snapshot.version)
        at_most = snapshot.version - 1
    return found


async def test_older_snapshots_stay_as_far_apart_as_they_may(
    database: Database, document: DocumentRecord
) -> None:
    store = DatabaseStore(database, 2, spacing=Spacing(25, 10))
    for version in range(10, 131, 10):
        await store.snapshots.add(document.key, version, '"short"')
    assert await snapshot_versions(store, document) == [20, 40, 60, 80, 100, 120, 130]
    # One that is stored later, between the others, makes none of them go.
    await store.snapshots.add_old(document.key, 30, '"short"')
    await store.snapshots.add(document.key, 140, '"short"')
    found = await snapshot_versions(store, document)
    assert found[-3:] == [120, 130, 140]
    assert max(after - before for before, after in itertools.pairwise([0, *found])) <= 25


async def test_older_snapshots_of_large_content_lie_further_apart(
    database: Database, document: DocumentRecord
) -> None:
    store = DatabaseStore(database, 1, spacing=Spacing(5, 10))
    for version in range(10, 131, 10):
        await store.snapshots.add(document.key, version, f'"{"x" * 500}"')
    assert await snapshot_versions(store, document) == [50, 100, 130]


async def test_without_a_spacing_the_newest_stay_alone(
    database: Database, document: DocumentRecord
) -> None:
    store = DatabaseStore(database, 2)
    for version in range(10, 61, 10):
        await store.snapshots.add(document.key, version, '"text"')
    assert await snapshot_versions(store, document) == [50, 60]


async def test_a_snapshot_that_is_stored_stays_as_it_is(
    store: Store, document: DocumentRecord
) -> None:
    await store.snapshots.add(document.key, 1, '"first"')
    await store.snapshots.add(document.key, 1, '"second"')
    assert await store.snapshots.latest(document.key) == SnapshotRecord(1, '"first"')


async def test_a_snapshot_of_a_document_that_is_gone_is_dropped(store: Store) -> None:
    await store.snapshots.add(4711, 1, '"late"')
    assert await store.snapshots.latest(4711) is None


async def test_a_snapshot_of_ten_megabytes_comes_back_whole(
    store: Store, document: DocumentRecord
) -> None:
    content = '"' + "0123456789" * 1_000_000 + '"'
    await store.snapshots.add(document.key, 1, content)
    found = await store.snapshots.latest(document.key)
    assert found is not None
    assert found.content == content


# -- together -----------------------------------------------------------------------------------


async def test_readers_see_a_batch_whole_or_not_at_all(store: Store) -> None:
    documents = [await store.catalog.create_document(f"{n}", "text") for n in range(3)]

    async def write() -> None:
        for start in range(0, 200, 20):
            batch = [append(document, start, 20) for document in documents]
            assert await stores(store, batch) == [True, True, True]

    async def watch() -> None:
        seen = 0
        while seen < 200:
            heads = {record.version for record in (await store.catalog.list_documents())[0]}
            assert len(heads) == 1
            assert heads.pop() >= seen
            found = await versions(store, documents[0])
            assert found == list(range(1, len(found) + 1))
            assert len(found) % 20 == 0
            assert len(found) >= seen
            seen = len(found)

    await asyncio.gather(write(), watch(), watch())


async def test_what_is_not_open_says_so(database: Database, store: Store) -> None:
    await store.ping()
    await database.close()
    with pytest.raises(StorageUnavailable, match="not open"):
        await store.ping()
