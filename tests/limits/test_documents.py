"""How many documents there may be, and be open."""

from __future__ import annotations

import httpx2
import pytest

from collab.app import Collab
from collab.errors import DocumentExists
from tests.conftest import Make
from tests.wire import Refused, connect


def client(app: Collab) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://testserver")


async def test_no_more_documents_are_created_than_may_be_stored(make_app: Make) -> None:
    app = await make_app(max_documents=2)
    await connect(app, "one")
    async with client(app) as http:
        assert (await http.post("/api/documents", json={"doc_id": "two"})).status_code == 201
        answer = await http.post("/api/documents", json={"doc_id": "three"})
        assert (answer.status_code, answer.json()["code"]) == (503, "server_busy")
        assert "2 documents, which is the limit (max_documents)" in answer.text
        with pytest.raises(Refused) as refused:
            await connect(app, "three")
        assert (refused.value.status, refused.value.body["code"]) == (503, "server_busy")
        assert "max_documents" in refused.value.body["message"]
        # Those that there are can be edited, and one that is deleted makes room.
        two = await connect(app, "two")
        await two.expect("document_state")
        await two.edit(1, 0, {"insert": "x"})
        assert await two.acknowledged() == 1
        assert (await http.delete("/api/documents/one")).status_code == 204
        assert (await http.post("/api/documents", json={"doc_id": "three"})).status_code == 201


async def test_keys_of_deleted_documents_do_not_count(make_app: Make) -> None:
    app = await make_app(max_documents=2)
    for _ in range(5):
        await app.manager.create_document("again")
        await app.manager.delete_document("again")
    await app.manager.create_document("one")
    with pytest.raises(DocumentExists):
        await app.manager.create_document("one")
    await app.manager.create_document("two")


async def test_where_the_documents_in_use_are_too_large_no_other_is_opened(make_app: Make) -> None:
    app = await make_app(max_open_size=1000)
    await app.manager.import_document("one", "x" * 1000)
    one = await connect(app, "one")
    with pytest.raises(Refused) as refused:
        await connect(app, "two")
    assert (refused.value.status, refused.value.body["code"]) == (503, "server_busy")
    assert "which is the limit (max_open_size)" in refused.value.body["message"]
    await one.leave()
    await connect(app, "two")
    assert set(app.manager.documents) == {"two"}


async def test_where_all_open_documents_are_in_use_no_other_is_opened(make_app: Make) -> None:
    app = await make_app(max_open_documents=2)
    one = await connect(app, "one")
    await connect(app, "two")
    with pytest.raises(Refused) as refused:
        await connect(app, "three")
    assert (refused.value.status, refused.value.body["code"]) == (503, "server_busy")
    assert (
        "2 documents in use, which is the limit (max_open_documents)"
        in (refused.value.body["message"])
    )
    # Who is in stays in, others may join them, and an idle document makes room.
    await connect(app, "two")
    await one.leave()
    await connect(app, "three")
    assert set(app.manager.documents) == {"two", "three"}
