"""A commit that is given up, and stored when nobody waits for it any more: its edits are applied
once, and their authors find them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from collab.app import Collab
from collab.errors import StorageUnavailable
from collab.storage import Append, Repository
from tests.conftest import Make
from tests.wire import Wire, connect


class LateRepository(Repository):
    """The real repository; a batch that meets `hang` is stored by `store_late`."""

    hang = False
    given_up: Sequence[Append] = ()
    gate: asyncio.Event | None = None

    async def append(self, batch: Sequence[Append]) -> list[bool]:
        if self.hang:
            self.hang, self.given_up = False, batch
            raise StorageUnavailable("the database has not answered")
        if self.gate is not None:
            await self.gate.wait()
        return await super().append(batch)

    async def store_late(self) -> None:
        assert await super().append(self.given_up) == [True]


@pytest.fixture
async def late(app: Collab) -> LateRepository:
    repository = app.manager.repository
    repository.__class__ = LateRepository
    assert isinstance(repository, LateRepository)
    return repository


async def give_up_an_edit(ann: Wire, late: LateRepository) -> None:
    """Ann inserts "x", and is told that it could not be stored."""
    late.hang = True
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.until("error"))["code"] == "storage_unavailable"


async def test_it_is_acknowledged_once_it_is_sent_again(app: Collab, late: LateRepository) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await give_up_an_edit(ann, late)
    await late.store_late()
    await ann.edit(1, 0, {"insert": "x"})
    assert (await ann.until("ack"))["version"] == 1
    assert (await bob.until("document_change"))["version"] == 1
    assert (await app.manager.read_document("doc"))[1:] == (1, "x")


async def test_its_author_finds_it_in_the_content_after_joining_anew(
    app: Collab, late: LateRepository
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await give_up_an_edit(ann, late)
    await ann.leave()
    await late.store_late()
    state = await (await connect(app, "doc", client_id="a")).expect("document_state")
    assert (state["content"], state["version"], state["last_id"]) == ("x", 1, 1)
    assert (await bob.until("document_change"))["version"] == 1


async def test_its_author_may_resume_and_go_on(app: Collab, late: LateRepository) -> None:
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


async def test_a_server_side_edit_is_applied_once(app: Collab, late: LateRepository) -> None:
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
    app = await make_app(transform_maximum_operations=2)
    late = app.manager.repository
    late.__class__ = LateRepository
    assert isinstance(late, LateRepository)
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
