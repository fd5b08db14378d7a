"""Another program holds the database's lock."""

from __future__ import annotations

import signal
from pathlib import Path

from tests.storage.edits import line_of, program, tell

from .outage import Outage, serving

LOCK = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None, timeout=30)
other.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
sys.stdin.readline()
other.execute("ROLLBACK")
print("unlocked", flush=True)
sys.stdin.readline()
"""


async def test_a_lock_that_is_let_go_is_outlived(tmp_path: Path, seed: str) -> None:
    async with serving(tmp_path) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            async with program("-c", LOCK, str(tmp_path / "collab.db")) as other:
                assert await line_of(other) == "locked"
                await outage.until_told()
                await outage.until_red("locked by another program")
                await tell(other, "let go")
                assert await line_of(other) == "unlocked"
            await outage.until_acknowledged()
            await outage.until_green()
        await outage.check()


async def test_a_stopped_program_that_holds_the_lock_is_outlived_once_it_is_killed(
    tmp_path: Path, seed: str
) -> None:
    async with serving(tmp_path) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            async with program("-c", LOCK, str(tmp_path / "collab.db")) as other:
                assert await line_of(other) == "locked"
                other.send_signal(signal.SIGSTOP)
                await outage.until_told()
                await outage.until_red("locked by another program")
            await outage.until_acknowledged()
            await outage.until_green()
        await outage.check()
