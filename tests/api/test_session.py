"""Signing in with a browser: what a page is told, and the cookie that a token becomes."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from http.cookies import Morsel, SimpleCookie
from typing import Any

import httpx2
import pytest

from collab.app import Collab, create_app
from collab.asgi.requests import HTTPConnection
from collab.auth import Role, User, make_token
from collab.settings import Settings
from tests.conftest import Make
from tests.wire import connect

SECRET = "a secret of at least thirty-two bytes"
SESSION = "/api/session"


@pytest.fixture
async def app(make_app: Make) -> Collab:
    app = await make_app(auth="token", token_secret=SECRET, token_leeway_seconds=0)
    await app.manager.create_document("doc")
    return app


def token(user_id: str = "ann", *, seconds: float = 60, **documents: Any) -> str:
    user = User(user_id, user_id.title(), documents=documents or {"*": "editor"})
    return make_token(SECRET, user, lifetime_seconds=seconds)


def client(
    app: Any, *, url: str = "http://testserver", root_path: str = "", **headers: str
) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app, root_path=root_path)
    return httpx2.AsyncClient(transport=transport, base_url=url, headers=headers)


def cookies_of(answer: httpx2.Response) -> list[Morsel[str]]:
    return [SimpleCookie(each)["collab_token"] for each in answer.headers.get_list("set-cookie")]


# -- what a page is told -----------------------------------------------------------------------


async def test_nobody_is_told_where_to_sign_in(app: Collab) -> None:
    async with client(app) as http:
        answer = (await http.get(SESSION, params={"doc_id": "doc"})).json()
    assert answer == {
        "mode": "token",
        "user": None,
        "role": None,
        "login_url": "sign-in",
        "can_sign_out": False,
    }


async def test_who_is_signed_in_is_told_so_with_their_role(app: Collab) -> None:
    bearer = token(doc="viewer")
    async with client(app, authorization=f"Bearer {bearer}") as http:
        answer = (await http.get(SESSION, params={"doc_id": "doc"})).json()
        assert (answer["user"], answer["role"]) == ({"user_id": "ann", "name": "Ann"}, "viewer")
        # What they hold is no cookie, so there is nothing to be forgotten.
        assert answer["can_sign_out"] is False
        assert (await http.get(SESSION, params={"doc_id": "other"})).json()["role"] is None
        assert (await http.get(SESSION)).json()["role"] is None
        assert (await http.get(SESSION, params={"doc_id": "a b"})).status_code == 400
    for bad in ("forged", token(seconds=-1)):
        async with client(app, authorization=f"Bearer {bad}") as http:
            assert (await http.get(SESSION)).json()["user"] is None


async def test_in_open_mode_nobody_has_to_sign_in(make_app: Make) -> None:
    async with client(await make_app()) as http:
        answer = (await http.get(SESSION)).json()
        assert (answer["mode"], answer["user"], answer["login_url"]) == ("open", None, None)
        assert (await http.post(SESSION, json={"token": "x"})).status_code == 405
        assert (await http.delete(SESSION)).status_code == 405


@pytest.fixture
async def hosted(database: str) -> AsyncIterator[Collab]:
    async def authenticate(connection: HTTPConnection) -> User | None:
        name = connection.cookies.get("session")
        return User(name) if name else None

    async def authorize(user: User, doc_id: str) -> Role | None:
        return "viewer" if user.user_id == "ann" else None

    settings = Settings(database=database, login_url="/login")
    app = create_app(settings, authenticate=authenticate, authorize=authorize)
    async with app.running():
        yield app


async def test_a_host_s_own_login_is_where_pages_send_people(hosted: Collab) -> None:
    async with client(hosted) as http:
        answer = (await http.get(SESSION, params={"doc_id": "doc"})).json()
        assert (answer["mode"], answer["user"], answer["login_url"]) == ("host", None, "/login")
        assert (await http.post(SESSION, json={"token": "x"})).status_code == 405
    for name, role in (("ann", "viewer"), ("bob", None)):
        async with client(hosted, cookie=f"session={name}") as http:
            answer = (await http.get(SESSION, params={"doc_id": "doc"})).json()
        assert (answer["user"]["user_id"], answer["role"]) == (name, role)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/\\evil", "login", "x:/y"]
)
def test_a_login_url_is_a_path_or_a_web_address(url: str) -> None:
    with pytest.raises(ValueError, match="login_url"):
        Settings(login_url=url)


@pytest.mark.parametrize("url", ["/", "/login", "https://login.example/in?a=b", "http://x"])
def test_a_login_url_may_be_anywhere_on_the_web(url: str) -> None:
    assert Settings(login_url=url).login_url == url


# -- in ----------------------------------------------------------------------------------------


async def test_a_good_token_becomes_a_cookie_that_no_script_reads(app: Collab) -> None:
    good = token()
    async with client(app, origin="http://testserver") as http:
        answer = await http.post(SESSION, json={"token": f" {good}\n"})
        assert answer.json() == {"user": {"user_id": "ann", "name": "Ann"}}
        [cookie] = cookies_of(answer)
        assert cookie.value == good
        assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "lax", "/")
        assert cookie["secure"] == ""
        assert 50 <= int(cookie["max-age"]) <= 60
        assert good not in answer.text
        session = (await http.get(SESSION)).json()
    assert (session["user"]["user_id"], session["can_sign_out"]) == ("ann", True)


@pytest.mark.parametrize(
    ("url", "origin"),
    [("https://testserver", "https://testserver"), ("http://testserver", "https://testserver")],
    ids=["by https", "behind a proxy that ends TLS"],
)
async def test_over_https_the_cookie_is_for_https_only(app: Collab, url: str, origin: str) -> None:
    async with client(app, url=url, origin=origin) as http:
        [cookie] = cookies_of(await http.post(SESSION, json={"token": token()}))
    assert cookie["secure"] is True


async def test_below_a_path_the_cookie_is_for_that_path_only(app: Collab) -> None:
    async with client(app, root_path="/collab") as http:
        [cookie] = cookies_of(await http.post(f"/collab{SESSION}", json={"token": token()}))
    assert cookie["path"] == "/collab"


@pytest.mark.parametrize(
    "text", ["", "forged", token(seconds=-1), make_token("x" * 32, User("a"), lifetime_seconds=9)]
)
async def test_a_bad_token_becomes_no_cookie(app: Collab, text: str) -> None:
    async with client(app) as http:
        answer = await http.post(SESSION, json={"token": text})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert cookies_of(answer) == []
    assert not text or text not in answer.text


@pytest.mark.parametrize("body", [{}, {"token": 1}, {"token": None}, {"token": "x", "more": 1}, []])
async def test_what_holds_no_token_is_malformed(app: Collab, body: Any) -> None:
    async with client(app) as http:
        assert (await http.post(SESSION, json=body)).status_code == 400


async def test_a_token_that_no_browser_would_keep_is_refused(app: Collab) -> None:
    others: dict[str, Any] = {f"a-document-of-many-{number}": "viewer" for number in range(100)}
    large = token(**others)
    async with client(app) as http:
        answer = await http.post(SESSION, json={"token": large})
    assert answer.status_code == 400
    assert "browsers keep 4096" in answer.json()["message"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "https://friend.example"])
async def test_pages_of_other_origins_sign_nobody_in_or_out(make_app: Make, origin: str) -> None:
    # Not even those that may edit: they would sign somebody in as somebody else.
    allowed = ("https://friend.example",)
    app = await make_app(auth="token", token_secret=SECRET, allowed_origins=allowed)
    body = json.dumps({"token": token()})
    async with client(app, origin=origin, **{"content-type": "text/plain"}) as http:
        for answer in (await http.post(SESSION, content=body), await http.delete(SESSION)):
            assert answer.status_code == 403
            assert cookies_of(answer) == []


# -- out ---------------------------------------------------------------------------------------


async def test_signing_out_forgets_the_cookie_and_ends_the_connections(app: Collab) -> None:
    good = token()
    wire = await connect(app, "doc", headers={"cookie": f"collab_token={good}"})
    other = await connect(app, "doc", token=token("bob"))
    async with client(app, root_path="/collab") as http:
        await http.post(f"/collab{SESSION}", json={"token": good})
        answer = await http.delete(f"/collab{SESSION}")
        assert answer.status_code == 204
        cookies = cookies_of(answer)
        assert {cookie["path"] for cookie in cookies} == {"/", "/collab"}
        assert all(cookie.value == "" and cookie["max-age"] == "0" for cookie in cookies)
        assert (await http.get(f"/collab{SESSION}")).json()["user"] is None
    assert await wire.closed() == 1013
    await other.send({"type": "ping"})
    await other.until("pong")


async def test_connections_end_after_the_browser_has_been_told_to_forget_the_cookie(
    app: Collab,
) -> None:
    """A page that reconnected sooner would be signed in again."""
    good = token()
    wire = await connect(app, "doc", headers={"cookie": f"collab_token={good}"})
    (connection,) = app.manager.connections
    requests_at_response = []

    async def noting(scope: Any, receive: Any, send: Any) -> None:
        async def note(message: Any) -> None:
            requests_at_response.append(connection.close_request)
            await send(message)

        await app(scope, receive, note)

    async with client(noting, cookie=f"collab_token={good}") as http:
        assert (await http.delete(SESSION)).status_code == 204
    assert set(requests_at_response) == {None}
    assert await wire.closed() == 1013


async def test_who_is_not_signed_in_may_sign_out(app: Collab) -> None:
    async with client(app, cookie=f"collab_token={token(seconds=-1)}") as http:
        answer = await http.delete(SESSION)
    assert answer.status_code == 204
    assert len(cookies_of(answer)) == 1
