"""A document that was deleted, and what means nothing in open mode, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from collab.app import Collab
from collab.auth import User, make_token
from tests.conftest import Make

SECRET = "a secret of at least thirty-two bytes"
ACCESS = "/api/documents/doc/access"

CALLS: list[tuple[str, str, Any]] = [
    ("GET", "/api/documents/doc", None),
    ("HEAD", "/api/documents/doc", None),
    ("GET", "/api/documents/doc?version=0", None),
    ("PATCH", "/api/documents/doc", {"title": "New"}),
    ("DELETE", "/api/documents/doc", None),
    ("GET", "/api/documents/doc/operations", None),
    ("POST", "/api/documents/doc/restore", {"version": 0}),
    ("GET", ACCESS, None),
    ("PUT", f"{ACCESS}/users/bob", {"role": "viewer"}),
    ("DELETE", f"{ACCESS}/users/bob", None),
    ("PUT", f"{ACCESS}/users?user_id=bob", {"role": "viewer"}),
    ("DELETE", f"{ACCESS}/users?user_id=bob", None),
    ("POST", f"{ACCESS}/links", {"role": "viewer"}),
    ("DELETE", f"{ACCESS}/links/x", None),
]


def client(app: Collab, user: User | None = None) -> httpx2.AsyncClient:
    headers = {}
    if user is not None:
        token = make_token(SECRET, user, lifetime_seconds=60)
        headers = {"authorization": f"Bearer {token}"}
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)


@pytest.mark.parametrize(("method", "path", "body"), CALLS)
async def test_every_call_says_of_a_deleted_document_that_it_was(
    make_app: Make, method: str, path: str, body: Any
) -> None:
    app = await make_app(auth="token", token_secret=SECRET)
    await app.manager.create_document("doc", owner="dan")
    await app.manager.delete_document("doc")
    async with client(app, User("ann", role="owner")) as http:
        answer = await http.request(method, path, json=body)
        assert answer.status_code == 410
        if method != "HEAD":
            assert answer.json()["code"] == "document_deleted"
        never = await http.request(method, path.replace("/doc", "/none", 2), json=body)
        assert never.status_code == 404
    # One who had a role by a grant only, and one who never had one, learn nothing.
    for user_id in ("dan", "eve"):
        async with client(app, User(user_id, documents={})) as http:
            assert (await http.request(method, path, json=body)).status_code == 403


async def test_a_document_that_is_made_again_is_there_again(make_app: Make) -> None:
    app = await make_app(auth="token", token_secret=SECRET)
    await app.manager.create_document("doc")
    async with client(app, User("ann", role="owner")) as http:
        assert (await http.delete("/api/documents/doc")).status_code == 204
        assert (await http.get("/api/documents/doc")).status_code == 410
        assert (await http.post("/api/documents", json={"doc_id": "doc"})).status_code == 201
        assert (await http.get("/api/documents/doc")).status_code == 200
        # There is the document, but not this version of it.
        assert (await http.get("/api/documents/doc?version=9")).status_code == 404


async def test_in_open_mode_nothing_is_granted_and_what_was_is_still_removed(app: Collab) -> None:
    record = await app.manager.create_document("doc")
    await app.manager.store.grants.set_grant(record.key, "bob", "viewer", 10)
    async with client(app) as http:
        for answer in (
            await http.put(f"{ACCESS}/users/ann", json={"role": "viewer"}),
            await http.put(f"{ACCESS}/users", params={"user_id": "a"}, json={"role": "viewer"}),
            await http.post(f"{ACCESS}/links", json={"role": "viewer"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
            assert "open mode" in answer.json()["message"]
        assert [each["user_id"] for each in (await http.get(ACCESS)).json()["users"]] == ["bob"]
        assert (await http.delete(f"{ACCESS}/users/bob")).status_code == 204
        assert (await http.get(ACCESS)).json()["users"] == []


@pytest.mark.parametrize("search", ["\0", "\0x", "x\0", "\n", "\u202e"])
async def test_a_search_for_what_no_title_holds_lists_nothing(app: Collab, search: str) -> None:
    await app.manager.create_document("doc", title="x")
    async with client(app) as http:
        answer = await http.get("/api/documents", params={"search": search})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
