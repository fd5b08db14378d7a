"""Editing inside FastAPI and Starlette: the embedding examples on uvicorn, over real sockets."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect

EXAMPLES = Path(__file__).parents[2] / "examples"
REPLY_SECONDS = 30


class Host:
    """An example served by plain uvicorn from another folder, its database there."""

    def __init__(self, module: str, folder: Path) -> None:
        self._module = module
        self._folder = folder
        self._process: subprocess.Popen[str] | None = None
        self.url = ""

    def start(self) -> None:
        command = [sys.executable, "-m", "uvicorn", f"{self._module}:app", "--port", "0"]
        self._process = subprocess.Popen(
            [*command, "--app-dir", str(EXAMPLES)],
            cwd=self._folder,
            stderr=subprocess.PIPE,
            text=True,
        )
        said = []
        assert self._process.stderr is not None
        for line in self._process.stderr:
            said.append(line)
            running = re.search(r"running on (http://\S+)", line)
            if running:
                self.url = running[1]
                break
        assert self.url, "".join(said)
        self._rest: list[str] = []
        # Its log is read on, so that it never waits for a reader.
        self._reader = threading.Thread(target=self._rest.extend, args=[self._process.stderr])
        self._reader.start()

    def stop(self) -> str:
        """Stop it as an operator does; returns what it has logged."""
        process, self._process = self._process, None
        if process is None:
            return ""
        process.send_signal(signal.SIGTERM)
        process.wait(REPLY_SECONDS)
        self._reader.join()
        assert process.stderr is not None
        process.stderr.close()
        return "".join(self._rest)


@pytest.fixture(params=["embed_fastapi", "embed_starlette"], scope="module")
def host(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Host]:
    """One for all tests here: each uses documents of its own."""
    host = Host(request.param, tmp_path_factory.mktemp(request.param))
    host.start()
    yield host
    host.stop()


class Editor:
    """An editor that follows one document in raw frames, by applying inserts of ASCII."""

    def __init__(self, websocket: ClientConnection, state: dict[str, Any]) -> None:
        self._websocket = websocket
        self.content = state["content"]
        self.version = state["version"]
        self.user = state["user"]
        self.epoch = state["epoch"]
        self._sent = state["last_id"]

    async def insert(self, offset: int, text: str) -> None:
        self._sent += 1
        self._pending = (offset, text)
        operation = {"ops": [{"retain": offset}, {"insert": text}]}
        frame = {"type": "edit", "id": self._sent, "version": self.version, "operation": operation}
        await self._websocket.send(json.dumps(frame))

    async def frame(self, *types: str) -> dict[str, Any]:
        """The next frame of one of these types."""
        async with asyncio.timeout(REPLY_SECONDS):
            while True:
                frame: dict[str, Any] = json.loads(await self._websocket.recv())
                if frame["type"] in types:
                    return frame

    async def saved(self) -> None:
        frame = await self.frame("ack", "document_change", "error")
        assert frame["type"] == "ack", frame
        assert frame["version"] == self.version + 1
        offset, text = self._pending
        self._apply([{"retain": offset}, {"insert": text}], frame["version"])

    async def change(self) -> dict[str, Any]:
        frame = await self.frame("document_change", "ack", "error")
        assert frame["type"] == "document_change", frame
        assert frame["version"] == self.version + 1
        self._apply(frame["operation"]["ops"], frame["version"])
        return frame

    def _apply(self, components: list[dict[str, Any]], version: int) -> None:
        offset = 0
        for component in components:
            if "insert" in component:
                self.content = self.content[:offset] + component["insert"] + self.content[offset:]
            offset += component.get("retain", len(component.get("insert", "")))
        self.version = version


async def join(websocket: ClientConnection) -> Editor:
    state = json.loads(await websocket.recv())
    assert state["type"] == "document_state", state
    return Editor(websocket, state)


async def assert_they_edit_together(ann: Editor, ben: Editor, ben_is: str) -> None:
    await ann.insert(0, "world")
    await ann.saved()
    assert (await ben.change())["user_id"] == ann.user["user_id"]
    await ben.insert(0, "hello ")
    await ben.saved()
    change = await ann.change()
    assert (change["user_id"], change["operation"]) == (ben_is, {"ops": [{"insert": "hello "}]})
    assert ann.content == ben.content == "hello world"
    # Both on the same version: the server has to transform one of them.
    await ann.insert(11, "!")
    await ben.insert(0, "> ")
    for editor in (ann, ben):
        await editor.frame("ack")
        assert editor.version == 2


async def test_two_editors_edit_together_below_the_mount(host: Host) -> None:
    mounted = f"{host.url.replace('http', 'ws')}/collab/ws/documents/doc"
    async with connect(f"{mounted}?user_id=ann") as one, connect(f"{mounted}?user_id=ben") as two:
        await assert_they_edit_together(await join(one), await join(two), "ben")
    document = httpx2.get(f"{host.url}/collab/api/documents/doc").json()
    assert (document["content"], document["version"]) == ("> hello world!", 4)


async def test_two_editors_edit_together_over_the_host_s_own_websocket(host: Host) -> None:
    own = f"{host.url.replace('http', 'ws')}/teams/red/notes"
    async with (
        connect(own, additional_headers={"Cookie": "user=ann"}) as one,
        # Who one is, is the host's word: what the query says of it is ignored.
        connect(f"{own}?user_id=mallory", additional_headers={"Cookie": "user=ben"}) as two,
    ):
        await assert_they_edit_together(await join(one), await join(two), "ben")
    document = httpx2.get(f"{host.url}/collab/api/documents/team-red").json()
    assert (document["content"], document["version"]) == ("> hello world!", 4)


async def test_the_mount_and_the_host_s_own_websocket_lead_to_the_same_documents(
    host: Host,
) -> None:
    address = host.url.replace("http", "ws")
    async with (
        connect(f"{address}/collab/ws/documents/team-blue?user_id=ann") as one,
        connect(f"{address}/teams/blue/notes", additional_headers={"Cookie": "user=ben"}) as two,
    ):
        await assert_they_edit_together(await join(one), await join(two), "ben")


async def test_whom_the_host_lets_read_only_is_refused_an_edit_and_sees_those_of_others(
    host: Host,
) -> None:
    own = f"{host.url.replace('http', 'ws')}/teams/green/notes"
    async with (
        connect(own) as one,
        connect(own, additional_headers={"Cookie": "user=ben"}) as two,
    ):
        guest, ben = await join(one), await join(two)
        assert guest.user["role"] == "viewer"
        await guest.insert(0, "x")
        assert (await guest.frame("error"))["code"] == "read_only"
        await ben.insert(0, "y")
        await guest.change()
        assert guest.content == "y"


async def test_a_refused_join_is_answered_through_the_host(host: Host) -> None:
    own = f"{host.url.replace('http', 'ws')}/teams/white/notes?doc_type=spreadsheet"
    async with connect(own) as websocket:
        frame = json.loads(await websocket.recv())
        assert (frame["type"], frame["code"]) == ("error", "wrong_doc_type")
        await websocket.wait_closed()
        assert websocket.close_code == 1008


async def test_what_was_acknowledged_is_there_after_the_host_was_stopped_and_started(
    host: Host,
) -> None:
    own = "/teams/black/notes?client_id=tab"
    cookie = {"Cookie": "user=ann"}
    async with connect(host.url.replace("http", "ws") + own, additional_headers=cookie) as one:
        ann = await join(one)
        await ann.insert(0, "kept")
        await ann.saved()
        said = await asyncio.to_thread(host.stop)
    assert "Traceback" not in said
    host.start()
    resume = f"{own}&version={ann.version}&epoch={ann.epoch}"
    async with connect(host.url.replace("http", "ws") + resume, additional_headers=cookie) as two:
        frame = json.loads(await two.recv())
        assert (frame["type"], frame["version"], frame["last_id"]) == ("document_resumed", 1, 1)


def test_the_editor_and_its_assets_are_served_below_the_mount(host: Host) -> None:
    for path in ("/collab/", "/collab/documents/doc"):
        page = httpx2.get(host.url + path)
        assert page.status_code == 200
        references = re.findall(r'(?:src|href)="([^"#?]+\.(?:js|css|svg))"', page.text)
        assert references
        for reference in references:
            address = httpx2.URL(host.url + path).join(reference)
            assert address.path.startswith("/collab/static/")
            assert httpx2.get(address).status_code == 200
