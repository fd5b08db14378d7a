"""Grants to users of every id that a user may have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from collab.app import Collab
from collab.auth import User, make_token
from collab.errors import InvalidRequest
from tests.conftest import Make
from tests.served import Serve

SECRET = "a secret of at least thirty-two bytes"
ACCESS = "/api/documents/doc/access"
IDS = (
    "google-oauth2|1234/56",
    "https://idp.example/users/7?tenant=a&b=c#top",
    "a//b",
    "/",
    "//",
    "a/",
    "/a",
    ".",
    "..",
    "../..",
    "a/../b",
    "%",
    "%2F",
    "%252e",
    "a%2Fb/c",
    "?",
    "#",
    "a b",
    " a ",
    "a+b",
    "user@example.org",
    "Zoë",
    "ユーザー",
    "\U0001f469\u200d\U0001f52c",
    "users",
    "links",
    "a;b=c",
    "a\\b",
    '"',
    "<script>",
    "x" * 128,
)


def token(user_id: str, role: str | None = None) -> str:
    documents = {"*": role} if role else {}
    return make_token(SECRET, User(user_id, documents=documents), lifetime_seconds=60)  # type: ignore[arg-type]


@pytest.fixture
async def app(make_app: Make) -> Collab:
    app = await make_app(auth="token", token_secret=SECRET)
    await app.manager.create_document("doc", owner="ann")
    return app


@pytest.fixture
async def http(app: Collab) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    headers = {"authorization": f"Bearer {token('ann')}"}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", headers=headers
    ) as client:
        yield client


def in_path(user_id: str, server: str = "http://testserver") -> httpx2.URL:
    # The client would resolve dots that are not encoded.
    encoded = quote(user_id.encode("utf-8", "surrogatepass"), safe="").replace(".", "%2E")
    return httpx2.URL(server).copy_with(raw_path=f"{ACCESS}/users/{encoded}".encode())


async def granted(http: httpx2.AsyncClient) -> dict[str, str]:
    users = (await http.get(ACCESS)).json()["users"]
    return {each["user_id"]: each["role"] for each in users if each["user_id"] != "ann"}


@pytest.mark.parametrize("user_id", IDS)
async def test_an_id_is_granted_to_and_revoked_by_path(
    http: httpx2.AsyncClient, user_id: str
) -> None:
    given = await http.put(in_path(user_id), json={"role": "editor"})
    assert (given.status_code, given.json()["user_id"]) == (200, user_id)
    assert await granted(http) == {user_id: "editor"}
    assert (await http.delete(in_path(user_id))).status_code == 204
    assert await granted(http) == {}
    assert (await http.delete(in_path(user_id))).status_code == 404


@pytest.mark.parametrize("user_id", IDS)
async def test_an_id_is_granted_to_and_revoked_by_query(
    app: Collab, http: httpx2.AsyncClient, user_id: str
) -> None:
    place: Any = {"url": f"{ACCESS}/users", "params": {"user_id": user_id}}
    assert (await http.put(**place, json={"role": "viewer"})).status_code == 200
    headers = {"authorization": f"Bearer {token(user_id)}"}
    assert (await http.get("/api/documents/doc", headers=headers)).status_code == 200
    assert (await http.delete(**place)).status_code == 204
    assert (await http.get("/api/documents/doc", headers=headers)).status_code == 403


def may_be(user_id: str) -> bool:
    try:
        return bool(User(user_id))
    except InvalidRequest:
        return False


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(user_id=st.text(max_size=130))
async def test_what_a_user_may_be_called_can_be_granted_to_and_nothing_else(
    http: httpx2.AsyncClient, user_id: str
) -> None:
    by_path = await http.put(in_path(user_id), json={"role": "editor"})
    by_query = await http.put(
        f"{ACCESS}/users", params={"user_id": user_id}, json={"role": "editor"}
    )
    if may_be(user_id):
        assert by_path.json()["user_id"] == by_query.json()["user_id"] == user_id
        if user_id != "ann":
            assert await granted(http) == {user_id: "editor"}
            assert (await http.delete(in_path(user_id))).status_code == 204
    else:
        for answer in (by_path, by_query):
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


@pytest.mark.parametrize("sent", ["%FF", "a%C3", "%ED%A0%80"])
async def test_an_id_that_is_not_utf_8_is_nobodys(http: httpx2.AsyncClient, sent: str) -> None:
    url = httpx2.URL("http://testserver").copy_with(raw_path=f"{ACCESS}/users/{sent}".encode())
    for place in (url, f"{ACCESS}/users?user_id={sent}"):
        answer = await http.put(place, json={"role": "editor"})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    assert await granted(http) == {}


async def test_without_an_id_there_is_nothing_to_grant(http: httpx2.AsyncClient) -> None:
    for place in (f"{ACCESS}/users", f"{ACCESS}/users/", f"{ACCESS}/users?user_id="):
        for answer in (await http.put(place, json={"role": "editor"}), await http.delete(place)):
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_an_id_comes_through_a_real_server_as_it_was_sent(serve: Serve, app: Collab) -> None:
    served = await serve(app)
    headers = {"authorization": f"Bearer {token('ann')}"}
    async with httpx2.AsyncClient(headers=headers) as http:
        for user_id in IDS:
            answer = await http.put(in_path(user_id, served.url), json={"role": "editor"})
            assert (answer.status_code, answer.json()["user_id"]) == (200, user_id)
