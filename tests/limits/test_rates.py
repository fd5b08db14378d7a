"""How often one network address, or one user, may edit, send presence, connect and create."""

from __future__ import annotations

import asyncio

import httpx2
import pytest

from collab.app import Collab
from collab.auth import User, make_token
from collab.client import connect as open_editor
from tests.conftest import Make
from tests.served import Serve
from tests.wire import Refused, Wire, connect

SECRET = "a secret of at least thirty-two bytes"

# No token comes back while a test runs.
NEVER = 1e-9

LETTER = {"insert": "x"}


async def type_letters(wire: Wire, count: int) -> None:
    """As many edits, one after the other, each acknowledged."""
    for edit_id in range(1, count + 1):
        await wire.edit(edit_id, edit_id - 1, LETTER)
        assert await wire.acknowledged() == edit_id


async def test_edits_beyond_the_rate_are_refused_and_the_connection_stays(make_app: Make) -> None:
    app = await make_app(edits_per_second=NEVER, edits_burst=3)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await type_letters(wire, 3)
    await wire.edit(4, 3, LETTER)
    error = await wire.expect("error")
    assert (error["code"], error["id"]) == ("rate_limited", 4)
    assert "edits_per_second" in error["message"]
    assert "after 3 at once (edits_burst)" in error["message"]
    # Other frames are counted apart, and other addresses too.
    await wire.send({"type": "ping"})
    await wire.expect("pong")
    other = await connect(app, "doc", address="127.0.0.2")
    assert (await other.expect("document_state"))["content"] == "xxx"
    await other.edit(1, 3, LETTER)
    assert await other.acknowledged() == 4


async def test_a_new_connection_or_client_id_has_no_new_edits(make_app: Make) -> None:
    app = await make_app(edits_per_second=NEVER, edits_burst=3)
    wire = await connect(app, "doc", client_id="a")
    await wire.expect("document_state")
    await type_letters(wire, 3)
    await wire.leave()
    for client_id in ("a", "b"):
        again = await connect(app, "doc", client_id=client_id)
        last_id = (await again.expect("document_state"))["last_id"]
        await again.edit(last_id + 1, 3, LETTER)
        assert (await again.expect("error"))["code"] == "rate_limited"


async def test_a_user_has_the_same_edits_from_every_address(make_app: Make) -> None:
    app = await make_app(edits_per_second=NEVER, edits_burst=3, auth="token", token_secret=SECRET)
    token = make_token(SECRET, User("ann"), lifetime_seconds=60)
    answers = []
    for number in range(4):
        wire = await connect(app, "doc", address=f"127.0.1.{number}", token=token)
        version = (await wire.expect("document_state"))["version"]
        await wire.edit(1, version, LETTER)
        answers.append((await wire.expect("ack", "error"))["type"])
    assert answers == ["ack", "ack", "ack", "error"]
    bob = make_token(SECRET, User("bob"), lifetime_seconds=60)
    wire = await connect(app, "doc", address="127.0.1.9", token=bob)
    await wire.expect("document_state")
    await wire.edit(1, 3, LETTER)
    assert await wire.acknowledged() == 4


async def test_a_user_of_open_mode_who_claims_a_name_takes_nothing_from_it(make_app: Make) -> None:
    app = await make_app(joins_per_second=NEVER, joins_burst=2)
    for _ in range(2):
        await connect(app, "doc", user_id="ann", address="127.0.0.2")
    with pytest.raises(Refused):
        await connect(app, "doc", user_id="ann", address="127.0.0.2")
    await connect(app, "doc", user_id="ann", address="127.0.0.3")


async def test_connections_opened_beyond_the_rate_are_refused(make_app: Make) -> None:
    app = await make_app(joins_per_second=NEVER, joins_burst=3)
    for number in range(3):
        wire = await connect(app, f"doc-{number}", client_id=f"c{number}")
        await wire.leave()
    with pytest.raises(Refused) as caught:
        await connect(app, "doc-0")
    assert (caught.value.status, caught.value.body["code"]) == (429, "rate_limited")
    assert "after 3 at once (joins_burst)" in caught.value.body["message"]
    await connect(app, "doc-0", address="127.0.0.2")


async def test_documents_created_beyond_the_rate_are_refused(make_app: Make) -> None:
    app = await make_app(creations_per_second=NEVER, creations_burst=2)
    await connect(app, "first")
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        assert (await http.post("/api/documents", json={"doc_id": "second"})).status_code == 201
        answer = await http.post("/api/documents", json={"doc_id": "third"})
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert "creations_per_second" in answer.json()["message"]
    with pytest.raises(Refused) as caught:
        await connect(app, "fourth")
    assert caught.value.status == 429
    # What is there may be joined.
    await connect(app, "second")
    await connect(app, "fourth", address="127.0.0.2")


def client(app: Collab, address: str, **headers: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=app, client=(address, 50000))
    return httpx2.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def restored(app: Collab, address: str, **headers: str) -> httpx2.Response:
    """The answer to a restore that is asked for over a new connection."""
    async with client(app, address, **headers) as http:
        return await http.post("/api/documents/doc/restore", json={"version": 0})


async def test_old_versions_restored_beyond_the_rate_are_refused(make_app: Make) -> None:
    app = await make_app(restores_per_second=NEVER, restores_burst=2)
    await app.manager.import_document("doc", "text")
    answers = [await restored(app, "127.0.0.2") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    refused = answers[-1]
    assert refused.json()["code"] == "rate_limited"
    assert "restores_per_second" in refused.json()["message"]
    assert "after 2 at once (restores_burst)" in refused.json()["message"]
    assert int(refused.headers["retry-after"]) >= 1
    assert (await restored(app, "127.0.0.3")).status_code == 200
    # What was refused has changed nothing.
    assert (await app.manager.read_document("doc"))[1] == 4


async def test_a_user_restores_as_many_old_versions_from_every_address(make_app: Make) -> None:
    app = await make_app(
        restores_per_second=NEVER, restores_burst=2, auth="token", token_secret=SECRET
    )
    await app.manager.import_document("doc", "text")
    ann, bob = (
        f"Bearer {make_token(SECRET, User(name, documents={'*': 'editor'}), lifetime_seconds=60)}"
        for name in ("ann", "bob")
    )
    answers = [await restored(app, f"127.0.1.{n}", authorization=ann) for n in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "of this user" in answers[-1].json()["message"]
    assert (await restored(app, "127.0.1.9", authorization=bob)).status_code == 200


async def test_few_old_versions_are_restored_at_one_time(make_app: Make) -> None:
    app = await make_app()
    await app.manager.import_document("doc", "text")
    budgets = app.manager.budgets
    scope = {"client": ("127.0.0.2", 50000)}
    with budgets.restore(scope, User("ann")), budgets.restore(scope, User("ann")):
        refused = await restored(app, "127.0.0.2")
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert (await restored(app, "127.0.0.3")).status_code == 200
    assert (await restored(app, "127.0.0.2")).status_code == 200


async def test_who_edits_on_regardless_of_the_rate_is_closed(make_app: Make) -> None:
    app = await make_app(edits_per_second=NEVER, edits_burst=3)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await type_letters(wire, 3)
    for _ in range(4):
        await wire.edit(4, 3, LETTER)
    assert (await wire.expect("error"))["code"] == "rate_limited"
    assert await wire.closed() == 1008


async def test_presence_and_pings_beyond_the_rate_are_refused(make_app: Make) -> None:
    app = await make_app(presences_per_second=NEVER, presences_burst=2)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await wire.send({"type": "presence", "data": 1})
    await wire.send({"type": "ping"})
    await wire.expect("pong")
    await wire.send({"type": "presence", "data": 2})
    error = await wire.expect("error")
    assert error["code"] == "rate_limited"
    assert "after 2 at once (presences_burst)" in error["message"]
    await type_letters(wire, 5)
    # What was refused has not reached the others.
    other = await connect(app, "doc")
    await other.expect("document_state")
    assert (await other.expect("presence"))["data"] == 1


async def test_who_sends_pings_regardless_of_the_rate_is_closed(make_app: Make) -> None:
    app = await make_app(presences_per_second=NEVER, presences_burst=2)
    wire = await connect(app, "doc")
    for _ in range(5):
        await wire.send({"type": "ping"})
    assert await wire.closed() == 1008


async def test_an_editor_that_is_too_fast_waits_and_loses_nothing(serve: Serve) -> None:
    served = await serve(edits_per_second=5, edits_burst=3)
    refused = asyncio.Event()
    async with open_editor(served.url, "doc") as editor:
        receive = editor._session.receive

        def watched(frame):
            if frame["type"] == "error":
                assert frame["code"] == "rate_limited"
                refused.set()
            return receive(frame)

        editor._session.receive = watched
        for letter in "abcdefghijklmn":
            editor.edit(
                {
                    "ops": [
                        *([{"retain": len(editor.content)}] if editor.content else []),
                        {"insert": letter},
                    ]
                }
            )
            await editor.saved()
    assert refused.is_set()
    _, version, content = await served.app.manager.read_document("doc")
    assert (version, content) == (14, "abcdefghijklmn")
