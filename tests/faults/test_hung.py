"""The disk hangs: whoever writes to it waits, for nobody knows how long."""

from __future__ import annotations

from pathlib import Path

from .disks import freezable, freeze, thaw
from .outage import Outage, serving


async def test_a_disk_that_hangs_is_told_and_outlived(tmp_path: Path, seed: str) -> None:
    with freezable(tmp_path / "disk") as disk:
        async with serving(disk) as server:
            outage = Outage(server, seed)
            async with outage.editing():
                freeze(disk)
                await outage.until_told()
                await outage.until_red("it has not answered for 1 s")
                thaw(disk)
                await outage.until_acknowledged()
                await outage.until_green()
            await outage.check()
