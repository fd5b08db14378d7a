"""What editors meet when the database fails: nothing is lost, nothing applied twice."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest

from collab.app import Collab
from collab.errors import StorageUnavailable
from collab.storage import Append, OperationRecord, Store
from tests.conftest import Make
from tests.storeoverrides import StoreOverrides
from tests.wire import Refused, connect


class FaultyStore(StoreOverrides):
    """The real store, with commits that fail when they are told to."""

    fail_before = 0
    fail_after = 0
    fail_reads = False
    begun = asyncio.Event()
    gate: asyncio.Event | None = None
    hang = 0
    hanging: Sequence[Append] = ()
    late_for = ""
    answers: asyncio.Event | None = None
    slow_reads: asyncio.Event | None = None
    reading: asyncio.Event

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        self.begun.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.hang:
            self.hang -= 1
            self.hanging = batch
            raise StorageUnavailable("it has not answered")
        if self.fail_before:
            self.fail_before -= 1
            raise StorageUnavailable("the disk is full")
        stored = await self.real.append(batch)
        if self.fail_after:
            self.fail_after -= 1
            raise StorageUnavailable("the connection was lost")
        return stored

    async def end_hanging(self) -> None:
        """What nobody waits for any more is stored."""
        batch, self.hanging = self.hanging, ()
        assert all(await self.real.append(batch))

    async def find_client(self, key: int, client_id: str) -> Any:
        if client_id == self.late_for and self.hanging:
            await self.end_hanging()
        found = await self.real.find_client(key, client_id)
        await self._hold_back(client_id)
        return found

    async def find_editor(self, doc_id: str, client_id: str) -> Any:
        await self._begin_reading()
        found = await self.real.find_editor(doc_id, client_id)
        await self._hold_back(client_id)
        return found

    async def _hold_back(self, client_id: str) -> None:
        if client_id != "b" and self.answers is not None:
            self.reading.set()
            await self.answers.wait()

    async def open_document(self, doc_id: str, client_id: str | None = None, *, limit: int) -> Any:
        await self._begin_reading()
        return await self.real.open_document(doc_id, client_id, limit=limit)

    async def find_document(self, doc_id: str) -> Any:
        await self._begin_reading()
        return await self.real.find_document(doc_id)

    async def _begin_reading(self) -> None:
        self.reading.set()
        if self.slow_reads is not None:
            await self.slow_reads.wait()
        if self.fail_reads:
            raise StorageUnavailable("the database can't be read")


@pytest.fixture
async def faults(app: Collab) -> FaultyStore:
    faults = FaultyStore(app.manager.store)
    faults.begun, faults.reading = asyncio.Event(), asyncio.Event()
    return faults


async def test_an_edit_whose_commit_failed_is_refused_and_can_be_sent_again(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await ann.edit(1, 0, {"insert": "x"})
    await ann.until("ack")
    await bob.until("document_change")
    faults.fail_before = 1
    await ann.edit(2, 1, {"insert": "y"})
    error = await ann.expect("error")
    assert (error["code"], error["id"]) == ("storage_unavailable", 2)
    assert bob.silent()
    await ann.edit(2, 1, {"insert": "y"})
    assert await ann.acknowledged() == 2
    assert (await bob.expect("document_change"))["version"] == 2
    assert (await app.manager.read_document("doc"))[2] == "yx"


async def test_an_edit_that_was_committed_after_all_is_acknowledged(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    faults.fail_after = 1
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.until("ack"))["version"] == 1
    assert (await bob.until("document_change"))["version"] == 1
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.acknowledged() == 1
    assert (await app.manager.read_document("doc"))[2] == "x"


async def test_an_edit_stored_while_the_truth_is_sought_is_acknowledged(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    await ann.expect("document_state")
    faults.hang, faults.late_for = 1, "a"
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.acknowledged() == 1
    await ann.edit(2, 1, {"insert": "y"})
    assert await ann.acknowledged() == 2
    assert (await app.manager.read_document("doc"))[2] == "yx"


async def test_an_edit_that_was_given_up_and_is_found_later_counts_for_its_author(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await ann.until("user_joined")
    faults.hang = 1
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.expect("error"))["code"] == "storage_unavailable"
    await faults.end_hanging()
    # Bob's edit meets what was stored after all.
    await bob.edit(1, 0, {"insert": "b"})
    assert (await bob.until("error"))["code"] == "storage_unavailable"
    assert await ann.acknowledged() == 1
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.acknowledged() == 1
    await ann.edit(2, 1, {"insert": "y"})
    assert await ann.acknowledged() == 2
    assert (await app.manager.read_document("doc"))[2] == "yx"


async def test_who_joins_while_an_edit_of_theirs_is_found_knows_of_it(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await ann.until("user_joined")
    await bob.until("document_state")
    faults.hang = 1
    await ann.edit(1, 0, {"insert": "x"})
    await ann.expect("error")
    await ann.leave()
    await bob.until("user_left")
    faults.answers = asyncio.Event()
    faults.reading.clear()
    joining = asyncio.ensure_future(connect(app, "doc", client_id="a"))
    await faults.reading.wait()
    await faults.end_hanging()
    await bob.edit(1, 0, {"insert": "b"})
    await bob.until("document_change")
    faults.answers.set()
    ann = await joining
    state = await ann.expect("document_state")
    assert (state["version"], state["content"], state["last_id"]) == (1, "x", 1)
    await ann.edit(2, 1, {"insert": "y"})
    assert await ann.acknowledged() == 2


async def test_editors_are_sent_away_while_the_truth_is_unknown(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    epoch = (await ann.receive())["epoch"]
    faults.fail_after, faults.fail_reads = 1, True
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.closed() == 1013
    with pytest.raises(Refused) as refused:
        await connect(app, "doc", client_id="a")
    assert (refused.value.status, refused.value.body["code"]) == (503, "storage_unavailable")
    faults.fail_reads = False
    ann = await connect(app, "doc", client_id="a", version=0, epoch=epoch)
    assert (await ann.expect("document_resumed"))["last_id"] == 1
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.acknowledged() == 1
    assert (await app.manager.read_document("doc"))[2] == "x"


async def test_an_edit_sent_again_while_the_truth_is_sought_is_neither_lost_nor_doubled(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    await ann.expect("document_state")
    faults.reading.clear()
    faults.fail_before = 1
    faults.slow_reads = asyncio.Event()
    await ann.edit(1, 0, {"insert": "x"})
    await faults.reading.wait()
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.expect("error"))["code"] == "storage_unavailable"
    faults.slow_reads.set()
    assert (await ann.expect("error"))["code"] == "storage_unavailable"
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.acknowledged() == 1
    assert (await app.manager.read_document("doc"))[2] == "x"


async def test_edits_of_several_editors_all_survive_one_failed_commit(
    app: Collab, faults: FaultyStore
) -> None:
    wires = [await connect(app, "doc", client_id=f"c{number}") for number in range(5)]
    for wire in wires:
        await wire.until("document_state")
    faults.gate = asyncio.Event()
    faults.fail_before = 1
    for wire in wires:
        await wire.edit(1, 0, {"insert": "x"})
    await faults.begun.wait()
    faults.gate.set()
    for wire in wires:
        while True:
            frame = await wire.receive()
            if frame["type"] == "error":
                await wire.edit(1, 0, {"insert": "x"})
            elif frame["type"] == "ack":
                break
    _, version, content = await app.manager.read_document("doc")
    assert (version, content) == (5, "xxxxx")


async def test_what_another_program_committed_comes_first(app: Collab, faults: FaultyStore) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await ann.edit(1, 0, {"insert": "x"})
    await ann.until("ack")
    await bob.until("document_change")
    record = await faults.real.find_document("doc")
    assert record is not None
    other = OperationRecord(2, '{"ops":[{"insert":"other "}]}', "o", 1, "o", "f", time.time())
    assert all(await faults.append([Append(record.key, record.epoch, 1, (other,))]))
    await ann.edit(2, 1, {"retain": 1}, {"insert": "y"})
    seen = [await ann.receive(), await ann.receive()]
    assert {frame["type"] for frame in seen} == {"error", "document_change"}
    await ann.edit(2, 1, {"retain": 1}, {"insert": "y"})
    assert (await ann.expect("ack"))["version"] == 3
    assert [(await bob.expect("document_change"))["version"] for _ in range(2)] == [2, 3]
    assert (await app.manager.read_document("doc"))[2] == "other xy"


async def test_a_document_deleted_by_another_program_is_closed(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    await ann.expect("document_state")
    await faults.real.delete_document("doc")
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.closed() == 4410
    await faults.real.create_document("doc", "text")
    again = await connect(app, "doc")
    assert (await again.expect("document_state"))["content"] == ""


async def test_a_database_locked_by_another_program_refuses_edits_until_it_is_free(
    make_app: Make, tmp_path: Path
) -> None:
    app = await make_app(database_busy_timeout_seconds=0.1)
    ann = await connect(app, "doc", client_id="a")
    await ann.expect("document_state")
    other = sqlite3.connect(tmp_path / "collab.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.expect("error"))["code"] == "storage_unavailable"
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        assert (await http.get("/readyz")).status_code == 503
        other.execute("ROLLBACK")
        other.close()
        # Ready is who has stored an edit, not who could store one perhaps.
        assert (await http.get("/readyz")).status_code == 503
        await ann.edit(1, 0, {"insert": "x"})
        assert await ann.acknowledged() == 1
        assert (await http.get("/readyz")).status_code == 200


async def test_a_server_side_edit_whose_commit_failed_raises(
    app: Collab, faults: FaultyStore
) -> None:
    await app.manager.create_document("doc")
    faults.fail_before = 1
    with pytest.raises(StorageUnavailable):
        await app.manager.handle_edit("doc", "ann", {"ops": [{"insert": "x"}]})
    assert await app.manager.handle_edit("doc", "ann", {"ops": [{"insert": "x"}]}) == 1


async def test_nothing_is_shown_before_its_commit(app: Collab, faults: FaultyStore) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await ann.until("user_joined")
    await bob.until("document_state")
    faults.gate = asyncio.Event()
    await ann.edit(1, 0, {"insert": "x"})
    late = asyncio.ensure_future(connect(app, "doc", client_id="c"))
    await ann.send({"type": "ping"})
    await ann.until("pong")
    await bob.send({"type": "ping"})
    assert (await bob.receive())["type"] == "pong"
    assert ann.silent()
    # Who joins now gets the edit as soon as it is durable, not before.
    carl = await late
    assert carl.silent()
    faults.gate.set()
    assert (await carl.expect("document_state"))["content"] == "x"
    await ann.until("ack")
    await bob.until("document_change")


async def test_the_farewell_comes_after_the_acks_of_what_was_pending(
    app: Collab, faults: FaultyStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    await ann.expect("document_state")
    faults.gate = asyncio.Event()
    await ann.edit(1, 0, {"insert": "x"})
    await faults.begun.wait()
    closing = asyncio.ensure_future(app.close())
    # Closing waits for the commit.
    await asyncio.sleep(0)
    faults.gate.set()
    await ann.expect("ack")
    await ann.expect("server_shutdown")
    assert await ann.closed() == 1001
    await closing


async def until_writable(store: Store) -> None:
    while True:
        try:
            return await store.ping()
        except StorageUnavailable:
            await asyncio.sleep(0)


async def test_an_edit_whose_commit_hangs_and_is_stored_later_is_applied_once(
    make_app: Make, tmp_path: Path
) -> None:
    app = await make_app(database_busy_timeout_seconds=60, database_timeout_seconds=1)
    ann = await connect(app, "doc", client_id="a")
    await ann.expect("document_state")
    other = sqlite3.connect(tmp_path / "collab.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.expect("error"))["code"] == "storage_unavailable"
    # While it hangs, the next one is not even tried.
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.expect("error"))["code"] == "storage_unavailable"
    other.execute("ROLLBACK")
    other.close()
    await until_writable(app.manager.store)
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.acknowledged() == 1
    assert (await app.manager.read_document("doc"))[1:] == (1, "x")
