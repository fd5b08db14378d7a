"""One id for two edits: the one that was not stored is never acknowledged.

The other one is stored by another process, or was given up in an earlier life of this one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence

import pytest

from collab.app import Collab
from collab.errors import OutOfOrder, StorageUnavailable
from collab.frames import encode_json, fingerprint
from collab.storage import Append, OperationRecord
from tests.conftest import Make
from tests.storeoverrides import StoreOverrides
from tests.wire import Wire, connect


class SharedStore(StoreOverrides):
    """The real store, and another process that stores an edit of a client before the next
    commit of this one."""

    intruder: tuple[str, int, str] | None = None
    fails = False

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        if self.fails:
            self.fails = False
            raise StorageUnavailable("the database has not answered")
        if self.intruder is not None:
            await self.intrude()
        return await self.real.append(batch)

    async def intrude(self) -> None:
        assert self.intruder is not None
        (client_id, edit_id, text), self.intruder = self.intruder, None
        record = await self.real.find_document("doc")
        assert record is not None
        operation = {"ops": [{"insert": text}]}
        stored = OperationRecord(
            version=record.version + 1,
            operation=encode_json(operation),
            client_id=client_id,
            client_edit_id=edit_id,
            user_id=f"guest-{client_id}",
            fingerprint=fingerprint(record.version, operation),
            created_at=time.time(),
        )
        append = Append(record.key, record.epoch, record.version, (stored,))
        assert all(await self.real.append([append]))


@pytest.fixture
async def shared(app: Collab) -> SharedStore:
    return SharedStore(app.manager.store)


async def answers(wire: object, until: set[str]) -> list[tuple[str, object]]:
    """What an editor receives about edits, to the last of these types."""
    seen: list[tuple[str, object]] = []
    while not until <= {kind for kind, _ in seen}:
        frame = await wire.receive()  # type: ignore[attr-defined]
        if frame["type"] in ("ack", "document_change", "error"):
            seen.append((frame["type"], frame.get("version", frame.get("code"))))
    return seen


async def test_the_edit_that_was_not_stored_is_out_of_order(
    app: Collab, shared: SharedStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    shared.intruder = ("a", 1, "theirs")
    await ann.edit(1, 0, {"insert": "mine"})
    assert set(await answers(ann, {"document_change", "error"})) == {
        ("document_change", 1),
        ("error", "out_of_order"),
    }
    assert (await bob.until("document_change"))["version"] == 1
    assert (await app.manager.read_document("doc"))[1:] == (1, "theirs")
    # It may be sent under another id.
    await ann.edit(2, 1, {"insert": "mine"})
    assert (await ann.until("ack"))["version"] == 2


async def test_the_same_edit_is_acknowledged_whoever_stored_it(
    app: Collab, shared: SharedStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    shared.intruder = ("a", 1, "mine")
    await ann.edit(1, 0, {"insert": "mine"})
    assert await answers(ann, {"ack"}) == [("ack", 1)]
    assert (await app.manager.read_document("doc"))[1:] == (1, "mine")


async def test_one_that_is_found_when_somebody_else_edits_is_not_taken_for_it(
    app: Collab, shared: SharedStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    shared.fails = True
    await ann.edit(1, 0, {"insert": "mine"})
    assert (await ann.until("error"))["code"] == "storage_unavailable"
    shared.intruder = ("a", 1, "theirs")
    await bob.edit(1, 0, {"insert": "bob's"})
    assert (await bob.until("error"))["code"] == "storage_unavailable"
    assert await answers(ann, {"document_change"}) == [("document_change", 1)]
    await ann.edit(1, 0, {"insert": "mine"})
    assert (await ann.until("error"))["code"] == "out_of_order"


async def test_one_that_is_found_before_a_refusal_is_not_taken_for_it(
    app: Collab, shared: SharedStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    shared.intruder = ("a", 1, "theirs")
    await shared.intrude()
    # It can't be applied to what is known here, so the database is asked for it.
    await ann.edit(1, 0, {"delete": 5})
    assert set(await answers(ann, {"document_change", "error"})) == {
        ("document_change", 1),
        ("error", "out_of_order"),
    }


async def test_compaction_leaves_enough_to_tell_them_apart(
    app: Collab, shared: SharedStore
) -> None:
    await app.manager.create_document("doc")
    shared.intruder = ("a", 1, "theirs")
    await shared.intrude()
    record = await shared.real.find_document("doc")
    assert record is not None
    assert await shared.real.compact(record.key, record.epoch, 1, '"theirs"')
    theirs, mine = ({"ops": [{"insert": text}]} for text in ("theirs", "mine"))
    with pytest.raises(OutOfOrder):
        await app.manager.handle_edit("doc", "guest-a", mine, 0, client_id="a", edit_id=1)
    made = await app.manager.handle_edit("doc", "guest-a", theirs, 0, client_id="a", edit_id=1)
    assert made == 1


async def test_a_call_of_the_host_finds_the_other_edit_when_it_is_repeated(
    app: Collab, shared: SharedStore
) -> None:
    await app.manager.create_document("doc")
    shared.intruder = ("a", 1, "theirs")
    mine = {"ops": [{"insert": "mine"}]}
    with pytest.raises(StorageUnavailable):
        await app.manager.handle_edit("doc", "guest-a", mine, 0, client_id="a", edit_id=1)
    with pytest.raises(OutOfOrder):
        await app.manager.handle_edit("doc", "guest-a", mine, 0, client_id="a", edit_id=1)


# -- on a connection that resumes ---------------------------------------------------------------


async def epoch_of(app: Collab) -> str:
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    return record.epoch


async def typed(app: Collab, client_id: str, *texts: str) -> None:
    """One edit after the other, of a client that has edited nothing before."""
    wire = await connect(app, "doc", client_id=client_id)
    version = (await wire.until("document_state"))["version"]
    for number, text in enumerate(texts, 1):
        await wire.edit(number, version, {"insert": text})
        version = (await wire.until("ack"))["version"]
    await wire.leave()


async def resumed(app: Collab, client_id: str, version: int, inflight: int) -> Wire:
    wire = await connect(
        app,
        "doc",
        client_id=client_id,
        version=version,
        epoch=await epoch_of(app),
        inflight=inflight,
    )
    await wire.expect("document_resumed")
    return wire


async def test_the_stream_of_one_that_resumes_stops_before_its_edit_until_that_is_sent_again(
    app: Collab,
) -> None:
    await typed(app, "b", "one")
    await typed(app, "a", "mine")
    await typed(app, "c", "two")
    ann = await resumed(app, "a", 0, 1)
    assert await answers(ann, {"document_change"}) == [("document_change", 1)]
    await ann.edit(1, 1, {"insert": "mine"})
    assert await answers(ann, {"ack", "document_change"}) == [("ack", 2), ("document_change", 3)]
    # From then on it is a connection like any other.
    bob = await connect(app, "doc", client_id="b")
    await bob.edit(2, 3, {"insert": "three"})
    assert await answers(ann, {"document_change"}) == [("document_change", 4)]
    await ann.edit(2, 4, {"insert": "four"})
    assert await answers(ann, {"ack"}) == [("ack", 5)]
    assert (await app.manager.read_document("doc"))[1:] == (5, "fourthreetwomineone")


@pytest.mark.parametrize("max_history_operations", [2, 10_000])
async def test_another_edit_of_that_id_comes_as_a_change_after_the_server_was_restarted(
    make_app: Make, max_history_operations: int
) -> None:
    app = await make_app(max_history_operations=max_history_operations)
    await typed(app, "a", "theirs")
    await typed(app, "b", *"12345")
    await app.close()
    app = await make_app(max_history_operations=max_history_operations)
    ann = await resumed(app, "a", 0, 1)
    await ann.edit(1, 0, {"insert": "mine"})
    seen = [frame async for frame in frames(ann, 7)]
    assert [each for each in seen if each[0] == "error"] == [("error", "out_of_order")]
    changes = [each for each in seen if each[0] != "error"]
    assert changes == [("document_change", version) for version in range(1, 7)]
    await ann.edit(2, 6, {"insert": "mine"})
    assert await answers(ann, {"ack"}) == [("ack", 7)]


async def frames(wire: Wire, count: int) -> AsyncIterator[tuple[str, object]]:
    while count:
        frame = await wire.receive()
        if frame["type"] in ("ack", "document_change", "error"):
            count -= 1
            yield frame["type"], frame.get("version", frame.get("code"))


async def test_an_edit_that_is_not_committed_yet_is_waited_for_as_well(
    app: Collab, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = app.manager.store
    may_commit, begun = asyncio.Event(), asyncio.Event()
    append = store.operations.append

    async def slow(batch: Sequence[Append]) -> list[list[int]]:
        begun.set()
        await may_commit.wait()
        return await append(batch)

    await app.manager.create_document("doc")
    monkeypatch.setattr(store.operations, "append", slow)
    first = await connect(app, "doc", client_id="a")
    await first.edit(1, 0, {"insert": "theirs"})
    await begun.wait()
    ann = await resumed(app, "a", 0, 1)
    bob = await resumed(app, "b", 0, 1)
    may_commit.set()
    assert await answers(bob, {"document_change"}) == [("document_change", 1)]
    await ann.edit(1, 0, {"insert": "mine"})
    seen = [frame async for frame in frames(ann, 2)]
    assert set(seen) == {("document_change", 1), ("error", "out_of_order")}


async def test_what_can_be_sent_again_after_a_refusal_is_still_waited_for(
    app: Collab, shared: SharedStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    await typed(app, "a", "theirs")
    ann = await resumed(app, "a", 0, 1)

    async def unknown(*_: object) -> None:
        raise StorageUnavailable("the database has not answered")

    with monkeypatch.context() as patched:
        patched.setattr(app.manager.store.operations, "find_edit", unknown)
        await ann.edit(1, 0, {"insert": "mine"})
        assert await answers(ann, {"error"}) == [("error", "storage_unavailable")]
    await ann.edit(1, 0, {"insert": "mine"})
    seen = [frame async for frame in frames(ann, 2)]
    assert set(seen) == {("document_change", 1), ("error", "out_of_order")}


async def test_the_id_of_an_edit_that_is_refused_is_free_on_such_a_connection_too(
    app: Collab,
) -> None:
    await app.manager.create_document("doc")
    ann = await resumed(app, "a", 0, 1)
    await ann.edit(1, 0, {"delete": 5})
    assert await answers(ann, {"error"}) == [("error", "invalid_operation")]
    await ann.edit(1, 0, {"insert": "mine"})
    assert await answers(ann, {"ack"}) == [("ack", 1)]


async def test_one_that_names_no_edit_gets_its_ack_at_once(app: Collab) -> None:
    await typed(app, "a", "mine")
    epoch = await epoch_of(app)
    ann = await connect(app, "doc", client_id="a", version=0, epoch=epoch)
    await ann.expect("document_resumed")
    assert await answers(ann, {"ack"}) == [("ack", 1)]
