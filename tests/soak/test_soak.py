"""Ten editors on a document of each type, over a server that is killed again and again.

    COLLAB_SOAK_SEED=7 COLLAB_SOAK_SECONDS=60 pytest tests/soak/test_soak.py

A failure tells its seed, which decides what everybody does and when the server dies, though not
how the machine divides its time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import random
import secrets
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.server import ServerProcess
from collab.ot import get_type
from tests.ot.json_cases import JsonCases
from tests.ot.richtext_cases import RichTextCases
from tests.ot.text_cases import TextCases
from tests.soak.restless import RestlessEditor

logger = logging.getLogger(__name__)

EDITORS = 10
TYPES = [TextCases(), RichTextCases(), JsonCases()]
SECONDS = float(os.environ.get("COLLAB_SOAK_SECONDS", "12"))
SEED = os.environ.get("COLLAB_SOAK_SEED") or secrets.token_hex(4)


class Room:
    """One document, named by its type, and its editors."""

    def __init__(self, server: ServerProcess, cases: Any) -> None:
        self.doc_type = get_type(cases.name)
        self.editors = [RestlessEditor(server, cases, f"editor-{n}", SEED) for n in range(EDITORS)]
        self.head = 0
        self._server = server

    async def _read(self, path: str = "") -> Any:
        url = f"{self._server.url}/api/documents/{self.doc_type.name}{path}"

        def get() -> Any:
            with urllib.request.urlopen(url) as answer:
                return json.load(answer)

        return await asyncio.to_thread(get)

    async def _read_operations(self) -> list[dict[str, Any]]:
        operations: list[dict[str, Any]] = []
        while page := (await self._read(f"/operations?after={len(operations)}&limit=500"))[
            "operations"
        ]:
            operations += page
        return operations

    async def come_to_rest(self) -> None:
        await asyncio.gather(*(editor.come_to_rest() for editor in self.editors))
        self.head = (await self._read())["version"]
        await asyncio.gather(*(editor.come_to_rest(self.head) for editor in self.editors))

    async def check(self) -> None:
        """All hold the same, and the log holds each edit once."""
        document = await self._read()
        log = await self._read_operations()
        assert document["doc_type"] == self.doc_type.name
        assert document["version"] == self.head
        assert [entry["version"] for entry in log] == list(range(1, self.head + 1))
        stored = {(entry["client_id"], entry["id"]): entry["version"] for entry in log}
        assert len(stored) == len(log)
        for editor in self.editors:
            assert not editor.contradictions
            assert not editor.errors
            assert editor.session.version == self.head
            assert editor.session.content == document["content"]
            for edit_id, version in editor.acknowledged.items():
                assert stored[editor.client_id, edit_id] == version
            assert len(editor.acknowledged) == editor.session.last_id
        assert sum(len(editor.acknowledged) for editor in self.editors) == self.head
        buffer = self.doc_type.buffer(self.doc_type.create())
        for entry in log:
            buffer.apply(entry["operation"])
        assert buffer.content() == document["content"]

    def __str__(self) -> str:
        connections = sum(editor.connections for editor in self.editors)
        return f"{self.doc_type.name}: {self.head} edits over {connections} connections"


async def kill_now_and_then(server: ServerProcess, chance: random.Random, seconds: float) -> int:
    """Kill and restart the server at random instants; returns how often."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    kills = 0
    while loop.time() < end or kills < 3:
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        await server.kill()
        kills += 1
        await asyncio.sleep(chance.uniform(0, 0.3))
        await server.start()
    return kills


async def test_ten_editors_of_each_type_over_a_server_that_is_killed_lose_nothing(
    tmp_path: Path,
) -> None:
    chance = random.Random(SEED)
    server = ServerProcess(
        f"sqlite+aiosqlite:///{tmp_path / 'soak.db'}",
        log_level="error",
        snapshot_interval_operations=chance.choice([10, 100, 1000]),
        history_maximum_operations=chance.choice([50, 500, 2000]),
    )
    await server.start()
    try:
        await soak(server, chance)
    except BaseException as error:
        error.add_note(f"to replay: COLLAB_SOAK_SEED={SEED} COLLAB_SOAK_SECONDS={SECONDS:g}")
        raise
    finally:
        await server.kill()


async def soak(server: ServerProcess, chance: random.Random) -> None:
    rooms = [Room(server, cases) for cases in TYPES]
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for room in rooms:
            for editor in room.editors:
                group.create_task(editor.be_restless(over))
        kills = await kill_now_and_then(server, chance, SECONDS)
        over.set()
    await asyncio.gather(*(room.come_to_rest() for room in rooms))
    for room in rooms:
        await room.check()
    await server.kill()
    await server.start()
    for room in rooms:
        await room.check()
    logger.info("seed %s: %d kills; %s", SEED, kills, "; ".join(map(str, rooms)))
