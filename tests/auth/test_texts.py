"""What names, titles and ids of users may hold; tests/js/texts.test.mjs is the same."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest

from collab.app import Collab
from collab.auth import User, make_token, open_user
from collab.auth.texts import check_text, is_visible
from collab.errors import InvalidRequest
from tests.conftest import Make
from tests.wire import Refused, connect

TEXTS: dict[str, Any] = json.loads((Path(__file__).parents[1] / "texts.json").read_text("utf-8"))
SECRET = "a secret of at least thirty-two bytes"


@pytest.mark.parametrize("text", TEXTS["taken"])
def test_what_names_hold_is_taken(text: str) -> None:
    assert User("ann", text).name == text
    assert User(text).user_id == text
    assert open_user(None, text, "c").name == text


@pytest.mark.parametrize("text", [text for text, _ in TEXTS["refused"]])
def test_what_has_no_place_on_a_line_is_refused(text: str) -> None:
    for user_id, name in (("ann", text), (text, "Ann")):
        with pytest.raises(InvalidRequest, match="U\\+"):
            User(user_id, name)


def test_every_character_is_either_refused_or_taken_alone() -> None:
    refused = set()
    for number in range(sys.maxunicode + 1):
        try:
            check_text("name", chr(number), 1)
        except InvalidRequest:
            refused.add(number)
    controls = {*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029}
    directions = {*range(0x202A, 0x202F), *range(0x2066, 0x2070)}
    no_characters = {plane << 16 | end for plane in range(17) for end in (0xFFFE, 0xFFFF)}
    assert refused == {
        *controls, *directions, *no_characters, *range(0xFFF9, 0xFFFC),
        *range(0xD800, 0xE000), *range(0xFDD0, 0xFDF0),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["", " ", "\u3000\u00a0", "\u200b", "\u200d\ufe0f", "\u3164", "\u0301"]
)
def test_a_name_that_shows_nothing_is_no_name(name: str) -> None:
    assert not is_visible(name)
    assert User("ann", name).name == "ann"
    assert open_user(None, name, "c").name == "Guest"


@pytest.fixture
async def app(make_app: Make) -> Collab:
    app = await make_app(auth="token", token_secret=SECRET)
    await app.manager.create_document("doc")
    return app


def client(app: Collab, token: str) -> httpx2.AsyncClient:
    headers = {"authorization": f"Bearer {token}"}
    transport = httpx2.ASGITransport(app=app)
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)


def token(**claims: Any) -> str:
    return make_token(SECRET, User("ann", role="owner"), lifetime_seconds=60, **claims)


@pytest.mark.parametrize("text", TEXTS["taken"])
async def test_they_come_through_tokens_and_titles(app: Collab, text: str) -> None:
    async with client(app, token(name=text)) as http:
        assert (await http.get("/api/session")).json()["user"]["name"] == text
        renamed = await http.patch("/api/documents/doc", json={"title": text})
        assert (renamed.status_code, renamed.json()["title"]) == (200, text.strip())
    wire = await connect(app, "doc", token=token(name=text))
    assert (await wire.receive())["user"]["name"] == text


async def test_what_is_refused_says_which_character_it_is(app: Collab) -> None:
    async with client(app, token()) as http:
        answer = await http.patch("/api/documents/doc", json={"title": "a\u202eb"})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request")
        assert "U+202E at 1" in answer.json()["message"]
    with pytest.raises(Refused) as refused:
        await connect(app, "doc", token=token(name="a\u202eb"))
    assert refused.value.status == 401


async def test_a_name_of_null_is_no_name(app: Collab) -> None:
    async with client(app, token(name=None)) as http:
        assert (await http.get("/api/session")).json()["user"]["name"] == "ann"
    wire = await connect(app, "doc", token=token(name=None))
    assert (await wire.receive())["user"]["name"] == "ann"
