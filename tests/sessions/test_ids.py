"""Which ids a document may have: `.` and `..` are taken out of a URL by every browser."""

from __future__ import annotations

import pytest

from collab.app import Collab
from collab.errors import InvalidRequest
from tests.wire import Refused, connect

DOTS = [".", ".."]


@pytest.mark.parametrize("doc_id", DOTS)
async def test_no_document_gets_an_id_that_no_url_can_hold(app: Collab, doc_id: str) -> None:
    with pytest.raises(InvalidRequest):
        await app.manager.create_document(doc_id)
    with pytest.raises(InvalidRequest):
        await app.manager.import_document(doc_id, "text")
    for path in (doc_id, doc_id.replace(".", "%2e")):
        with pytest.raises(Refused) as refused:
            await connect(app, path)
        assert refused.value.status == 400
    assert await app.manager.store.catalog.list_documents() == ([], None)


@pytest.mark.parametrize("doc_id", DOTS)
async def test_an_older_document_of_such_an_id_can_be_read_and_deleted(
    app: Collab, doc_id: str
) -> None:
    await app.manager.store.catalog.create_document(doc_id, "text", "Old")
    assert (await app.manager.read_document(doc_id))[0].title == "Old"
    await app.manager.delete_document(doc_id)


@pytest.mark.parametrize("doc_id", ["...", ".hidden", "a.", "operations", "~", "-", "ws", "new"])
async def test_other_ids_that_look_special_are_like_any(app: Collab, doc_id: str) -> None:
    await app.manager.create_document(doc_id)
    wire = await connect(app, doc_id)
    assert (await wire.expect("document_state"))["version"] == 0
