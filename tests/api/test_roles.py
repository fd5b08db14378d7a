"""Every call of the HTTP API and every frame, times every role and every way to have one.

A call or a frame that is new fails here until its row says what it takes.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qsl

import httpx2
import pytest

from collab.api.resources import Resource
from collab.api.sharing import make_link
from collab.api.user_ids import USER_ID
from collab.app import Collab
from collab.auth import Role, User, make_token
from collab.auth.user import ROLES
from collab.frames import ClientFrame
from collab.storage import LinkRecord
from tests.api.described import Described, description_of
from tests.conftest import Make
from tests.wire import Refused, Wire, connect

SECRET = "a secret of at least thirty-two bytes"
LINKED = "linked"
DESCRIPTION = description_of(auth="token", token_secret=SECRET)

# What each call takes; None where it answers everybody who is signed in.
CALLS: list[tuple[str, str, Any, Role | None]] = [
    ("GET", "/api/documents", None, None),
    ("HEAD", "/api/documents", None, None),
    ("POST", "/api/documents", {"doc_id": "new"}, "editor"),
    ("GET", "/api/documents/doc", None, "viewer"),
    ("HEAD", "/api/documents/doc", None, "viewer"),
    ("GET", "/api/documents/doc?version=0", None, "viewer"),
    ("PATCH", "/api/documents/doc", {"title": "New"}, "editor"),
    ("DELETE", "/api/documents/doc", None, "owner"),
    ("GET", "/api/documents/doc/operations", None, "viewer"),
    ("HEAD", "/api/documents/doc/operations", None, "viewer"),
    ("POST", "/api/documents/doc/operations", {"version": 0, "operation": {"ops": []}}, "editor"),
    ("POST", "/api/documents/doc/restore", {"version": 0}, "editor"),
    ("GET", "/api/documents/doc/access", None, "owner"),
    ("HEAD", "/api/documents/doc/access", None, "owner"),
    ("PUT", "/api/documents/doc/access/users/bob", {"role": "viewer"}, "owner"),
    ("DELETE", "/api/documents/doc/access/users/dan", None, "owner"),
    ("PUT", "/api/documents/doc/access/users?user_id=bob", {"role": "viewer"}, "owner"),
    ("DELETE", "/api/documents/doc/access/users?user_id=dan", None, "owner"),
    ("POST", "/api/documents/doc/access/links", {"role": "viewer"}, "owner"),
    ("DELETE", f"/api/documents/doc/access/links/{LINKED}", None, "owner"),
]
ON_A_DOCUMENT = [call for call in CALLS if call[3] is not None]

# These tell everybody who they are, and let them in and out.
OF_THE_SESSION = {(method, "/api/session") for method in ("GET", "HEAD", "POST", "DELETE")}

# This tells what calls there are, and nothing of documents.
OF_THE_API = {(method, "/api/openapi.json") for method in ("GET", "HEAD")}

# What else there is: of these, only the WebSocket leads to a document's content. The metrics have a
# token of their own, which tests/api/test_metrics.py tries.
FOR_EVERYBODY = {"/healthz", "/readyz", "/", "/sign-in", "/documents/{doc_id}", "/static"}
OTHERS = FOR_EVERYBODY | {"/ws/documents/{doc_id}", "/metrics"}

# What each frame is, and whether it changes the document.
FRAMES: dict[str, tuple[dict[str, Any], str, bool]] = {
    "edit": ({"id": 1, "version": 0, "operation": {"ops": [{"insert": "x"}]}}, "ack", True),
    "presence": ({"cursor": {"anchor": 0, "head": 0}, "version": 0}, "pong", False),
    "ping": ({}, "pong", False),
}


@pytest.fixture
async def app(make_app: Make) -> Collab:
    """In token mode, with one document that is granted to a user and shared by a link."""
    app = await make_app(auth="token", token_secret=SECRET)
    record = await app.manager.create_document("doc", owner="dan")
    link = LinkRecord(LINKED, record.key, "viewer", "digest", 0.0, None)
    await app.manager.store.grants.add_link(link, 10)
    return app


def token(user_id: str, documents: dict[str, Role]) -> str:
    user = User(user_id, "", documents=documents)
    return make_token(SECRET, user, lifetime_seconds=60)


def client(app: Any, bearer: str = "") -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {bearer}"} if bearer else {}
    transport = httpx2.ASGITransport(app=app)
    hooks: dict[str, Any] = {"response": [Described(DESCRIPTION)]}
    return httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", headers=headers, event_hooks=hooks
    )


# -- the ways to a role ------------------------------------------------------------------------

Way = Callable[[Collab, Role | None], Awaitable[dict[str, str]]]


async def by_token(app: Collab, role: Role | None) -> dict[str, str]:
    return {"token": token("ann", {"*": role} if role else {"other": "owner"})}


async def by_grant(app: Collab, role: Role | None) -> dict[str, str]:
    if role is not None:
        record = await app.manager.store.catalog.find_document("doc")
        assert record is not None
        await app.manager.store.grants.set_grant(record.key, "ann", role, 10)
    return {"token": token("ann", {})}


async def by_link(app: Collab, role: Role | None) -> dict[str, str]:
    other = await app.manager.create_document("other")
    record = await app.manager.store.catalog.find_document("doc") if role else other
    assert record is not None
    text, link = make_link(record.key, role or "owner", None)
    await app.manager.store.grants.add_link(link, 10)
    return {"link": text}


WAYS: list[Way] = [by_token, by_grant, by_link]


def allowed(role: Role | None, needed: Role) -> bool:
    return role is not None and ROLES.index(role) >= ROLES.index(needed)


# -- calls -------------------------------------------------------------------------------------


def test_every_call_has_its_row(app: Collab) -> None:
    called, others = set(), set()
    for route in app._router.routes:
        if isinstance(route, Resource) and route.path.startswith("/api/"):
            called |= {(method, route.path) for method in route.endpoints}
        else:
            others.add(getattr(route, "path", None))
    rows = {(method, path_of_route(path)) for method, path, _, _ in CALLS}
    assert rows | OF_THE_SESSION | OF_THE_API == called
    assert others == OTHERS


def path_of_route(path: str) -> str:
    """The route that a call's path is one of."""
    for given, parameter in (("doc", "doc_id"), (r"bob|dan", USER_ID), (LINKED, "link_id")):
        path = re.sub(rf"/({given})\b", f"/{{{parameter}}}", path)
    return path.partition("?")[0]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", [None, *ROLES])
@pytest.mark.parametrize(("method", "path", "body", "needed"), ON_A_DOCUMENT)
async def test_a_call_takes_its_role(
    app: Collab, way: Way, role: Role | None, method: str, path: str, body: Any, needed: Role
) -> None:
    async with client(app) as http:
        # Those of the client take the place of those in a path.
        path, _, query = path.partition("?")
        http.params = {**await way(app, role), **dict(parse_qsl(query))}
        answer = await http.request(method, path, json=body)
    # A document that is not there yet can be neither granted nor linked.
    creates = path == "/api/documents"
    if allowed(role, needed) and (way is by_token or not creates):
        assert answer.is_success
        return
    assert answer.status_code == 403
    if method != "HEAD":
        assert answer.json()["code"] == "forbidden"


@pytest.mark.parametrize(("method", "path", "body", "needed"), CALLS)
async def test_nothing_is_told_to_nobody(
    app: Collab, method: str, path: str, body: Any, needed: Role | None
) -> None:
    expired = make_token(SECRET, User("ann", role="owner"), lifetime_seconds=-1000)
    for bearer in ("", "forged", expired):
        async with client(app, bearer) as http:
            answer = await http.request(method, path, json=body)
        assert answer.status_code == 401
        if method != "HEAD":
            assert answer.json()["code"] == "unauthorized"
        if bearer:
            assert bearer not in answer.text


# -- frames ------------------------------------------------------------------------------------


def test_every_frame_has_its_row() -> None:
    tags = {each.__struct_config__.tag for each in typing.get_args(ClientFrame)}
    assert set(FRAMES) == tags


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("frame_type", FRAMES)
async def test_a_frame_takes_its_role(app: Collab, way: Way, role: Role, frame_type: str) -> None:
    frame, answered, changes = FRAMES[frame_type]
    witness = await connect(app, "doc", token=token("wit", {"*": "viewer"}), client_id="wit")
    query: Any = await way(app, role)
    wire: Wire = await connect(app, "doc", **query, client_id="tab")
    assert (await wire.expect("document_state"))["user"]["role"] == role
    await wire.send({"type": frame_type, **frame})
    # A presence has no answer of its own, a ping behind it has.
    await wire.send({"type": "ping"})
    answer = await wire.until("error" if changes and role == "viewer" else answered)
    head = 1 if changes and role != "viewer" else 0
    if changes and not head:
        assert (answer["code"], answer["id"]) == ("read_only", frame["id"])
    _, version, content = await app.manager.read_document("doc")
    assert (version, content) == (head, "x" * head)
    if frame_type == "presence":
        assert (await witness.until("presence"))["client_id"] == "tab"
    elif head:
        assert (await witness.until("document_change"))["version"] == 1


@pytest.mark.parametrize("way", WAYS)
async def test_without_a_role_there_is_no_connection_for_a_frame(app: Collab, way: Way) -> None:
    query: Any = await way(app, None)
    with pytest.raises(Refused) as refused:
        await connect(app, "doc", **query)
    assert (refused.value.status, refused.value.body["code"]) == (403, "forbidden")
