"""Documents shared with users and by links, while people are connected."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlencode

import httpx2
import pytest

from collab.app import Collab, create_app
from collab.asgi.requests import HTTPConnection
from collab.auth import Role, User, make_token
from collab.settings import Settings
from tests.conftest import Make
from tests.wire import Refused, Wire, connect

SECRET = "a secret of at least thirty-two bytes"
ACCESS = "/api/documents/doc/access"
REPLY_SECONDS = 20
GUEST_SECRET = "a-random-secret-of-a-guest"


def token(user_id: str, role: Any = "editor", documents: Any = None) -> str:
    user = User(user_id, "", role, documents={} if documents is None else documents)
    return make_token(SECRET, user, lifetime_seconds=60)


def client(app: Any, bearer: str = "") -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)


@pytest.fixture
async def app(make_app: Make) -> Collab:
    """In token mode, tokens giving nothing on any document; `doc` is owned by ann."""
    app = await make_app(auth="token", token_secret=SECRET, users_may_create=True)
    async with client(app, token("ann")) as http:
        created = await http.post("/api/documents", json={"doc_id": "doc"})
        assert created.status_code == 201
    return app


async def grant(app: Collab, user_id: str, role: str | None) -> None:
    async with client(app, token("ann")) as http:
        path = f"{ACCESS}/users/{user_id}"
        if role is None:
            assert (await http.delete(path)).status_code == 204
        else:
            answer = await http.put(path, json={"role": role})
            assert (answer.status_code, answer.json()["role"]) == (200, role)


async def share(app: Collab, role: str, **given: Any) -> dict[str, Any]:
    async with client(app, token("ann")) as http:
        answer = await http.post(f"{ACCESS}/links", json={"role": role, **given})
    assert answer.status_code == 201
    return answer.json()


async def join(app: Collab, **query: Any) -> tuple[Wire, dict[str, Any]]:
    wire = await connect(app, "doc", **query)
    return wire, (await wire.expect("document_state"))["user"]


async def refused(app: Collab, doc_id: str = "doc", **query: Any) -> int:
    with pytest.raises(Refused) as refusal:
        await connect(app, doc_id, **query)
    return refusal.value.status


# -- users -------------------------------------------------------------------------------------


async def test_who_creates_a_document_owns_it(app: Collab) -> None:
    _, user = await join(app, token=token("ann"))
    assert user["role"] == "owner"
    assert await refused(app, token=token("bob")) == 403
    joined = await connect(app, "new", token=token("bob"))
    assert (await joined.expect("document_state"))["user"]["role"] == "owner"
    assert await refused(app, "new", token=token("ann")) == 403


async def test_a_grant_lets_a_user_in_until_it_is_removed(app: Collab) -> None:
    await grant(app, "bob", "editor")
    wire, user = await join(app, token=token("bob"))
    assert user["role"] == "editor"
    await wire.edit(1, 0, {"insert": "x"})
    assert await wire.acknowledged() == 1
    await grant(app, "bob", None)
    assert await wire.closed() == 1008
    assert await refused(app, token=token("bob")) == 403


async def test_another_role_takes_effect_on_open_connections(app: Collab) -> None:
    await grant(app, "bob", "viewer")
    ann, _ = await join(app, token=token("ann"))
    bob, _ = await join(app, token=token("bob"))
    await grant(app, "bob", "editor")
    assert await bob.closed() == 1013
    bob, user = await join(app, token=token("bob"))
    assert user["role"] == "editor"
    await grant(app, "bob", "viewer")
    assert await bob.closed() == 1013
    assert (await join(app, token=token("bob")))[1]["role"] == "viewer"
    await ann.send({"type": "ping"})
    await ann.until("pong")


async def test_a_grant_never_takes_away_what_the_token_gives(app: Collab) -> None:
    await grant(app, "bob", "viewer")
    assert (await join(app, token=token("bob", documents={"doc": "editor"})))[1]["role"] == "editor"


async def test_grants_and_links_are_listed_without_their_secrets(app: Collab) -> None:
    await grant(app, "bob", "viewer")
    link = await share(app, "editor")
    async with client(app, token("ann")) as http:
        answer = await http.get(ACCESS)
    listed = answer.json()
    assert [(each["user_id"], each["role"]) for each in listed["users"]] == [
        ("ann", "owner"),
        ("bob", "viewer"),
    ]
    assert [(each["link_id"], each["role"]) for each in listed["links"]] == [
        (link["link_id"], "editor")
    ]
    assert link["link"].partition(".")[2] not in answer.text


@pytest.mark.parametrize(
    "body", [{}, {"role": "king"}, {"role": None}, {"role": "viewer", "name": 1}, {"role": []}]
)
async def test_a_role_must_be_one(app: Collab, body: dict[str, Any]) -> None:
    async with client(app, token("ann")) as http:
        for answer in (
            await http.put(f"{ACCESS}/users/bob", json=body),
            await http.post(f"{ACCESS}/links", json=body),
        ):
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")


async def test_there_is_a_limit_of_grants_and_links(make_app: Make) -> None:
    app = await make_app(
        auth="token", token_secret=SECRET, max_document_grants=2, max_document_links=1
    )
    await app.manager.create_document("doc", owner="ann")
    await grant(app, "bob", "viewer")
    await grant(app, "bob", "editor")
    await share(app, "viewer")
    async with client(app, token("ann")) as http:
        for answer in (
            await http.put(f"{ACCESS}/users/cid", json={"role": "viewer"}),
            await http.post(f"{ACCESS}/links", json={"role": "viewer"}),
        ):
            assert answer.status_code == 400
            assert "which is the limit" in answer.json()["message"]
        listed = (await http.get(ACCESS)).json()
    assert (len(listed["users"]), len(listed["links"])) == (2, 1)


async def test_without_the_setting_nobody_creates_what_the_token_does_not_say(
    make_app: Make,
) -> None:
    app = await make_app(auth="token", token_secret=SECRET)
    async with client(app, token("ann", documents={"mine": "editor"})) as http:
        assert (await http.post("/api/documents", json={"doc_id": "other"})).status_code == 403
        assert (await http.post("/api/documents", json={"doc_id": "mine"})).status_code == 201
    assert await refused(app, "other", token=token("ann")) == 403


# -- links -------------------------------------------------------------------------------------


async def test_a_link_lets_anybody_in_with_its_role_until_it_is_revoked(app: Collab) -> None:
    link = await share(app, "viewer")
    wire, user = await join(app, link=link["link"], name="Gus", client_id="tab")
    assert user["user_id"].startswith("guest:")
    assert (user["name"], user["role"]) == ("Gus", "viewer")
    await wire.edit(1, 0, {"insert": "x"})
    assert (await wire.expect("error"))["code"] == "read_only"
    async with client(app) as http:
        path = f"/api/documents/doc?link={link['link']}"
        assert (await http.get(path)).status_code == 200
        assert (await http.get("/api/documents/doc")).status_code == 401
        assert (await http.delete(path)).status_code == 403
        assert (await http.post(f"/api/documents?link={link['link']}", json={})).status_code == 403
    async with client(app, token("ann")) as http:
        assert (await http.delete(f"{ACCESS}/links/{link['link_id']}")).status_code == 204
        assert (await http.delete(f"{ACCESS}/links/{link['link_id']}")).status_code == 404
    assert await wire.closed() == 1008
    assert await refused(app, link=link["link"]) == 401


async def test_a_link_opens_its_document_only(app: Collab) -> None:
    link = (await share(app, "editor"))["link"]
    async with client(app, token("ann")) as http:
        await http.post("/api/documents", json={"doc_id": "other"})
    assert await refused(app, "other", link=link) == 403
    assert await refused(app, "absent", link=link) == 403


async def test_a_link_adds_to_what_a_user_may_do(app: Collab) -> None:
    link = (await share(app, "editor"))["link"]
    await grant(app, "bob", "viewer")
    _, user = await join(app, token=token("bob"), link=link)
    assert (user["user_id"], user["role"]) == ("bob", "editor")
    assert (await join(app, token=token("bob"), link="no.link"))[1]["role"] == "viewer"


@pytest.mark.parametrize("change", [lambda link: link[:-1] + "?", lambda link: link.split(".")[0]])
async def test_a_link_is_good_only_as_a_whole(app: Collab, change: Any) -> None:
    link = (await share(app, "viewer"))["link"]
    assert await refused(app, link=change(link)) == 401


async def test_a_link_expires_with_those_who_came_by_it(
    app: Collab, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = (await share(app, "viewer", lifetime_seconds=30))["link"]
    wire, _ = await join(app, link=link)
    later = time.time() + 31
    monkeypatch.setattr(time, "time", lambda: later)
    await app.manager.sweep(time.monotonic())
    assert await wire.closed() == 1008
    assert await refused(app, link=link) == 401


@pytest.mark.parametrize("seconds", [0, -1, "60", True, 1e12])
async def test_a_lifetime_is_a_number_of_seconds(app: Collab, seconds: Any) -> None:
    async with client(app, token("ann")) as http:
        body = {"role": "viewer", "lifetime_seconds": seconds}
        assert (await http.post(f"{ACCESS}/links", json=body)).status_code == 400


async def test_a_guest_can_not_be_granted_a_role(app: Collab) -> None:
    link = (await share(app, "viewer"))["link"]
    _, guest = await join(app, link=link, client_id="tab", guest_secret=GUEST_SECRET)
    async with client(app, token("ann")) as http:
        answer = await http.put(f"{ACCESS}/users/{guest['user_id']}", json={"role": "owner"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
    for user_id in ("guest-tab", "guest:tab", "tab"):
        await grant(app, user_id, "owner")
    again = await join(app, link=link, client_id="tab", guest_secret=GUEST_SECRET)
    assert again[1]["role"] == "viewer"


# -- in the very instant -----------------------------------------------------------------------


class Halted(Wire):
    """An editor whose handshake stops where the server, having asked for the role, accepts it."""

    def __init__(self, app: Collab, query: dict[str, str], **options: Any) -> None:
        super().__init__(app, f"/ws/documents/doc?{urlencode(query)}", **options)
        self.accepting = asyncio.Event()

    async def _take(self, event: dict[str, Any]) -> None:
        if event["type"] == "websocket.accept":
            self.accepting.set()
        await super()._take(event)

    async def start(self) -> asyncio.Task[Wire]:
        """Begin the handshake; returns once it has stopped. `reading` lets it go on."""
        self.reading.clear()
        opening = asyncio.get_running_loop().create_task(self.open())
        await asyncio.wait_for(self.accepting.wait(), REPLY_SECONDS)
        return opening


async def test_a_grant_removed_while_its_user_joins_is_missed_by_no_review(app: Collab) -> None:
    await grant(app, "bob", "editor")
    wire = Halted(app, {"token": token("bob")})
    opening = await wire.start()
    await grant(app, "bob", None)
    wire.reading.set()
    await opening
    assert await wire.closed() == 1008
    await wire.leave()
    assert not app.manager.connections


async def test_a_role_changed_while_its_user_joins_takes_effect(app: Collab) -> None:
    await grant(app, "bob", "editor")
    wire = Halted(app, {"token": token("bob")})
    opening = await wire.start()
    await grant(app, "bob", "viewer")
    wire.reading.set()
    await opening
    assert await wire.closed() == 1013


async def test_a_link_revoked_while_somebody_joins_by_it_takes_effect(app: Collab) -> None:
    link = await share(app, "viewer")
    wire = Halted(app, {"link": link["link"]})
    opening = await wire.start()
    async with client(app, token("ann")) as http:
        assert (await http.delete(f"{ACCESS}/links/{link['link_id']}")).status_code == 204
    wire.reading.set()
    await opening
    assert await wire.closed() == 1008


async def test_who_joins_during_somebody_else_s_review_stays(app: Collab) -> None:
    await grant(app, "bob", "editor")
    wire = Halted(app, {"token": token("bob")})
    opening = await wire.start()
    await grant(app, "cid", "viewer")
    wire.reading.set()
    await opening
    await wire.expect("document_state")
    await wire.edit(1, 0, {"insert": "x"})
    assert await wire.acknowledged() == 1


# -- the host's word ---------------------------------------------------------------------------


async def test_a_host_has_open_connections_reviewed(database: str) -> None:
    roles: dict[str, Role] = {"ann": "owner", "bob": "editor"}

    async def authenticate(connection: HTTPConnection) -> User | None:
        return User(connection.cookies["user"]) if "user" in connection.cookies else None

    async def authorize(user: User, doc_id: str) -> Role | None:
        return roles.get(user.user_id)

    app = create_app(Settings(database=database), authenticate=authenticate, authorize=authorize)
    async with app.running():
        ann = await connect(app, "doc", headers={"cookie": "user=ann"})
        bob = await connect(app, "doc", headers={"cookie": "user=bob"})
        del roles["bob"]
        await app.reauthorize("doc")
        assert await bob.closed() == 1008
        await ann.send({"type": "ping"})
        await ann.until("pong")


async def test_who_signs_out_while_joining_is_put_out(database: str) -> None:
    sessions = {"s": "bob"}

    async def authenticate(connection: HTTPConnection) -> User | None:
        user_id = sessions.get(connection.cookies["session"])
        return User(user_id) if user_id else None

    app = create_app(Settings(database=database), authenticate=authenticate)
    async with app.running():
        wire = Halted(app, {}, headers={"cookie": "session=s"})
        opening = await wire.start()
        del sessions["s"]
        await app.reauthorize_user("bob")
        wire.reading.set()
        await opening
        assert await wire.closed() == 1008


async def test_who_is_somebody_else_by_now_goes_through_the_handshake_again(database: str) -> None:
    sessions = {"s": "bob"}

    async def authenticate(connection: HTTPConnection) -> User | None:
        return User(sessions[connection.cookies["session"]])

    app = create_app(Settings(database=database), authenticate=authenticate)
    async with app.running():
        wire = Halted(app, {}, headers={"cookie": "session=s"})
        opening = await wire.start()
        sessions["s"] = "cid"
        await app.reauthorize_user("bob")
        wire.reading.set()
        await opening
        assert await wire.closed() == 1013


@pytest.mark.parametrize("users_may_create", [False, True])
async def test_what_a_host_takes_from_a_document_s_creator_is_gone(
    database: str, users_may_create: bool
) -> None:
    roles: dict[str, Role] = {"ann": "editor"}

    async def authenticate(connection: HTTPConnection) -> User | None:
        return User("ann")

    async def authorize(user: User, doc_id: str) -> Role | None:
        return roles.get(user.user_id)

    settings = Settings(database=database, users_may_create=users_may_create)
    app = create_app(settings, authenticate=authenticate, authorize=authorize)
    async with app.running():
        await join(app)
        async with client(app) as http:
            made = await http.post("/api/documents", json={"doc_id": "two"})
            assert made.status_code == 201
            del roles["ann"]
            await app.reauthorize("doc")
            # With the setting, everybody makes their own documents: those stay theirs.
            expected = 200 if users_may_create else 403
            for doc_id in ("doc", "two"):
                answer = await http.get(f"/api/documents/{doc_id}")
                assert answer.status_code == expected


async def test_a_host_that_cannot_say_has_nobody_keep_their_role(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    broken: set[str] = set()

    async def authenticate(connection: HTTPConnection) -> User | None:
        return User(connection.cookies["user"])

    async def authorize(user: User, doc_id: str) -> Role | None:
        if user.user_id in broken:
            raise RuntimeError("the host's own fault")
        return "viewer" if broken else "editor"

    app = create_app(Settings(database=database), authenticate=authenticate, authorize=authorize)
    async with app.running():
        ann = await connect(app, "doc", headers={"cookie": "user=ann"})
        bob = await connect(app, "doc", headers={"cookie": "user=bob"})
        broken.add("ann")
        await app.reauthorize("doc")
        assert await ann.closed() == 1013
        # The one behind them has had their turn all the same.
        assert await bob.closed() == 1013
    assert "authorization hook failed" in caplog.text
