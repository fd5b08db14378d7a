"""One bit of the log changes while the server is dead: SQLite drops what is behind it, acknowledged
edits among it, and their versions are given again. Nobody may go on without a word."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from collab.client import ContentReplaced, Editor, connect
from tests.relay import Relay
from tests.serverprocess import ServerProcess

from .outage import until

PROGRAM = Path(__file__).with_name("editor.mjs")
FRAME_HEADER_BYTES = 24


def append(editor: Editor, text: str) -> None:
    offset = len(editor.content)
    editor.edit({"ops": [*([{"retain": offset}] if offset else []), {"insert": text}]})


class Browser:
    """What the browser's editor has printed last, in a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.now: dict[str, Any] = {"content": None, "version": -1, "state": "", "rescued": None}

    @classmethod
    @contextlib.asynccontextmanager
    async def editing(cls, url: str, doc_id: str) -> AsyncIterator[Browser]:
        process = await asyncio.create_subprocess_exec(
            "node",
            # Node has it without this since version 22.
            "--experimental-websocket",
            str(PROGRAM),
            url,
            doc_id,
            "browser",
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        browser = cls(process)
        reading = asyncio.create_task(browser._read())
        try:
            yield browser
        finally:
            if process.returncode is None:
                process.kill()
            await reading
            await process.wait()

    async def _read(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            self.now = json.loads(line)

    def append(self, text: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(text).encode() + b"\n")

    def shows(self, content: str) -> bool:
        assert self._process.returncode is None, "the editor has ended"
        return (self.now["content"], self.now["state"]) == (content, "saved")


def flip_after(log: Path, size: int) -> None:
    """Change one bit of the first page that was written when the log was of this size."""
    with log.open("r+b") as file:
        file.seek(size + FRAME_HEADER_BYTES + 100)
        (byte,) = file.read(1)
        file.seek(-1, 1)
        file.write(bytes([byte ^ 4]))


@pytest.mark.parametrize("later", [["x", "y"], ["x", "y", "z"]], ids=len)
async def test_an_editor_that_has_seen_what_was_lost_is_told_and_keeps_it(
    tmp_path: Path, later: list[str]
) -> None:
    log = tmp_path / "collab.db-wal"
    with ServerProcess(tmp_path) as server, contextlib.closing(Relay(server.port)) as relay:
        async with (
            connect(relay.url, "doc", client_id="ann") as ann,
            Browser.editing(relay.url, "doc") as browser,
        ):
            append(ann, "kept ")
            await ann.saved()
            browser.append("too ")
            await until(lambda: browser.shows("kept too ") and ann.content == "kept too ")
            size = log.stat().st_size
            async with connect(server.url, "doc", client_id="lost") as bob:
                for text in ("lost ", "for ever"):
                    append(bob, text)
                    await bob.saved()
            before = "kept too lost for ever"
            await until(lambda: browser.shows(before) and ann.content == before)
            assert ann.version == browser.now["version"] == 4

            relay.cut()
            server.kill()
            flip_after(log, size)
            await asyncio.to_thread(server.start)
            async with connect(server.url, "doc", client_id="carl") as carl:
                assert (carl.content, carl.version) == ("kept too ", 2)
                for text in later:
                    append(carl, text)
                    await carl.saved()
                after = carl.content
                relay.mend()
                # Their own edits are all there, and the versions that they name, too.
                await until(lambda: browser.shows(after) and ann.content == after)
                with pytest.raises(ContentReplaced) as replaced:
                    await ann.saved()
                assert replaced.value.content == before
                assert browser.now["rescued"]["content"] == before
                assert browser.now["rescued"]["reason"] == "older"
                append(ann, "!")
                await ann.saved()
                browser.append("?")
                expected = f"{after}!?"
                await until(lambda: browser.shows(expected) and ann.content == expected)
                await until(lambda: carl.content == expected)
    checked = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "collab", "check"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert checked.stdout.endswith(": sound\n")
