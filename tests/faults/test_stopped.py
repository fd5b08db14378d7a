"""The server's process stands still for a while, or is killed again and again.

COLLAB_FAULTS_STOP_SECONDS=10 COLLAB_FAULTS_KILLS=200 pytest tests/faults/test_stopped.py
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
from pathlib import Path

from .outage import Outage, serving

STOP_SECONDS = float(os.environ.get("COLLAB_FAULTS_STOP_SECONDS", "3"))
KILLS = int(os.environ.get("COLLAB_FAULTS_KILLS", "3"))


async def test_a_server_that_stands_still_goes_on_where_it_was(tmp_path: Path, seed: str) -> None:
    # Less than the server stands still: its peers are not to blame for what it has slept through.
    seconds = STOP_SECONDS / 2
    timeouts = {
        "ping_interval_seconds": seconds,
        "ping_timeout_seconds": seconds,
        "drain_timeout_seconds": seconds,
        "database_timeout_seconds": seconds,
    }
    async with serving(tmp_path, **timeouts) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            os.kill(server.pid, signal.SIGSTOP)
            await asyncio.sleep(STOP_SECONDS)
            os.kill(server.pid, signal.SIGCONT)
            await outage.until_acknowledged()
            await outage.until_green()
        await outage.check()


async def test_a_server_that_is_killed_again_and_again_loses_nothing(
    tmp_path: Path, seed: str
) -> None:
    chance = random.Random(seed)
    async with serving(tmp_path, snapshot_interval_operations=100) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            for _ in range(KILLS):
                # At whatever instant of a commit, a snapshot or a checkpoint it is.
                await asyncio.sleep(chance.uniform(0, 0.5))
                await server.kill()
                await server.start()
            await outage.until_acknowledged()
        await outage.check()
