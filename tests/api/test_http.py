"""The HTTP API, the pages and the health checks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from collab.api.assets import BUILT, Assets
from collab.app import Collab
from collab.resources import resource_folder
from tests.api.described import Described, read_description
from tests.conftest import Make
from tests.wire import connect


@pytest.fixture
async def http(app: Collab) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    description = (await read_description(app)).json()
    hooks: dict[str, Any] = {"response": [Described(description)]}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", event_hooks=hooks
    ) as client:
        yield client


async def write(app: Collab, doc_id: str, *texts: str) -> None:
    for text in texts:
        await app.manager.handle_edit(doc_id, "ann", {"ops": [{"insert": text}]})


async def test_a_document_is_created_read_renamed_and_deleted(
    app: Collab, http: httpx2.AsyncClient
) -> None:
    created = await http.post("/api/documents", json={"doc_id": "doc", "title": "Notes"})
    assert created.status_code == 201
    assert created.json()["title"] == "Notes"
    await write(app, "doc", "world", "hello ")
    document = (await http.get("/api/documents/doc")).json()
    assert set(document) == {
        "doc_id", "doc_type", "title", "version", "content", "created_at", "updated_at"
    }  # fmt: skip
    assert (document["content"], document["version"]) == ("hello world", 2)
    assert document["created_at"].endswith("Z")
    renamed = await http.patch("/api/documents/doc", json={"title": "Better"})
    assert renamed.json()["title"] == "Better"
    assert (await http.delete("/api/documents/doc")).status_code == 204
    missing = await http.get("/api/documents/doc")
    assert missing.status_code == 410
    assert missing.json()["code"] == "document_deleted"
    missing = await http.get("/api/documents/none")
    assert missing.status_code == 404
    assert missing.json()["code"] == "not_found"


@pytest.mark.parametrize("query", ["", "?version=1"])
async def test_content_is_sent_once_to_who_says_what_they_have(
    app: Collab, http: httpx2.AsyncClient, query: str
) -> None:
    await app.manager.create_document("doc")
    await write(app, "doc", "a")
    path = f"/api/documents/doc{query}"
    answer = await http.get(path)
    tag = answer.headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        unchanged = await http.get(path, headers={"if-none-match": known})
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        assert unchanged.headers["etag"] == tag
    assert (await http.head(path)).headers["etag"] == tag
    assert (await http.get(path, headers={"if-none-match": '"other"'})).json() == answer.json()
    await http.patch("/api/documents/doc", json={"title": "New"})
    renamed = await http.get(path, headers={"if-none-match": tag})
    assert renamed.json()["title"] == "New"
    await write(app, "doc", "b")
    changed = await http.get(path, headers={"if-none-match": renamed.headers["etag"]})
    assert changed.json()["content"] == ("a" if query else "ba")
    missing = await http.get("/api/documents/doc?version=9", headers={"if-none-match": "*"})
    assert missing.status_code == 404


async def test_every_past_version_can_be_read(make_app: Make) -> None:
    app = await make_app(snapshot_interval_operations=3)
    await app.manager.create_document("doc")
    await write(app, "doc", *"abcdefgh")
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        for version in range(9):
            answer = await http.get("/api/documents/doc", params={"version": version})
            assert answer.json()["content"] == "abcdefgh"[:version][::-1]
            assert answer.json()["version"] == version
        assert (await http.get("/api/documents/doc?version=9")).status_code == 404
        assert (await http.get("/api/documents/doc?version=x")).status_code == 400


async def test_a_version_is_restored_by_an_edit_of_who_asked(
    app: Collab, http: httpx2.AsyncClient
) -> None:
    await app.manager.create_document("doc")
    await write(app, "doc", "world", "hello ")
    restored = await http.post("/api/documents/doc/restore", json={"version": 1})
    assert (restored.status_code, restored.json()) == (200, {"doc_id": "doc", "version": 3})
    assert (await http.get("/api/documents/doc")).json()["content"] == "world"
    assert (await http.get("/api/documents/doc?version=2")).json()["content"] == "hello world"
    listed = (await http.get("/api/documents/doc/operations?after=2")).json()["operations"]
    assert [entry["operation"] for entry in listed] == [{"ops": [{"delete": 6}]}]


async def test_documents_are_listed_newest_first_in_pages(
    app: Collab, http: httpx2.AsyncClient
) -> None:
    for number in range(5):
        await app.manager.create_document(f"doc{number}", title=f"Title {number}")
    await write(app, "doc1", "x")
    first = (await http.get("/api/documents", params={"limit": 2})).json()
    second = (await http.get("/api/documents", params={"limit": 9, "after": first["next"]})).json()
    ids = [document["doc_id"] for document in first["documents"] + second["documents"]]
    assert ids == ["doc1", "doc4", "doc3", "doc2", "doc0"]
    assert second["next"] is None
    found = (await http.get("/api/documents", params={"search": "title 3"})).json()
    assert [document["doc_id"] for document in found["documents"]] == ["doc3"]


async def test_operations_are_listed_ascending(app: Collab, http: httpx2.AsyncClient) -> None:
    wire = await connect(app, "doc", client_id="a", user_id="ann")
    for edit_id in range(1, 4):
        await wire.edit(edit_id, edit_id - 1, {"insert": str(edit_id)})
        await wire.until("ack")
    url = "/api/documents/doc/operations"
    operations = (await http.get(url, params={"after": 1, "limit": 1})).json()["operations"]
    assert len(operations) == 1
    created_at = operations[0].pop("created_at")
    assert created_at.endswith("Z")
    assert operations[0] == {
        "version": 2,
        "operation": {"ops": [{"insert": "2"}]},
        "client_id": "a",
        "id": 2,
        "user_id": "ann",
    }
    assert (await http.get(url, params={"after": 3})).json() == {"operations": []}
    assert (await http.get("/api/documents/none/operations")).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "told"),
    [
        ("POST", "/api/documents", "[]", 400, "JSON object"),
        ("POST", "/api/documents", "{", 400, "not JSON"),
        ("POST", "/api/documents", '{"titel": "x"}', 400, "titel"),
        ("POST", "/api/documents", '{"title": 1}', 400, "title"),
        ("POST", "/api/documents", '{"doc_id": "a b"}', 400, "a b"),
        ("POST", "/api/documents", '{"doc_type": "song"}', 409, "song"),
        ("POST", "/api/documents", json.dumps({"title": "x" * 201}), 400, "200"),
        ("POST", "/api/documents", json.dumps({"title": "x" * 100_000}), 413, "65536"),
        ("PATCH", "/api/documents/none", '{"title": "x"}', 404, "none"),
        ("PATCH", "/api/documents/none", "{}", 400, "title"),
        ("DELETE", "/api/documents/none", "", 404, "none"),
        ("POST", "/api/documents/none/restore", '{"version": 0}', 404, "none"),
        ("POST", "/api/documents/none/restore", "{}", 400, "version"),
        ("POST", "/api/documents/none/restore", '{"version": "0"}', 400, "version"),
        ("GET", "/api/documents?limit=0", "", 400, "limit"),
        ("GET", "/api/documents?after=rubbish", "", 400, "after"),
    ],
)
async def test_a_bad_request_is_answered_with_what_is_wrong(
    http: httpx2.AsyncClient, method: str, path: str, body: str, status: int, told: str
) -> None:
    answer = await http.request(method, path, content=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()) == {"code", "message"}
    assert told in answer.json()["message"]


async def test_unknown_paths_and_methods_are_answered_as_json(http: httpx2.AsyncClient) -> None:
    unknown = await http.get("/api/nothing/here")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    wrong = await http.put("/api/documents")
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert wrong.headers["allow"] == "GET, HEAD, POST"
    assert (await http.head("/api/documents")).status_code == 200


async def test_an_existing_id_is_not_created_again(http: httpx2.AsyncClient) -> None:
    assert (await http.post("/api/documents", json={"doc_id": "doc"})).status_code == 201
    again = await http.post("/api/documents", json={"doc_id": "doc"})
    assert (again.status_code, again.json()["code"]) == (409, "document_exists")


async def test_health(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/healthz")).json() == {"status": "ok"}
    assert (await http.get("/readyz")).json() == {"status": "ok"}


def page_of(name: str) -> str:
    """As it is served: with bundles, where they are not stale."""
    folder = resource_folder("static")
    built = folder / BUILT if Assets(folder).version else folder
    return (built / f"{name}.html").read_text("utf-8")


async def test_pages_and_assets_are_served(http: httpx2.AsyncClient) -> None:
    page = await http.get("/")
    assert page.headers["content-type"].startswith("text/html")
    assert page.text == page_of("index")
    editor = await http.get("/documents/anything")
    assert editor.status_code == 200
    assert editor.text != page.text
    tag = page.headers["etag"]
    again = await http.get("/", headers={"if-none-match": tag})
    assert again.status_code == 304
    plain = {"accept-encoding": "identity"}
    part = await http.get("/", headers={**plain, "range": "bytes=0-4"})
    assert (part.status_code, part.text) == (206, page.text[:5])
    script = await http.get("/static/js/api.js")
    assert script.text == (resource_folder("static") / "js" / "api.js").read_text("utf-8")
    head = await http.head("/static/js/api.js")
    assert (head.status_code, head.content) == (200, b"")
    assert (await http.get("/static/nothing.js")).status_code == 404


async def test_bundles_are_cached_for_ever_and_all_else_is_asked_for_again(
    http: httpx2.AsyncClient,
) -> None:
    bundle = next(resource_folder("static").glob("vendor/codemirror-*.js")).name
    assert "immutable" in (await http.get(f"/static/vendor/{bundle}")).headers["cache-control"]
    for path in ("/", "/static/js/collab/index.js", "/static/vendor/codemirror.js"):
        assert "max-age=0" in (await http.get(path)).headers["cache-control"]


@pytest.mark.parametrize("path", ["/static/../collab/app.py", "/static/%2e%2e/pyproject.toml"])
async def test_no_path_leads_out_of_the_assets(app: Collab, path: str) -> None:
    sent: list[dict[str, Any]] = []

    async def send(event: dict[str, Any]) -> None:
        sent.append(event)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path.replace("%2e", "."),
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [],
    }
    await app(scope, asyncio.Queue().get, send)
    assert sent[0]["status"] == 404


@pytest.mark.parametrize(
    ("doc_type", "page"),
    [("text", "editor"), ("richtext", "richtext"), ("json", "board"), ("growset", "other")],
)
async def test_each_type_of_document_has_its_page(
    app: Collab, http: httpx2.AsyncClient, doc_type: str, page: str
) -> None:
    expected = page_of(page)
    await app.manager.store.catalog.create_document("doc", doc_type)
    answer = await http.get("/documents/doc")
    assert (answer.status_code, answer.text) == (200, expected)
    assert "default-src 'self'" in answer.headers["content-security-policy"]
    # What isn't there yet is made by its page; what is there keeps its type.
    assert (await http.get(f"/documents/new?doc_type={doc_type}")).text == expected
    assert (await http.get("/documents/doc?doc_type=text")).text == expected


async def test_the_page_of_a_document_needs_the_database(
    app: Collab, http: httpx2.AsyncClient
) -> None:
    await app.close()
    assert (await http.get("/documents/doc")).status_code == 503
