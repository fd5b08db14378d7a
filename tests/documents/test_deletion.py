"""Deleted documents: who comes back is told, and nobody makes one anew by accident."""

from __future__ import annotations

import pytest

from collab.app import Collab
from collab.errors import DocumentDeleted, DocumentFull, NoSuchDocument
from tests.conftest import Make
from tests.wire import Wire, connect

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
    assert await app.manager.repository.find_document("doc") is None
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
    assert not await app.manager.repository.was_deleted("doc")


async def test_an_import_that_fails_leaves_no_trace(app: Collab) -> None:
    with pytest.raises(DocumentFull):
        await app.manager.import_document("doc", "x" * 10_000_001)
    with pytest.raises(NoSuchDocument):
        await app.manager.handle_edit("doc", "bot", INSERT)
