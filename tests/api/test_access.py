"""Who gets in, and what they may do once they are."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from collab.api import listing
from collab.api.sharing import make_link
from collab.app import Collab, create_app
from collab.asgi.requests import HTTPConnection
from collab.auth import Role, User, make_token
from collab.auth.user import ROLES
from collab.errors import ConfigurationError
from collab.settings import Settings
from tests.conftest import Make
from tests.wire import Refused, Wire, connect

SECRET = "a secret of at least thirty-two bytes"


def token(role: Any = "editor", *, seconds: float = 60, **documents: Role) -> str:
    user = User("ann", "Ann", role, documents=documents or None)
    return make_token(SECRET, user, lifetime_seconds=seconds)


def client(app: Any, bearer: str = "", **headers: str) -> httpx2.AsyncClient:
    if bearer:
        headers["authorization"] = f"Bearer {bearer}"
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)


@pytest.fixture
async def app(make_app: Make) -> Collab:
    """In token mode, with one document."""
    app = await make_app(auth="token", token_secret=SECRET, token_leeway_seconds=0)
    await app.manager.create_document("doc")
    return app


# -- what is told to whom ----------------------------------------------------------------------


async def test_the_list_holds_what_the_user_may_see(app: Collab) -> None:
    for doc_id in ("two", "three"):
        await app.manager.create_document(doc_id)
    async with client(app, token(doc="viewer", three="owner")) as http:
        listed = (await http.get("/api/documents")).json()["documents"]
    assert {each["doc_id"] for each in listed} == {"doc", "three"}


async def test_health_is_told_to_everybody(app: Collab) -> None:
    async with client(app) as http:
        assert (await http.get("/healthz")).status_code == 200
        assert (await http.get("/readyz")).status_code == 200


# -- editing -----------------------------------------------------------------------------------


async def status_of(app: Any, doc_id: str = "doc", **given: Any) -> int:
    """With what a handshake is refused."""
    with pytest.raises(Refused) as refused:
        await connect(app, doc_id, **given)
    assert refused.value.body["code"] == {401: "unauthorized", 403: "forbidden"}.get(
        refused.value.status
    )
    return refused.value.status


async def test_a_token_comes_in_a_header_in_the_query_or_in_a_cookie(app: Collab) -> None:
    good = token()
    for given in (
        {"headers": {"authorization": f"Bearer {good}"}},
        {"token": good},
        {"headers": {"cookie": f"collab_token={good}"}},
    ):
        wire = await connect(app, "doc", user_id="eve", name="Eve", **given)
        user = (await wire.receive())["user"]
        assert (user["user_id"], user["name"], user["role"]) == ("ann", "Ann", "editor")
        await wire.leave()


async def test_a_handshake_without_a_good_token_is_refused(app: Collab) -> None:
    assert await status_of(app) == 401
    assert await status_of(app, token="forged") == 401
    assert await status_of(app, token=token(seconds=-1)) == 401
    assert await status_of(app, token=token(other="owner")) == 403


async def frame_of(wire: Wire, edit_id: int) -> dict[str, Any]:
    await wire.edit(edit_id, 0, {"insert": "x"})
    return await wire.expect("ack", "error")


@pytest.mark.parametrize("role", ROLES)
async def test_viewers_see_and_editors_edit(app: Collab, role: Role) -> None:
    wire = await connect(app, "doc", token=token(role))
    assert (await wire.receive())["user"]["role"] == role
    answer = await frame_of(wire, 1)
    if role == "viewer":
        assert answer["code"] == "read_only"
        await app.manager.handle_edit("doc", "bob", {"ops": [{"insert": "y"}]})
        assert (await wire.until("document_change"))["version"] == 1
    else:
        assert answer["type"] == "ack"
    await wire.send({"type": "ping", "data": 1})
    assert (await wire.until("pong"))["data"] == 1


async def test_a_viewer_creates_no_document_by_joining(app: Collab) -> None:
    wire = await connect(app, "new", token=token("viewer"))
    assert (await wire.receive())["code"] == "not_found"
    assert await wire.closed() == 4404


async def test_a_connection_ends_with_its_token(
    app: Collab, monkeypatch: pytest.MonkeyPatch
) -> None:
    wire = await connect(app, "doc", token=token(seconds=60))
    lasting = await connect(app, "doc", token=token(seconds=600), client_id="lasting")
    for each in (wire, lasting):
        await each.expect("document_state")
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    await app.manager.sweep(time.monotonic())
    assert await wire.closed() == 1008
    await lasting.until("user_left")
    assert (await frame_of(lasting, 1))["type"] == "ack"


# -- whose page --------------------------------------------------------------------------------


async def test_pages_of_other_origins_are_kept_out(make_app: Make) -> None:
    app = await make_app(allowed_origins=("https://friend.example",))
    await app.manager.create_document("doc")
    for origin in ("https://evil.example", "null", "http://testserver.evil.example", "testserver"):
        assert await status_of(app, headers={"origin": origin}) == 403
        async with client(app, origin=origin) as http:
            assert (await http.post("/api/documents", json={})).status_code == 403
            assert (await http.delete("/api/documents/doc")).status_code == 403
    for origin in ("http://testserver", "https://testserver", "https://friend.example"):
        await (await connect(app, "doc", headers={"origin": origin})).leave()
        async with client(app, origin=origin) as http:
            assert (await http.post("/api/documents", json={})).status_code == 201


async def test_a_form_of_another_site_is_kept_out(app: Collab) -> None:
    async with client(app, token("owner"), **{"sec-fetch-site": "cross-site"}) as http:
        assert (await http.delete("/api/documents/doc")).status_code == 403


async def test_any_origin_may_be_allowed(make_app: Make) -> None:
    app = await make_app(allowed_origins=("*",))
    await (await connect(app, "doc", headers={"origin": "https://any.example"})).leave()


# -- the host says -----------------------------------------------------------------------------


@pytest.fixture
async def hosted(database: str) -> AsyncIterator[Collab]:
    async def authenticate(connection: HTTPConnection) -> User | None:
        name = connection.cookies.get("session")
        if name == "broken":
            raise RuntimeError("the host's own fault")
        return User(name) if name else None

    async def authorize(user: User, doc_id: str) -> Role | None:
        roles: dict[str, Role] = {"ann": "owner", "bob": "viewer"}
        return roles.get(user.user_id)

    app = create_app(Settings(database=database), authenticate=authenticate, authorize=authorize)
    async with app.running():
        await app.manager.create_document("doc")
        yield app


async def test_a_host_says_who_it_is_and_what_they_may_do(hosted: Collab) -> None:
    for name, role in (("ann", "owner"), ("bob", "viewer")):
        wire = await connect(hosted, "doc", user_id="eve", headers={"cookie": f"session={name}"})
        user = (await wire.receive())["user"]
        assert (user["user_id"], user["role"]) == (name, role)
    assert await status_of(hosted) == 401
    assert await status_of(hosted, headers={"cookie": "session=cid"}) == 403
    async with client(hosted, cookie="session=bob") as http:
        assert (await http.get("/api/documents/doc")).status_code == 200
        assert (await http.delete("/api/documents/doc")).status_code == 403


async def test_a_fault_of_the_host_lets_nobody_in(hosted: Collab) -> None:
    with pytest.raises(Refused) as refused:
        await connect(hosted, "doc", headers={"cookie": "session=broken"})
    assert (refused.value.status, refused.value.body["code"]) == (500, "internal")


def test_authorize_alone_is_refused() -> None:
    async def authorize(user: User, doc_id: str) -> Role | None:
        return None

    with pytest.raises(ConfigurationError, match="authenticate"):
        create_app(authorize=authorize)


# -- the list tells nothing of what is hidden --------------------------------------------------

HIDDEN = "merger with acme"


async def pages(http: httpx2.AsyncClient, **query: Any) -> tuple[list[str], list[Any]]:
    """The ids of all pages, and the cursors between them."""
    ids, cursors = [], []
    after: dict[str, Any] = {}
    while True:
        page = (await http.get("/api/documents", params={**query, **after})).json()
        ids += [each["doc_id"] for each in page["documents"]]
        cursors.append(page["next"])
        if page["next"] is None:
            return ids, cursors
        after = {"after": page["next"]}


async def attack(http: httpx2.AsyncClient, limit: int) -> set[str]:
    """The distinct answers to searches for letters, some of them in hidden titles only."""
    return {
        (await http.get("/api/documents", params={"search": letter, "limit": limit})).text
        for letter in "whqz"
    }


async def secret_of(manager: Any) -> None:
    for number in range(4):
        await manager.create_document(f"secret-{number}", title=f"{HIDDEN} {number}")


async def test_a_search_does_not_read_a_hidden_title(app: Collab) -> None:
    await secret_of(app.manager)
    async with client(app, token(doc="viewer")) as http:
        for limit in (1, 2, 50):
            assert await attack(http, limit) == {'{"documents":[],"next":null}'}
        assert await pages(http, limit=1) == (["doc"], [None])


async def test_a_page_is_full_of_what_the_user_may_see(app: Collab) -> None:
    mine: dict[str, Any] = {f"mine-{number}": "viewer" for number in range(5)}
    for doc_id in mine:
        await app.manager.create_document(doc_id, title="Mine")
        await app.manager.create_document(f"not-{doc_id}", title="Mine")
    others: dict[str, Any] = {f"unknown-{number}": "viewer" for number in range(900)}
    async with client(app, cookie=f"collab_token={token(**mine, **others)}") as http:
        for query in ({}, {"search": "mine"}):
            ids, cursors = await pages(http, limit=2, **query)
            assert ids == sorted(mine, reverse=True)
            assert len(cursors) == 3


async def test_a_document_taken_away_between_pages_is_not_shown(app: Collab) -> None:
    store = app.manager.store
    keys = []
    for number in range(4):
        record = await app.manager.create_document(f"granted-{number}")
        await store.grants.set_grant(record.key, "ann", "viewer", 10)
        keys.append(record.key)
    bearer = make_token(SECRET, User("ann", documents={}), lifetime_seconds=60)
    async with client(app, bearer) as http:
        first = (await http.get("/api/documents?limit=2")).json()
        assert [each["doc_id"] for each in first["documents"]] == ["granted-3", "granted-2"]
        for key in (keys[2], keys[1]):
            await store.grants.remove_grant(key, "ann")
        following = (await http.get(f"/api/documents?after={first['next']}")).json()
    assert [each["doc_id"] for each in following["documents"]] == ["granted-0"]
    assert following["next"] is None


async def test_a_guest_of_a_link_lists_its_document_alone(app: Collab) -> None:
    await secret_of(app.manager)
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    text, link = make_link(record.key, "viewer", None)
    await app.manager.store.grants.add_link(link, 10)
    async with client(app) as http:
        assert await pages(http, link=text, limit=1) == (["doc"], [None])
        assert await pages(http, link=text, search="acme") == ([], [None])


async def test_a_host_is_asked_a_bounded_number_of_times_whatever_the_search(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "MAX_ASKED", 6)
    asked: list[str] = []

    async def authenticate(connection: HTTPConnection) -> User:
        return User("ann")

    async def authorize(user: User, doc_id: str) -> Role | None:
        asked.append(doc_id)
        return "viewer" if doc_id.startswith("mine") else None

    app = create_app(Settings(database=database), authenticate=authenticate, authorize=authorize)
    async with app.running(), client(app) as http:
        for number in range(5):
            record = await app.manager.create_document(f"mine-{number}")
            await secret_of_number(app.manager, number)
        granted = await app.manager.create_document("granted")
        await app.manager.store.grants.set_grant(granted.key, "ann", "viewer", 10)
        for limit in (1, 2, 50):
            assert len(await attack(http, limit)) == 1
            asked.clear()
            await http.get("/api/documents", params={"limit": limit, "search": "acme"})
            assert len(asked) <= 6
            expected = ["granted", *(f"mine-{number}" for number in range(4, -1, -1))]
            ids, cursors = await pages(http, limit=limit)
            assert ids == expected
            found, _ = await pages(http, limit=limit, search="mine")
            assert found == expected[1:]
        hidden = await app.manager.store.catalog.list_documents("acme", 100)
        for cursor in cursors[:-1]:
            place = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
            assert place[1] not in {each.key for each in hidden[0]}
            assert place[0] not in {each.updated_at for each in hidden[0]}
        assert record.doc_id == "mine-4"


async def secret_of_number(manager: Any, number: int) -> None:
    for each in range(4):
        await manager.create_document(f"secret-{number}-{each}", title=f"{HIDDEN} {number}")
