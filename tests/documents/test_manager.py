"""Opening, sharing and evicting documents."""

from __future__ import annotations

import asyncio
import gc
import time
from typing import Any

import pytest

from collab.app import Collab
from collab.documents import open_documents
from collab.errors import InvalidRequest, NoSuchDocument, OutOfOrder, WrongDocType
from collab.ot.json0 import JsonBuffer
from collab.sessions.room import room_of
from tests.conftest import Make
from tests.wire import Refused, connect

INSERT = {"ops": [{"insert": "x"}]}


async def test_a_document_is_loaded_once_however_many_join_at_once(
    app: Collab, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = []
    load: Any = vars(open_documents)["load_opened"]

    async def counted(*args: Any) -> Any:
        loads.append(1)
        return await load(*args)

    monkeypatch.setattr(open_documents, "load_opened", counted)
    wires = await asyncio.gather(*(connect(app, "doc", client_id=f"c{n}") for n in range(20)))
    assert len(loads) == 1
    epochs = {(await wire.until("document_state"))["epoch"] for wire in wires}
    assert len(epochs) == 1


async def test_one_who_gives_up_joining_does_not_end_it_for_the_others(app: Collab) -> None:
    first = asyncio.ensure_future(connect(app, "doc", client_id="a"))
    second = asyncio.ensure_future(connect(app, "doc", client_id="b"))
    await asyncio.sleep(0)
    first.cancel()
    assert (await (await second).receive())["type"] == "document_state"


async def test_one_who_may_create_does_so_though_another_only_looked(app: Collab) -> None:
    looking = asyncio.ensure_future(
        app.manager.handle_edit("doc", "bot", INSERT, client_id="bot", edit_id=1)
    )
    joining = asyncio.ensure_future(connect(app, "doc"))
    with pytest.raises(NoSuchDocument):
        await looking
    assert (await (await joining).receive())["type"] == "document_state"


async def test_an_idle_document_leaves_memory_after_a_snapshot(make_app: Make) -> None:
    app = await make_app(document_idle_seconds=60)
    wire = await connect(app, "doc", client_id="a")
    await wire.edit(1, 0, {"insert": "hello"})
    await wire.until("ack")
    await app.manager.sweep(time.monotonic() + 1000)
    assert "doc" in app.manager.documents
    await wire.leave()
    await app.manager.sweep(time.monotonic() + 10)
    assert "doc" in app.manager.documents
    await app.manager.sweep(time.monotonic() + 1000)
    assert "doc" not in app.manager.documents
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    snapshot = await app.manager.store.snapshots.latest(record.key)
    assert snapshot is not None
    assert (snapshot.version, snapshot.content) == (1, '"hello"')
    wire = await connect(app, "doc", client_id="a")
    state = await wire.receive()
    assert (state["content"], state["version"], state["last_id"]) == ("hello", 1, 1)


async def test_the_content_of_an_evicted_document_leaves_memory_at_once(app: Collab) -> None:
    def buffers() -> int:
        return sum(type(each) is JsonBuffer for each in gc.get_objects())

    gc.collect()
    before = buffers()
    gc.disable()
    try:
        await app.manager.import_document("doc", {"a": [1]}, doc_type="json")
        async with app.manager.documents.open("doc"):
            assert buffers() == before + 1
        await app.manager.sweep(time.monotonic() + 1000)
        # That of an empty content has taken its place.
        sizes = [each.size for each in gc.get_objects() if type(each) is JsonBuffer]
        assert sizes.count(len('{"a":[1]}')) == 0
    finally:
        gc.enable()


async def snapshot_versions(app: Collab) -> list[int]:
    """Those of the document `doc`, the newest first."""
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    found: list[int] = []
    at_most = None
    while snapshot := await app.manager.store.snapshots.latest(record.key, at_most):
        found.append(snapshot.version)
        at_most = snapshot.version - 1
    return found


async def test_snapshots_are_stored_every_so_many_operations(make_app: Make) -> None:
    app = await make_app(snapshot_interval_operations=10)
    await app.manager.create_document("doc")
    for _ in range(35):
        await app.manager.handle_edit("doc", "ann", INSERT)
    await app.close()
    app = await make_app()
    found = await snapshot_versions(app)
    assert found[0] == 35
    assert len(found) == 4
    assert (await app.manager.read_document("doc", 23))[2] == "x" * 23


async def test_the_least_recently_used_idle_document_makes_room(make_app: Make) -> None:
    app = await make_app(max_open_documents=2)
    one = await connect(app, "one")
    two = await connect(app, "two")
    with pytest.raises(Refused) as refused:
        await connect(app, "three")
    assert refused.value.status == 503
    await two.leave()
    await one.leave()
    await connect(app, "three")
    assert set(app.manager.documents) == {"one", "three"}


async def test_of_many_documents_the_idle_ones_leave_in_the_order_of_their_last_use(
    make_app: Make,
) -> None:
    app = await make_app(max_open_documents=4)
    await connect(app, "always-used")
    wires = {name: await connect(app, name) for name in ("one", "two", "three")}
    for name in ("two", "one", "three"):
        await wires[name].leave()
    await app.manager.handle_edit("two", "bot", INSERT)
    for number, expected in enumerate(("one", "three", "two")):
        wire = await connect(app, f"other-{number}")
        assert expected not in app.manager.documents
        await wire.leave()
    assert "always-used" in app.manager.documents


async def test_server_side_edits_are_applied_once_for_each_id(app: Collab) -> None:
    await app.manager.create_document("doc")
    edit = app.manager.handle_edit
    assert await edit("doc", "bot", INSERT, 0, client_id="bot", edit_id=1) == 1
    assert await edit("doc", "bot", INSERT, 0, client_id="bot", edit_id=1) == 1
    assert await edit("doc", "bot", INSERT, 1, client_id="bot", edit_id=2) == 2
    with pytest.raises(OutOfOrder):
        await edit("doc", "bot", INSERT, 2, client_id="bot", edit_id=9)
    with pytest.raises(NoSuchDocument):
        await edit("none", "bot", INSERT)


async def test_server_side_edits_reach_the_editors(app: Collab) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.expect("document_state")
    await app.manager.handle_edit("doc", "bot", INSERT)
    change = await wire.expect("document_change")
    assert (change["user_id"], change["version"]) == ("bot", 1)


async def test_an_import_is_an_ordinary_edit(app: Collab) -> None:
    assert await app.manager.import_document("doc", "hello", title="Hi") == "doc"
    record, version, content = await app.manager.read_document("doc")
    assert (record.title, version, content) == ("Hi", 1, "hello")


async def test_ids_and_types_are_checked(app: Collab) -> None:
    with pytest.raises(InvalidRequest):
        await app.manager.create_document("a/b")
    with pytest.raises(WrongDocType):
        await app.manager.create_document("doc", "song")


async def test_memory_holds_nothing_of_editors_that_have_left(app: Collab) -> None:
    for number in range(20):
        wire = await connect(app, "doc", client_id=f"c{number}")
        await wire.edit(1, number, {"insert": "x"})
        await wire.until("ack")
        await wire.send({"type": "presence", "cursor": {"anchor": 0, "head": 0}, "version": 0})
        await wire.leave()
    document = app.manager.documents["doc"]
    assert len(document.authors) == 0
    assert not room_of(document).connections
    assert document.is_idle


async def test_history_in_memory_is_bounded_by_bytes(make_app: Make) -> None:
    app = await make_app(max_history_bytes=100_000)
    manager = app.manager
    await manager.create_document("doc")
    async with manager.documents.open("doc") as document:
        for _ in range(10):
            await manager.handle_edit("doc", "ann", {"ops": [{"insert": "x" * 20_000}]})
            held = document.history.committed_since(document.history.start)
            assert sum(change.size_bytes for change in held) <= 100_000
        assert document.history.start > 0
        assert document.history.head == 10


async def test_a_document_is_loaded_whole_and_resumed_from_however_large_its_edits_are(
    make_app: Make,
) -> None:
    app = await make_app(max_history_operations=2)
    await app.manager.create_document("doc")
    for letter in "abcdef":
        await app.manager.handle_edit("doc", "ann", {"ops": [{"insert": letter * 600_000}]})
    wire = await connect(app, "doc")
    epoch = (await wire.expect("document_state"))["epoch"]
    again = await connect(app, "doc", version=0, epoch=epoch)
    await again.expect("document_resumed")
    versions = [(await again.until("document_change"))["version"] for _ in range(6)]
    assert versions == [1, 2, 3, 4, 5, 6]
    await app.close()
    app = await make_app()
    _, version, content = await app.manager.read_document("doc", 6)
    assert (version, content) == (6, "".join(letter * 600_000 for letter in "fedcba"))


async def test_snapshots_of_a_large_text_come_less_often(make_app: Make) -> None:
    # A thousand characters are worth ten operations.
    app = await make_app(snapshot_interval_operations=2, snapshot_bytes_per_operation=100)
    await app.manager.create_document("doc")
    await app.manager.handle_edit("doc", "ann", {"ops": [{"insert": "x" * 1000}]})
    for _ in range(34):
        await app.manager.handle_edit("doc", "ann", INSERT)
    await app.close()
    app = await make_app()
    assert len(await snapshot_versions(app)) == 4
