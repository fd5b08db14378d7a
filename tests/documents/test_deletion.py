"""Deleted documents: who comes back is told, and nobody makes one anew by accident."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref

import pytest
from sqlalchemy import Connection, update

from collab.app import Collab
from collab.errors import DocumentDeleted, DocumentFull, NoSuchDocument
from collab.storage.tables import tombstones
from tests.conftest import Make
from tests.storeoverrides import StoreOverrides
from tests.wire import Wire, connect

DAY = 86_400

INSERT = {"ops": [{"insert": "x"}]}


async def told(wire: Wire) -> tuple[str, int]:
    error = await wire.expect("error")
    return error["code"], await wire.closed()


async def test_joining_a_deleted_document_does_not_make_it_anew(app: Collab) -> None:
    wire = await connect(app, "doc", client_id="a")
    epoch = (await wire.receive())["epoch"]
    await app.manager.delete_document("doc", "boss")
    for query in ({}, {"version": 0, "epoch": epoch}):
        wire = await connect(app, "doc", client_id="a", **query)
        assert await told(wire) == ("document_deleted", 4410)
    assert await app.manager.store.catalog.find_document("doc") is None
    with pytest.raises(DocumentDeleted):
        await app.manager.handle_edit("doc", "bot", INSERT)


async def test_that_it_was_deleted_is_told_where_joining_creates_nothing(make_app: Make) -> None:
    app = await make_app(create_on_join=False)
    await app.manager.create_document("doc")
    await app.manager.delete_document("doc")
    assert await told(await connect(app, "doc")) == ("document_deleted", 4410)
    assert await told(await connect(app, "other")) == ("not_found", 4404)


async def test_a_deleted_document_is_made_anew_by_who_means_it(app: Collab) -> None:
    first = await app.manager.create_document("doc")
    await app.manager.delete_document("doc")
    second = await app.manager.create_document("doc")
    assert second.epoch != first.epoch
    wire = await connect(app, "doc")
    assert (await wire.expect("document_state"))["version"] == 0
    assert not await app.manager.store.catalog.was_deleted("doc")


async def delete_days_ago(app: Collab, **days: float) -> None:
    """As if documents of these ids had been deleted then."""
    for doc_id in days:
        await app.manager.create_document(doc_id)
        await app.manager.delete_document(doc_id)
    for doc_id, ago in days.items():
        then = update(tombstones).where(tombstones.c.doc_id == doc_id)
        await app._database.write(
            Connection.execute, then.values(deleted_at=time.time() - ago * DAY)
        )


async def test_a_deletion_is_forgotten_after_its_age_when_another_is_deleted(
    make_app: Make,
) -> None:
    app = await make_app(tombstone_days=30)
    await delete_days_ago(app, young=29.9, old=30.1)
    was_deleted = app.manager.store.catalog.was_deleted
    assert await was_deleted("old")
    await app.manager.create_document("doc")
    await app.manager.delete_document("doc")
    assert [await was_deleted(each) for each in ("old", "young", "doc")] == [False, True, True]
    # Who comes back later makes it anew.
    wire = await connect(app, "old", version=7, epoch="of the old one")
    state = await wire.expect("document_state")
    assert (state["version"], state["content"]) == (0, "")
    assert await told(await connect(app, "young")) == ("document_deleted", 4410)


async def test_only_so_many_deletions_are_forgotten_at_once_and_the_oldest_first(
    make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.storage.tombstones.FORGOTTEN_AT_ONCE", 2)
    app = await make_app(tombstone_days=30)
    await delete_days_ago(app, b=32, c=31, a=33)
    await app.manager.create_document("doc")
    await app.manager.delete_document("doc")
    left = [each for each in "abc" if await app.manager.store.catalog.was_deleted(each)]
    assert left == ["c"]


class Gated(StoreOverrides):
    """The real store; snapshots wait."""

    gate: asyncio.Event
    begun: asyncio.Event

    async def add(self, key: int, version: int, content: str) -> None:
        self.begun.set()
        await self.gate.wait()
        await self.real.add(key, version, content)


async def test_a_deleted_document_is_let_go_though_its_last_snapshot_waits(app: Collab) -> None:
    store = Gated(app.manager.store)
    store.gate, store.begun = asyncio.Event(), asyncio.Event()
    await app.manager.create_document("doc")
    await app.manager.handle_edit("doc", "bot", INSERT)
    held = weakref.ref(app.manager.documents["doc"])
    evicting = asyncio.create_task(app.manager.documents.evict_idle(time.monotonic()))
    try:
        await store.begun.wait()
        await app.manager.delete_document("doc")
        await asyncio.wait_for(evicting, 10)
        gc.collect()
        assert held() is None
    finally:
        store.gate.set()
        await evicting


async def test_an_import_that_fails_leaves_no_trace(app: Collab) -> None:
    with pytest.raises(DocumentFull):
        await app.manager.import_document("doc", "x" * 10_000_001)
    with pytest.raises(NoSuchDocument):
        await app.manager.handle_edit("doc", "bot", INSERT)
