"""A document whose type is no longer there, because its package was uninstalled."""

from __future__ import annotations

import httpx2
import pytest

from collab.ot import registry
from tests.conftest import Make
from tests.ot.laws import TYPES
from tests.wire import connect


async def test_it_is_refused_by_name_and_no_other_document_notices(
    make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "growset" in {cases.name for cases in TYPES}
    app = await make_app()
    await app.manager.import_document("set", ["a"], doc_type="growset")
    await app.close()
    known = {name: kind for name, kind in registry._types.items() if name != "growset"}
    monkeypatch.setattr(registry, "_types", known)
    app = await make_app()
    wire = await connect(app, "set")
    answer = await wire.expect("error")
    assert (answer["code"], await wire.closed()) == ("wrong_doc_type", 1008)
    assert "there is no document type 'growset': known are 'json'" in answer["message"]
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        read = await http.get("/api/documents/set")
        assert (read.status_code, read.json()["code"]) == (409, "wrong_doc_type")
        listed = (await http.get("/api/documents")).json()["documents"]
        assert [(each["doc_id"], each["doc_type"]) for each in listed] == [("set", "growset")]
    other = await connect(app, "doc")
    await other.expect("document_state")
    await other.edit(1, 0, {"insert": "x"})
    assert await other.acknowledged() == 1
