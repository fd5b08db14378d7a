"""The editors in examples/, those of the README among them, run against the real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from websockets.asyncio.client import ClientConnection, connect

from collab.client import connect as edit
from tests.repository.test_embedding import Host
from tests.serverprocess import ServerProcess

EXAMPLES = Path(__file__).parents[2] / "examples"
REPLY_SECONDS = 30
MAX_LINE_BYTES = 16 * 1024 * 1024

State = dict[str, object]


def node_is_missing() -> str:
    """Why the JavaScript example can't run; in CI it must."""
    if os.environ.get("CI"):
        return ""
    if shutil.which("node") is None:
        return "Node is not installed: run scripts/test"
    installed = (EXAMPLES / "node_modules" / "ws").is_dir()
    return "" if installed else "the packages of the examples are not installed: run scripts/test"


needs_node = pytest.mark.skipif(bool(node_is_missing()), reason=node_is_missing())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path) as server:
        yield server


@contextlib.asynccontextmanager
async def running(*command: str) -> AsyncIterator[asyncio.StreamReader]:
    """A program for as long as the context lasts, and what it prints, errors included."""
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        limit=MAX_LINE_BYTES,
    )
    assert process.stdout is not None
    try:
        yield process.stdout
    finally:
        process.terminate()
        await process.communicate()


async def printed(lines: asyncio.StreamReader) -> str:
    async with asyncio.timeout(REPLY_SECONDS):
        return (await lines.readline()).decode().rstrip("\n")


@contextlib.asynccontextmanager
async def joined(
    server: ServerProcess,
) -> AsyncIterator[tuple[ClientConnection, State]]:
    address = f"{server.url.replace('http', 'ws')}/ws/documents/notes?user_id=ada"
    async with connect(address) as editor:
        yield editor, json.loads(await editor.recv())


async def write(editor: ClientConnection, edit_id: int, version: object, text: str) -> None:
    operation = {"ops": [{"insert": text}]}
    frame = {"type": "edit", "id": edit_id, "version": version, "operation": operation}
    await editor.send(json.dumps(frame))


async def test_the_client_of_the_readme_saves_its_edit(
    server: ServerProcess, tmp_path: Path
) -> None:
    program = tmp_path / "client.py"
    text = (EXAMPLES / "client.py").read_text(encoding="utf-8")
    program.write_text(text.replace("http://127.0.0.1:8000", server.url), encoding="utf-8")
    async with running(sys.executable, "-u", str(program)) as lines:
        assert await printed(lines) == r"version 1 is 'Hello from Python!\n'"
    async with joined(server) as (_, state):
        assert state["content"] == "Hello from Python!\n"


async def test_the_application_of_the_readme_has_documents_below_its_path(tmp_path: Path) -> None:
    host = Host("mount_fastapi", tmp_path)
    host.start()
    try:
        async with edit(f"{host.url}/collab", "notes", name="Ada") as ada:
            ada.edit({"ops": [{"insert": "Hello"}]})
            await ada.saved()
            assert ada.version == 1
    finally:
        said = host.stop()
    assert (tmp_path / "notes.db").exists()
    assert "Traceback" not in said


async def test_the_python_editor_types_and_prints_what_others_type(server: ServerProcess) -> None:
    url = server.url.replace("http", "ws")
    async with running(sys.executable, "-u", str(EXAMPLES / "editor.py"), url) as lines:
        assert await printed(lines) == "version 0 is ''"
        assert await printed(lines) == "saved as version 1"
        async with joined(server) as (ada, state):
            assert state["content"] == "Hello from Python!\n"
            await write(ada, 1, state["version"], "Hi, Python. ")
            assert await printed(lines) == "ada typed [{'insert': 'Hi, Python. '}]"


async def test_the_python_editor_opens_a_document_of_some_megabytes(
    server: ServerProcess,
) -> None:
    text = "0123456789" * 300_000
    async with edit(server.url, "notes", name="Ada") as ada:
        ada.edit({"ops": [{"insert": text}]})
    url = server.url.replace("http", "ws")
    async with running(sys.executable, "-u", str(EXAMPLES / "editor.py"), url) as lines:
        assert (await printed(lines)).endswith(f" is {text!r}")
        assert (await printed(lines)).startswith("saved as version ")


async def test_the_python_editor_ends_with_the_reason_if_it_is_refused(
    server: ServerProcess,
) -> None:
    async with joined(server) as (ada, state):
        await write(ada, 1, state["version"], "x")
        await ada.recv()
    server.stop()
    server.settings = {"max_document_size": 5}
    server.start()
    url = server.url.replace("http", "ws")
    async with running(sys.executable, "-u", str(EXAMPLES / "editor.py"), url) as lines:
        assert await printed(lines) == "version 1 is 'x'"
        assert "the limit is 5" in await printed(lines)


@needs_node
async def test_the_javascript_editor_types_and_prints_what_others_type(
    server: ServerProcess,
) -> None:
    program = str(EXAMPLES / "editor.mjs")
    async with running("node", program, server.url) as lines:
        assert await printed(lines) == 'version 0 is ""'
        assert await printed(lines) == "saving 1"
        assert await printed(lines) == "saved 0"
        async with joined(server) as (ada, state):
            assert state["content"] == "Hello from JavaScript!\n"
            await write(ada, 1, state["version"], "Hi, 🙂. ")
            assert await printed(lines) == 'ada typed {"ops":[{"insert":"Hi, 🙂. "}]}'
