"""The disk is full, and gets room again."""

from __future__ import annotations

from pathlib import Path

from .disks import size_limited, tmpfs
from .outage import Outage, serving

# More than SQLite's log takes before it is begun anew (16 MB): a smaller disk is filled by the log
# alone after some seconds of editing, and stays full.
DISK_SIZE = "40m"


def fill(folder: Path) -> Path:
    """Take what room there is."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 512):
            try:
                while True:
                    file.write(bytes(size))
            except OSError:
                pass
    return ballast


async def test_a_full_disk_is_told_and_outlived(tmp_path: Path, seed: str) -> None:
    with tmpfs(tmp_path / "disk", DISK_SIZE) as disk:
        async with serving(disk) as server:
            outage = Outage(server, seed)
            async with outage.editing():
                ballast = fill(disk)
                await outage.until_told()
                await outage.until_red("the disk is full; something must be deleted")
                ballast.unlink()
                await outage.until_acknowledged()
                await outage.until_green()
            await outage.check()


async def test_files_that_can_not_grow_are_told_and_outlived(tmp_path: Path, seed: str) -> None:
    async with serving(tmp_path) as server:
        outage = Outage(server, seed)
        async with outage.editing():
            with size_limited(server.pid, 0):
                await outage.until_told()
                await outage.until_red("writing its file failed")
            await outage.until_acknowledged()
            await outage.until_green()
        await outage.check()
