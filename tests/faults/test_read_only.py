"""The database turns read-only, or is so from the start."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from collab.storage import migrate

from .disks import read_only
from .outage import Outage, serving


async def test_a_database_that_turns_read_only_is_told_and_outlived(
    tmp_path: Path, seed: str
) -> None:
    async with serving(tmp_path) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            with read_only(tmp_path / "collab.db", tmp_path / "collab.db-wal"):
                await outage.until_told()
                await outage.until_red("writing its file failed")
            await outage.until_acknowledged()
            await outage.until_green()
        await outage.check()


@pytest.fixture
def closed(tmp_path: Path) -> Iterator[Path]:
    """A folder with a database, in which nobody may write."""
    folder = tmp_path / "closed"
    folder.mkdir()
    migrate(f"sqlite:///{folder / 'collab.db'}")
    (folder / "collab.db").chmod(0o400)
    folder.chmod(0o500)
    yield folder
    folder.chmod(0o700)


def test_a_database_that_is_read_only_at_the_start_is_told_in_one_line(closed: Path) -> None:
    # To the superuser permissions are nothing, except without these capabilities.
    prefix = () if os.geteuid() else ("setpriv", "--bounding-set", "-dac_override,-fowner")
    serve = (sys.executable, "-m", "collab", "serve", "--port", "0")
    ended = subprocess.run(
        [*prefix, *serve, "--database", f"sqlite:///{closed / 'collab.db'}"],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert ended.returncode == 1
    assert "collab is serving" not in ended.stdout
    assert "its file and folder must be writable" in ended.stderr.splitlines()[-1]
