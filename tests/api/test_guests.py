"""Guests, who come by a link, and the ids of clients: what others see of them proves nothing."""

from __future__ import annotations

from typing import Any

import pytest

from collab.api.sharing import make_link
from collab.app import Collab
from collab.auth import User, make_token
from tests.conftest import Make
from tests.wire import Refused, Wire, connect

TOKEN_SECRET = "a secret of at least thirty-two bytes"
ANNA = "annas-secret-of-16-or-more"
MALLORY = "another-secret-of-16-or-more"


@pytest.fixture
async def links(make_app: Make) -> tuple[Collab, dict[str, str]]:
    """The application in token mode, and a link of each role to `doc`."""
    app = await make_app(auth="token", token_secret=TOKEN_SECRET)
    await app.manager.create_document("doc", owner="ann")
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    found = {}
    for role in ("viewer", "editor"):
        found[role], link = make_link(record.key, role, None)
        await app.manager.store.grants.add_link(link, 10)
    return app, found


def token(user_id: str) -> str:
    return make_token(TOKEN_SECRET, User(user_id, role="editor"), lifetime_seconds=60)


async def join(app: Collab, **query: Any) -> tuple[Wire, dict[str, Any]]:
    wire = await connect(app, "doc", **query)
    return wire, await wire.receive()


async def refused(app: Collab, **query: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await connect(app, "doc", **query)
    return caught.value


async def is_open(wire: Wire) -> bool:
    await wire.send({"type": "ping", "data": 1})
    return (await wire.expect("pong"))["data"] == 1


# -- who a guest is ----------------------------------------------------------------------------


async def test_a_guest_that_reconnects_with_its_secret_is_the_same_guest(links: Any) -> None:
    app, link = links
    wire, first = await join(app, link=link["editor"], client_id="tab", guest_secret=ANNA)
    await wire.edit(1, 0, {"insert": "x"})
    await wire.expect("ack")
    await wire.leave()
    _, again = await join(app, link=link["editor"], client_id="tab", guest_secret=ANNA)
    assert again["user"]["user_id"] == first["user"]["user_id"]
    assert again["last_id"] == 1


async def test_the_secret_is_in_nothing_that_others_receive(links: Any) -> None:
    app, link = links
    other, _ = await join(app, link=link["viewer"], client_id="other")
    anna, state = await join(app, link=link["editor"], client_id="tab", guest_secret=ANNA)
    assert state["user"]["guest_secret"] == ANNA
    assert ANNA not in str(state["users"])
    await anna.edit(1, 0, {"insert": "x"})
    await anna.send({"type": "presence", "data": 1})
    seen = [await other.expect(kind) for kind in ("user_joined", "document_change", "presence")]
    assert ANNA not in str(seen)
    digest = state["user"]["user_id"].partition(":")[2]
    assert len(digest) == 32
    assert digest not in ANNA


async def test_a_guest_without_a_secret_is_given_one(links: Any) -> None:
    app, link = links
    wire, state = await join(app, link=link["editor"], client_id="tab")
    await wire.edit(1, 0, {"insert": "x"})
    await wire.expect("ack")
    await wire.leave()
    secret = state["user"]["guest_secret"]
    _, again = await join(app, link=link["editor"], client_id="tab", guest_secret=secret)
    assert (again["user"]["user_id"], again["last_id"]) == (state["user"]["user_id"], 1)


@pytest.mark.parametrize("role", ["viewer", "editor"])
@pytest.mark.parametrize("given", [{}, {"guest_secret": MALLORY}])
async def test_what_others_see_of_a_guest_takes_nothing_over(
    links: Any, role: str, given: dict[str, str]
) -> None:
    app, link = links
    anna, state = await join(app, link=link["editor"], client_id="tab", guest_secret=ANNA)
    seen = {"client_id": "tab", "user_id": state["user"]["user_id"], "name": "Guest"}
    assert (await refused(app, link=link[role], **seen, **given)).status == 403
    assert await is_open(anna)
    await anna.edit(1, 0, {"insert": "x"})
    await anna.expect("ack")
    await anna.leave()
    assert (await refused(app, link=link[role], **seen, **given)).status == 403
    other = await join(app, link=link[role], **{**seen, "client_id": "own"}, **given)
    assert other[1]["user"]["user_id"] != state["user"]["user_id"]


@pytest.mark.parametrize("secret", ["short", "x" * 129, "with a space in it", "é" * 20])
async def test_a_malformed_secret_is_refused(links: Any, secret: str) -> None:
    app, link = links
    refusal = await refused(app, link=link["viewer"], guest_secret=secret)
    assert (refusal.status, refusal.body["code"]) == (400, "invalid_request")
    assert secret not in refusal.body["message"]


async def test_a_signed_in_user_never_has_the_id_of_a_guest(links: Any) -> None:
    app, link = links
    anna, state = await join(app, link=link["editor"], client_id="anna-tab", guest_secret=ANNA)
    for user_id in ("guest-anna-tab", "anna-tab", "guest:anna-tab"):
        refusal = await refused(app, token=token(user_id), client_id="anna-tab")
        assert refusal.status == 403
    forged = make_token(TOKEN_SECRET, User("x"), lifetime_seconds=60, sub=state["user"]["user_id"])
    assert (await refused(app, token=forged, client_id="anna-tab")).status == 401
    assert await is_open(anna)


async def test_in_open_mode_a_guest_with_a_secret_is_not_taken_over(make_app: Make) -> None:
    app = await make_app()
    anna, state = await join(app, client_id="tab", guest_secret=ANNA)
    user_id = state["user"]["user_id"]
    digest = user_id.partition(":")[2]
    for seen, status in (
        ({"client_id": "tab"}, 403),
        ({"client_id": "tab", "guest_secret": MALLORY}, 403),
        ({"client_id": "tab", "user_id": user_id}, 400),
        ({"client_id": digest}, None),
    ):
        if status is not None:
            assert (await refused(app, **seen)).status == status
        else:
            assert (await join(app, **seen))[1]["user"]["user_id"] != user_id
    assert await is_open(anna)


# -- whose a client_id is ----------------------------------------------------------------------


async def test_a_reader_holds_no_client_id_against_an_editor(links: Any) -> None:
    app, link = links
    reader, _ = await join(app, link=link["viewer"], client_id="tab", guest_secret=MALLORY)
    editor, state = await join(app, token=token("bob"), client_id="tab")
    assert state["user"]["user_id"] == "bob"
    assert await reader.closed() == 4409
    await editor.edit(1, 0, {"insert": "x"})
    assert (await editor.expect("ack"))["version"] == 1
    refusal = await refused(app, link=link["viewer"], client_id="tab", guest_secret=MALLORY)
    assert refusal.status == 403
    assert await is_open(editor)


async def test_a_reader_does_not_take_a_connected_editors_client_id(links: Any) -> None:
    app, link = links
    editor, _ = await join(app, link=link["editor"], client_id="tab", guest_secret=ANNA)
    refusal = await refused(app, link=link["viewer"], client_id="tab", guest_secret=MALLORY)
    assert refusal.status == 403
    assert await is_open(editor)


async def test_a_stored_client_id_belongs_to_the_user_who_edited_with_it(links: Any) -> None:
    app, link = links
    editor, _ = await join(app, link=link["editor"], client_id="tab", guest_secret=ANNA)
    await editor.edit(1, 0, {"insert": "x"})
    await editor.expect("ack")
    await editor.leave()
    assert (await refused(app, token=token("bob"), client_id="tab")).status == 403
    assert (await refused(app, link=link["viewer"], client_id="tab")).status == 403
    _, again = await join(app, link=link["editor"], client_id="tab", guest_secret=ANNA)
    assert again["last_id"] == 1


async def test_an_edit_of_a_displaced_reader_is_not_taken_for_the_editors(links: Any) -> None:
    app, link = links
    reader, _ = await join(app, link=link["viewer"], client_id="tab", guest_secret=MALLORY)
    editor, _ = await join(app, token=token("bob"), client_id="tab")
    await reader.edit(1, 0, {"insert": "forged"})
    await editor.edit(1, 0, {"insert": "real"})
    await editor.expect("ack")
    _, _, content = await app.manager.read_document("doc")
    assert content == "real"
