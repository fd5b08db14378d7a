"""Ten editors on one document, over a server that is killed again and again.

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
from tests.soak.restless import RestlessEditor

logger = logging.getLogger(__name__)

EDITORS = 10
SECONDS = float(os.environ.get("COLLAB_SOAK_SECONDS", "12"))
SEED = os.environ.get("COLLAB_SOAK_SEED") or secrets.token_hex(4)
DOC_ID = "soak"


async def read(server: ServerProcess, path: str) -> Any:
    def get() -> Any:
        with urllib.request.urlopen(f"{server.url}/api/documents/{DOC_ID}{path}") as answer:
            return json.load(answer)

    return await asyncio.to_thread(get)


async def read_operations(server: ServerProcess) -> list[dict[str, Any]]:
    operations: list[dict[str, Any]] = []
    while True:
        page = (await read(server, f"/operations?after={len(operations)}&limit=500"))["operations"]
        if not page:
            return operations
        operations += page


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


async def test_ten_editors_over_a_server_that_is_killed_lose_nothing(tmp_path: Path) -> None:
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
    editors = [RestlessEditor(server, DOC_ID, f"editor-{n}", SEED) for n in range(EDITORS)]
    over = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for editor in editors:
            group.create_task(editor.be_restless(over))
        kills = await kill_now_and_then(server, chance, SECONDS)
        over.set()
    await asyncio.gather(*(editor.come_to_rest() for editor in editors))
    head = (await read(server, ""))["version"]
    await asyncio.gather(*(editor.come_to_rest(head) for editor in editors))
    await check(server, editors, head)
    await server.kill()
    await server.start()
    await check(server, editors, head)
    connections = sum(editor.connections for editor in editors)
    logger.info("seed %s: %d kills, %d connections, %d edits", SEED, kills, connections, head)


async def check(server: ServerProcess, editors: list[RestlessEditor], head: int) -> None:
    """All hold the same, and the log holds each edit once."""
    document = await read(server, "")
    log = await read_operations(server)
    assert document["version"] == head
    assert [entry["version"] for entry in log] == list(range(1, head + 1))
    stored = {(entry["client_id"], entry["id"]): entry["version"] for entry in log}
    assert len(stored) == len(log)
    for editor in editors:
        assert not editor.contradictions
        assert not editor.errors
        assert editor.session.version == head
        assert editor.session.content == document["content"]
        for edit_id, version in editor.acknowledged.items():
            assert stored[editor.client_id, edit_id] == version
        assert len(editor.acknowledged) == editor.session.last_id
    assert sum(len(editor.acknowledged) for editor in editors) == head
    buffer = get_type("text").buffer("")
    for entry in log:
        buffer.apply(entry["operation"])
    assert buffer.content() == document["content"]
