"""A commit that is given up, and stored when nobody waits for it any more: its edits are applied
once, and their authors find them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from collab.app import Collab
from collab.auth import Role, User, make_token
from collab.errors import StorageUnavailable
from collab.storage import Append
from tests.conftest import Make
from tests.storeoverrides import StoreOverrides
from tests.wire import Wire, connect

SECRET = "a secret of at least thirty-two bytes"
LARGEST = 2**53 - 1


def token_of(role: Role) -> str:
    return make_token(SECRET, User("ann", "", documents={"doc": role}), lifetime_seconds=60)


def edit_of(edit_id: int, version: int, operation: Any) -> dict[str, Any]:
    return {"type": "edit", "id": edit_id, "version": version, "operation": operation}


class LateStore(StoreOverrides):
    """The real store; a batch that meets `hang` is stored by `store_late`."""

    hang = False
    given_up: Sequence[Append] = ()
    gate: asyncio.Event | None = None

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        if self.hang:
            self.hang, self.given_up = False, batch
            raise StorageUnavailable("the database has not answered")
        if self.gate is not None:
            await self.gate.wait()
        return await self.real.append(batch)

    async def store_late(self) -> None:
        assert all(await self.real.append(self.given_up))


@pytest.fixture
async def late(app: Collab) -> LateStore:
    return LateStore(app.manager.store)


async def give_up_an_edit(ann: Wire, late: LateStore) -> None:
    """Ann inserts "x", and is told that it could not be stored."""
    late.hang = True
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.until("error"))["code"] == "storage_unavailable"


async def test_it_is_acknowledged_once_it_is_sent_again(app: Collab, late: LateStore) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await give_up_an_edit(ann, late)
    await late.store_late()
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.until("ack"))["version"] == 1
    assert (await bob.until("document_change"))["version"] == 1
    assert (await app.manager.read_document("doc"))[1:] == (1, "x")


async def test_its_author_finds_it_in_the_content_after_joining_anew(
    app: Collab, late: LateStore
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await give_up_an_edit(ann, late)
    await ann.leave()
    await late.store_late()
    state = await (await connect(app, "doc", client_id="a")).expect("document_state")
    assert (state["content"], state["version"], state["last_id"]) == ("x", 1, 1)
    assert (await bob.until("document_change"))["version"] == 1


async def test_its_author_may_resume_and_go_on(app: Collab, late: LateStore) -> None:
    ann = await connect(app, "doc", client_id="a")
    epoch = (await ann.receive())["epoch"]
    await connect(app, "doc", client_id="b")
    await give_up_an_edit(ann, late)
    await ann.leave()
    await late.store_late()
    ann = await connect(app, "doc", client_id="a", version=0, epoch=epoch)
    assert (await ann.expect("document_resumed"))["last_id"] == 1
    assert (await ann.until("ack"))["version"] == 1
    await ann.edit(2, 1, {"insert": "y"})
    assert (await ann.until("ack"))["version"] == 2


async def test_a_server_side_edit_is_applied_once(app: Collab, late: LateStore) -> None:
    await app.manager.create_document("doc")
    await connect(app, "doc", client_id="b")
    insert = {"ops": [{"insert": "x"}]}
    late.hang = True
    with pytest.raises(StorageUnavailable):
        await app.manager.handle_edit("doc", "ann", insert, 0, client_id="a", edit_id=1)
    await late.store_late()
    for _ in range(2):
        made = await app.manager.handle_edit("doc", "ann", insert, 0, client_id="a", edit_id=1)
        assert made == 1
    assert (await app.manager.read_document("doc"))[1:] == (1, "x")


async def test_it_is_acknowledged_though_it_is_too_far_behind_by_then(make_app: Make) -> None:
    app = await make_app(max_transform_operations=2)
    late = LateStore(app.manager.store)
    ann = await connect(app, "doc", client_id="a")
    await give_up_an_edit(ann, late)
    await late.store_late()
    others = [await connect(app, "doc", client_id=name) for name in "bcd"]
    late.gate = asyncio.Event()
    try:
        for other in others:
            await other.edit(1, 0, {"insert": "y"})
            await other.send({"type": "ping"})
            await other.until("pong")
        await ann.edit(1, 0, {"insert": "x"})
        assert (await ann.until("ack"))["version"] == 1
    finally:
        late.gate.set()


@pytest.fixture
async def small(make_app: Make) -> tuple[Collab, LateStore]:
    """An application whose documents are full with three letters."""
    app = await make_app(max_document_size=3)
    return app, LateStore(app.manager.store)


async def test_it_is_acknowledged_though_the_document_is_full_by_then(
    small: tuple[Collab, LateStore],
) -> None:
    app, late = small
    ann = await connect(app, "doc", client_id="a")
    await give_up_an_edit(ann, late)
    await late.store_late()
    bob = await connect(app, "doc", client_id="b")
    late.gate = asyncio.Event()
    try:
        await bob.edit(1, 0, {"insert": "yyy"})
        await bob.send({"type": "ping"})
        await bob.until("pong")
        await ann.edit(1, 0, {"insert": "x"})
        assert (await ann.until("ack"))["version"] == 1
    finally:
        late.gate.set()
    assert (await app.manager.read_document("doc"))[1:] == (1, "x")


async def test_it_is_acknowledged_where_it_does_not_fit_any_more(
    app: Collab, late: LateStore
) -> None:
    """Numbers are added exactly, and half of one to the largest can't be."""
    await app.manager.import_document("doc", {"n": 0}, doc_type="json")
    ann = await connect(app, "doc", client_id="a", doc_type="json")
    late.hang = True
    await ann.send(edit_of(1, 1, [{"p": ["n"], "na": 0.5}]))
    assert (await ann.until("error"))["code"] == "storage_unavailable"
    await late.store_late()
    bob = await connect(app, "doc", client_id="b", doc_type="json")
    late.gate = asyncio.Event()
    try:
        await bob.send(edit_of(1, 1, [{"p": ["n"], "na": LARGEST}]))
        await bob.send({"type": "ping"})
        await bob.until("pong")
        await ann.send(edit_of(1, 1, [{"p": ["n"], "na": 0.5}]))
        assert (await ann.until("ack"))["version"] == 2
    finally:
        late.gate.set()


async def test_it_is_not_refused_for_good_while_it_may_still_be_stored(
    make_app: Make, tmp_path: Path
) -> None:
    app = await make_app(
        max_document_size=3, database_busy_timeout_seconds=60, database_timeout_seconds=1
    )
    await app.manager.import_document("doc", "abc")
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    other = sqlite3.connect(tmp_path / "collab.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    # There is room for it by another edit, which comes in the same turn of the loop: they are in
    # one commit.
    await bob.edit(1, 1, {"delete": 3})
    await ann.edit(1, 1, {"insert": "x"})
    assert (await ann.until("error"))["code"] == "storage_unavailable"
    # Now there is none, but nobody knows yet whether it will be stored.
    await ann.edit(1, 1, {"insert": "x"})
    assert (await ann.until("error"))["code"] == "storage_unavailable"
    other.execute("ROLLBACK")
    other.close()
    answer: dict[str, Any] = {"type": "error", "code": "storage_unavailable"}
    while answer["type"] == "error":
        assert answer["code"] == "storage_unavailable"
        await ann.edit(1, 1, {"insert": "x"})
        answer = await ann.receive()
        while answer["type"] not in ("ack", "error"):
            answer = await ann.receive()
    assert answer["version"] == 3
    assert (await app.manager.read_document("doc"))[1:] == (3, "x")


async def test_it_is_acknowledged_to_who_may_only_read_by_then(make_app: Make) -> None:
    app = await make_app(auth="token", token_secret=SECRET)
    late = LateStore(app.manager.store)
    await app.manager.create_document("doc")
    ann = await connect(app, "doc", client_id="a", token=token_of("editor"))
    await give_up_an_edit(ann, late)
    await ann.leave()
    ann = await connect(app, "doc", client_id="a", token=token_of("viewer"))
    await late.store_late()
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.until("ack"))["version"] == 1
    await ann.edit(2, 1, {"insert": "y"})
    assert (await ann.until("error"))["code"] == "read_only"


async def test_an_edit_whose_ack_was_lost_is_acknowledged_to_who_may_only_read_by_then(
    make_app: Make,
) -> None:
    app = await make_app(auth="token", token_secret=SECRET)
    await app.manager.create_document("doc")
    ann = await connect(app, "doc", client_id="a", token=token_of("editor"))
    epoch = (await ann.receive())["epoch"]
    await ann.edit(1, 0, {"insert": "x"})
    assert await ann.acknowledged() == 1
    await ann.leave()
    # As if the ack had not arrived: it resumes from before it, and sends the edit again.
    query = {"version": 0, "epoch": epoch, "token": token_of("viewer")}
    ann = await connect(app, "doc", client_id="a", **query)
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.until("ack"))["version"] == 1
    await ann.send({"type": "ping"})
    while (frame := await ann.receive())["type"] != "pong":
        assert frame["type"] == "ack"
