"""Another program changes the database while documents of it are open here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from collab.app import Collab
from collab.errors import DocumentDeleted, NoSuchDocument
from collab.storage import Database, DatabaseStore
from tests.conftest import Make
from tests.storeoverrides import StoreOverrides
from tests.wire import Wire, connect

INSERT = {"ops": [{"insert": "x"}]}


@pytest.fixture
async def other(app: Collab, database: str) -> AsyncIterator[Collab]:
    """The same documents in another program, such as the command line."""
    other = Collab(app.settings, serves=False)
    await other.open()
    yield other
    await other.close()


@pytest.fixture
async def replaced(app: Collab, other: Collab) -> Wire:
    """An editor of a document with old content, in whose place is another one by now."""
    await app.manager.import_document("doc", "old content", title="Old")
    wire = await connect(app, "doc", client_id="a")
    await wire.expect("document_state")
    await other.manager.delete_document("doc", "ada", tombstone=False)
    await other.manager.import_document("doc", "new", title="New")
    return wire


async def assert_ended(wire: Wire) -> None:
    await wire.expect("document_deleted")
    assert await wire.closed() == 4410


async def test_title_and_content_are_of_the_same_document(app: Collab, replaced: Wire) -> None:
    record, version, content = await app.manager.read_document("doc")
    assert (record.title, version, content) == ("New", 1, "new")
    await assert_ended(replaced)
    record, version, content = await app.manager.read_document("doc", 1)
    assert (record.title, version, content) == ("New", 1, "new")


async def test_an_editor_that_joins_gets_the_document_that_is_stored(
    app: Collab, replaced: Wire
) -> None:
    joined = await connect(app, "doc", client_id="b")
    state = await joined.expect("document_state")
    assert state["content"] == "new"
    await assert_ended(replaced)


async def test_an_editor_of_a_replaced_document_is_closed_when_it_edits(
    app: Collab, replaced: Wire
) -> None:
    await replaced.send({"type": "edit", "id": 1, "version": 1, "operation": INSERT})
    await assert_ended(replaced)
    assert (await app.manager.read_document("doc"))[2] == "new"


async def test_an_editor_that_only_reads_is_closed_by_housekeeping(
    app: Collab, replaced: Wire
) -> None:
    await app.manager.documents.close_deleted()
    await assert_ended(replaced)


async def test_housekeeping_runs_without_a_call(app: Collab, replaced: Wire) -> None:
    await assert_ended(replaced)


async def test_a_call_of_the_host_learns_of_the_deletion(app: Collab, other: Collab) -> None:
    await app.manager.import_document("doc", "old")
    await other.manager.delete_document("doc")
    with pytest.raises(DocumentDeleted):
        await app.manager.handle_edit("doc", "bot", INSERT)
    with pytest.raises(NoSuchDocument):
        await app.manager.read_document("doc")


async def test_the_frame_names_the_user_who_deleted(app: Collab, other: Collab) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.expect("document_state")
    await other.manager.delete_document("doc", "ada")
    await app.manager.documents.close_deleted()
    assert (await wire.expect("document_deleted"))["user_id"] == "ada"
    assert await wire.closed() == 4410
    again = await connect(app, "doc", client_id="a")
    assert (await again.expect("error"))["code"] == "document_deleted"


async def test_an_old_version_of_a_replaced_document_is_not_restored(
    app: Collab, replaced: Wire
) -> None:
    await app.manager.restore_document("doc", 0, "ada")
    assert (await app.manager.read_document("doc"))[1:] == (2, "")


async def test_every_open_document_has_its_turn(
    app: Collab, other: Collab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.documents.open_documents.VERIFIED_AT_ONCE", 2)
    wires = [await connect(app, f"doc{number}") for number in range(5)]
    for number in range(5):
        await wires[number].expect("document_state")
        await other.manager.delete_document(f"doc{number}")
    for _ in range(3):
        await app.manager.documents.close_deleted()
    assert not app.manager.documents
    for wire in wires:
        await assert_ended(wire)


class Slow(StoreOverrides):
    """The real store; the answer about a document waits on its way."""

    asked: asyncio.Event
    gate: asyncio.Event

    async def find_document(self, doc_id: str):  # type: ignore[no-untyped-def]
        record = await self.real.find_document(doc_id)
        self.asked.set()
        await self.gate.wait()
        return record


async def test_a_late_answer_does_not_close_a_newer_document(app: Collab) -> None:
    await app.manager.import_document("doc", "old")
    await app.manager.documents.close()
    store = Slow(app.manager.store)
    store.asked, store.gate = asyncio.Event(), asyncio.Event()
    finding = asyncio.create_task(app.manager.documents.find_record("doc"))
    await store.asked.wait()
    await app.manager.delete_document("doc")
    await app.manager.import_document("doc", "new")
    document = app.manager.documents["doc"]
    store.gate.set()
    await finding
    assert app.manager.documents.get("doc") is document


async def test_a_document_that_is_compacted_or_renamed_elsewhere_stays_open(
    app: Collab, make_app: Make, database: str
) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.expect("document_state")
    await app.manager.handle_edit("doc", "bot", INSERT)
    await wire.expect("document_change")
    other = Database(database)
    await other.open()
    store = DatabaseStore(other)
    record = await store.catalog.rename_document("doc", "Renamed")
    assert await store.operations.compact(record.key, record.epoch, 1, '"x"')
    await other.close()
    await app.manager.documents.close_deleted()
    read, version, content = await app.manager.read_document("doc")
    assert (read.title, version, content) == ("Renamed", 1, "x")
    await app.manager.handle_edit("doc", "bot", INSERT)
    assert (await wire.expect("document_change"))["version"] == 2
