"""Ten editors on a document of each type, over a server that is killed again and again.

    COLLAB_SOAK_SEED=7 COLLAB_SOAK_SECONDS=60 pytest tests/soak/test_soak.py

A failure tells its seed, which decides what everybody does and when the server dies, though not
how the machine divides its time.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import secrets
from pathlib import Path

from tests.killedserver import KilledServer
from tests.ot.json_cases import JsonCases
from tests.ot.richtext_cases import RichTextCases
from tests.ot.text_cases import TextCases
from tests.soak.room import Room

logger = logging.getLogger(__name__)

EDITORS = 10
TYPES = [TextCases(), RichTextCases(), JsonCases()]
SECONDS = float(os.environ.get("COLLAB_SOAK_SECONDS", "12"))
SEED = os.environ.get("COLLAB_SOAK_SEED") or secrets.token_hex(4)


async def kill_now_and_then(server: KilledServer, chance: random.Random, seconds: float) -> int:
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
    server = KilledServer(
        f"sqlite:///{tmp_path / 'soak.db'}",
        log_level="error",
        snapshot_interval_operations=chance.choice([10, 100, 1000]),
        max_history_operations=chance.choice([50, 500, 2000]),
    )
    try:
        async with server:
            await soak(server, chance)
    except BaseException as error:
        error.add_note(f"to replay: COLLAB_SOAK_SEED={SEED} COLLAB_SOAK_SECONDS={SECONDS:g}")
        raise


async def soak(server: KilledServer, chance: random.Random) -> None:
    rooms = [Room(server, cases, SEED, EDITORS) for cases in TYPES]
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
