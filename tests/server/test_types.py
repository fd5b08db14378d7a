"""Every type is a live document on the real server, somebody else's included."""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import secrets
import textwrap
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket

from collab.client import Editor, connect
from collab.ot import get_type
from tests.ot.laws import TYPES
from tests.otherpackage import install_growset
from tests.serverprocess import NewServerProcess, ServerProcess

PAGE = (Path(__file__).parents[2] / "docs" / "types.md").read_text(encoding="utf-8")

EDITS = 20

BEGINNINGS: dict[str, Any] = {
    "text": "Hello 🙂\nworld",
    "richtext": {
        "ops": [
            {"insert": "Hello", "attributes": {"bold": True}},
            {"insert": {"image": "a.png"}},
            {"insert": " 🙂\n"},
        ]
    },
    "json": {"a": [1, "x", {"b": []}], "b": "Hello 🙂", "é": 2.5},
    "growset": ["Hello", "🙂"],
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """In its environment there is a package of somebody else, which nobody tells it of."""
    site = tmp_path_factory.mktemp("site")
    install_growset(site)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(site), prepend=os.pathsep)
        server = NewServerProcess(tmp_path_factory.mktemp("work"), snapshot_interval_operations=7)
        server.start()
        yield server
        server.kill()


@pytest.fixture(params=TYPES, ids=lambda cases: cases.name)
def cases(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
async def http(server: ServerProcess) -> AsyncIterator[httpx2.AsyncClient]:
    async with httpx2.AsyncClient(base_url=f"{server.url}/api/") as client:
        yield client


@pytest.fixture
async def doc_id(http: httpx2.AsyncClient, cases: Any) -> str:
    """A new document of the type, made over HTTP."""
    doc_id = f"{cases.name}-{secrets.token_hex(4)}"
    body = {"doc_id": doc_id, "doc_type": cases.name}
    created = await http.post("documents", json=body)
    assert created.status_code == 201, created.text
    assert created.json()["doc_type"] == cases.name
    return doc_id


async def edit_at_random(editor: Editor, cases: Any, seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(EDITS):
        editor.edit(cases.operation(editor.content, chance.randbytes(12)))
        if chance.random() < 0.5:
            await editor.saved()
    await editor.saved()


async def begin(editor: Editor, cases: Any) -> None:
    editor.edit(get_type(cases.name).difference(editor.content, BEGINNINGS[cases.name]))
    await editor.saved()


async def agreed(*editors: Editor) -> Any:
    """The content that all hold, once each has all that there is."""
    head = max(editor.version for editor in editors)
    await asyncio.gather(*(editor.reached(head) for editor in editors))
    contents = [editor.content for editor in editors]
    assert all(content == contents[0] for content in contents)
    return contents[0]


async def test_two_edit_at_once_and_every_version_can_be_read(
    server: ServerProcess, http: httpx2.AsyncClient, cases: Any, doc_id: str
) -> None:
    async with connect(server.url, doc_id) as ann, connect(server.url, doc_id) as ben:
        await begin(ann, cases)
        await asyncio.gather(edit_at_random(ann, cases, 1), edit_at_random(ben, cases, 2))
        content, head = await agreed(ann, ben), max(ann.version, ben.version)
    listed = (await http.get(f"documents/{doc_id}/operations", params={"limit": 1000})).json()
    assert [entry["version"] for entry in listed["operations"]] == list(range(1, head + 1))
    assert len({entry["client_id"] for entry in listed["operations"]}) == 2
    kind = get_type(cases.name)
    replayed = kind.create()
    for version, entry in enumerate(listed["operations"], 1):
        assert kind.normalize(entry["operation"]) == entry["operation"]
        replayed = kind.apply(replayed, entry["operation"])
        read = await http.get(f"documents/{doc_id}", params={"version": version})
        assert read.json()["content"] == replayed
    assert replayed == content == (await http.get(f"documents/{doc_id}")).json()["content"]


async def test_editors_resume_after_the_server_was_killed(
    server: ServerProcess, http: httpx2.AsyncClient, cases: Any, doc_id: str
) -> None:
    async with connect(server.url, doc_id) as ann, connect(server.url, doc_id) as ben:
        await begin(ann, cases)
        await edit_at_random(ann, cases, 3)
        await ben.reached(ann.version)
        server.kill()
        chance = random.Random(4)
        for editor in (ann, ben):
            editor.edit(cases.operation(editor.content, chance.randbytes(12)))
        server.start()
        await asyncio.gather(ann.saved(), ben.saved())
        content = await agreed(ann, ben)
    async with connect(server.url, doc_id) as latecomer:
        assert latecomer.content == content
    assert (await http.get(f"documents/{doc_id}")).json()["content"] == content


async def test_an_old_version_is_restored_before_the_eyes_of_an_editor(
    server: ServerProcess, http: httpx2.AsyncClient, cases: Any, doc_id: str
) -> None:
    async with connect(server.url, doc_id) as editor:
        await begin(editor, cases)
        await edit_at_random(editor, cases, 5)
        for version in (1, editor.version, 0):
            before = editor.version
            answer = await http.post(f"documents/{doc_id}/restore", json={"version": version})
            assert answer.json() == {"doc_id": doc_id, "version": before + 1}
            await editor.reached(before + 1)
            old = await http.get(f"documents/{doc_id}", params={"version": version})
            assert editor.content == old.json()["content"]
        assert editor.content == get_type(cases.name).create()
        await edit_at_random(editor, cases, 6)


async def until(websocket: ClientConnection, frame_type: str) -> dict[str, Any]:
    async for text in websocket:
        frame: dict[str, Any] = json.loads(text)
        assert frame["type"] != "error", frame
        if frame["type"] == frame_type:
            return frame
    raise AssertionError(f"closed without a frame of type {frame_type}")


async def test_presence_tells_who_is_here_and_what_they_say_of_themselves(
    server: ServerProcess, cases: Any, doc_id: str
) -> None:
    url = f"{server.url.replace('http', 'ws')}/ws/documents/{doc_id}"
    async with open_websocket(f"{url}?client_id=a") as ann, open_websocket(url) as ben:
        await until(ann, "user_joined")
        for cursor in (None, {"anchor": 0, "head": 0}):
            said = {"cursor": cursor, "data": {"at": ["x", 0]}, "version": 0}
            await ann.send(json.dumps({"type": "presence", **said}))
            heard = await until(ben, "presence")
            assert {name: heard[name] for name in said} == said
            assert heard["client_id"] == "a"


async def test_the_editor_on_the_page_about_types_edits_somebody_else_s_document(
    server: ServerProcess, http: httpx2.AsyncClient
) -> None:
    example = re.findall(r"^```python\n(async with .*?)^```$", PAGE, flags=re.DOTALL | re.MULTILINE)
    program = example[0].replace("http://127.0.0.1:8000", server.url)
    names: dict[str, Any] = {"connect": connect}
    exec(f"async def edit():\n{textwrap.indent(program, '    ')}", names)
    await names["edit"]()
    read = (await http.get("documents/shopping")).json()
    assert (read["doc_type"], read["content"]) == ("growset", ["milk"])
