"""Pages of other origins, and the HTTP API: what a browser asks, and what it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from collab.app import Collab
from collab.auth import User, make_token
from tests.conftest import Make

SECRET = "a secret of at least thirty-two bytes"
FRIEND = "https://friend.example"
STRANGER = "https://stranger.example"
SHARED = "access-control-allow-origin"

Client = httpx2.AsyncClient


def client(app: Collab, token: str = "") -> Client:
    headers = {"authorization": f"Bearer {token}"} if token else {}
    transport = httpx2.ASGITransport(app=app)
    return Client(transport=transport, base_url="http://testserver", headers=headers)


@pytest.fixture
async def http(make_app: Make) -> AsyncIterator[Client]:
    app = await make_app(allowed_origins=(FRIEND,), auth="token", token_secret=SECRET)
    await app.manager.create_document("doc", owner="ann")
    token = make_token(SECRET, User("ann", role="owner"), lifetime_seconds=60)
    async with client(app, token) as http:
        yield http


async def preflight(
    http: Client, path: str, method: str, origin: str = FRIEND, **headers: str
) -> httpx2.Response:
    asked = {"origin": origin, "access-control-request-method": method, **headers}
    del http.headers["authorization"]
    return await http.options(path, headers=asked)


def listed(answer: httpx2.Response, name: str) -> set[str]:
    return {each.strip().lower() for each in answer.headers.get(name, "").split(",")}


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/api/documents", "GET"),
        ("/api/documents", "POST"),
        ("/api/documents/doc", "PATCH"),
        ("/api/documents/doc", "DELETE"),
        ("/api/documents/doc/operations", "GET"),
        ("/api/documents/doc/restore", "POST"),
        ("/api/documents/doc/access/users/a%2Fb", "PUT"),
        ("/api/documents/doc/access/links", "POST"),
        ("/api/session", "GET"),
    ],
)
async def test_a_browser_that_asks_is_told_what_pages_of_the_origin_may_do(
    http: Client, path: str, method: str
) -> None:
    headers = {"access-control-request-headers": "authorization,content-type"}
    answer = await preflight(http, path, method, **headers)
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers[SHARED] == FRIEND
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert method.lower() in listed(answer, "access-control-allow-methods")
    assert {"authorization", "content-type", "if-none-match"} <= listed(
        answer, "access-control-allow-headers"
    )
    assert int(answer.headers["access-control-max-age"]) > 0
    assert "origin" in listed(answer, "vary")


@pytest.mark.parametrize(
    "origin", [STRANGER, "null", "http://friend.example", f"{FRIEND}:444", "http://["]
)
async def test_other_origins_are_refused_and_told_nothing(http: Client, origin: str) -> None:
    answer = await preflight(http, "/api/documents/doc", "DELETE", origin)
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert SHARED not in answer.headers
    assert "origin" in listed(answer, "vary")


async def test_a_method_that_there_is_none_of_is_refused(http: Client) -> None:
    answer = await preflight(http, "/api/documents", "PUT")
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")


@pytest.mark.parametrize("method", ["POST", "DELETE"])
async def test_signing_in_and_out_is_for_the_own_host(http: Client, method: str) -> None:
    assert (await preflight(http, "/api/session", method)).status_code == 403
    answer = await http.request(method, "/api/session", headers={"origin": FRIEND}, json={})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_what_is_answered_can_be_read_by_pages_of_the_origin_only(http: Client) -> None:
    calls: list[tuple[str, str, Any, int]] = [
        ("GET", "/api/documents/doc", None, 200),
        ("HEAD", "/api/documents/doc", None, 200),
        ("POST", "/api/documents", {}, 201),
        ("PATCH", "/api/documents/doc", {"title": "New"}, 200),
        ("GET", "/api/documents/none", None, 404),
        ("GET", "/api/nothing", None, 404),
        ("PUT", "/api/documents", None, 405),
        ("POST", "/api/documents", {"unknown": 1}, 400),
        ("GET", "/api/session", None, 200),
    ]
    for method, path, body, status in calls:
        answer = await http.request(method, path, json=body, headers={"origin": FRIEND})
        assert answer.status_code == status
        assert answer.headers[SHARED] == FRIEND
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert {"etag", "retry-after"} <= listed(answer, "access-control-expose-headers")
        assert "origin" in listed(answer, "vary")
        for headers in ({}, {"origin": STRANGER}):
            other = await http.request(method, path, json=body, headers=headers)
            assert SHARED not in other.headers
            assert "origin" in listed(other, "vary")


async def test_a_page_can_read_when_to_come_again(make_app: Make) -> None:
    app = await make_app(
        allowed_origins=(FRIEND,),
        address_requests_burst=1,
        address_requests_per_second=0.001,
    )
    async with client(app) as http:
        headers = {"origin": FRIEND}
        answers = [await http.get("/api/documents", headers=headers) for _ in range(3)]
    assert answers[-1].status_code == 429
    assert answers[-1].headers[SHARED] == FRIEND
    assert "retry-after" in answers[-1].headers


async def test_every_origin_may_be_let_in_but_without_cookies(make_app: Make) -> None:
    app = await make_app(allowed_origins=("*", FRIEND))
    async with client(app) as http:
        for origin, shown, credentials in ((STRANGER, "*", None), (FRIEND, FRIEND, "true")):
            asked = {"origin": origin, "access-control-request-method": "POST"}
            for answer in (
                await http.options("/api/documents", headers=asked),
                await http.post("/api/documents", json={}, headers={"origin": origin}),
            ):
                assert answer.status_code in (201, 204)
                assert answer.headers[SHARED] == shown
                assert answer.headers.get("access-control-allow-credentials") == credentials


async def test_without_the_setting_nothing_is_shared(app: Collab) -> None:
    async with client(app) as http:
        asked = {"origin": FRIEND, "access-control-request-method": "POST"}
        assert (await http.options("/api/documents", headers=asked)).status_code == 403
        answer = await http.get("/api/documents", headers={"origin": FRIEND})
        assert answer.status_code == 200
        assert not {SHARED, "vary"} & answer.headers.keys()
        # Not what a browser asks first.
        assert (await http.options("/api/documents")).status_code == 405
