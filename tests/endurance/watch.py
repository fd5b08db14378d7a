"""The server during the run: its memory and CPU, and its deaths."""

from __future__ import annotations

import asyncio
import random
import resource
import time
from pathlib import Path

from tests.killedserver import KilledServer

__all__ = ["Watch"]

WARM_UP = 1 / 3
"""The part of the run after which memory should no longer grow."""


class Watch:
    """Looks at a server that runs, and kills and restarts it if that is asked for.

    Sizes are in bytes, each of the process that ran then.
    """

    def __init__(self, server: KilledServer) -> None:
        self._server = server
        self._cpu_seconds = 0.0
        self._began = time.monotonic()
        self.start = self.resident()
        self.warm = 0
        self.end = 0
        self.kills = 0
        self.cpu_share = 0.0

    def resident(self) -> int:
        pages = Path(f"/proc/{self._server.pid}/statm").read_text().split()[1]
        return int(pages) * resource.getpagesize()

    async def over(self, seconds: float, kill_every: float | None) -> None:
        """Watch for so many seconds."""
        began = time.monotonic()
        chance = random.Random(1)
        while (left := began + seconds - time.monotonic()) > 0:
            pause = min(left, 1.0 if kill_every is None else chance.uniform(0, 2 * kill_every))
            await asyncio.sleep(pause)
            if kill_every is not None and time.monotonic() < began + seconds:
                self._cpu_seconds += self._server.cpu_seconds()
                await self._server.kill()
                await self._server.start()
                self.kills += 1
            if not self.warm and time.monotonic() - began > seconds * WARM_UP:
                self.warm = self.resident()

    def finish(self) -> None:
        """The last look, while the server still runs."""
        self.end = self.resident()
        self._cpu_seconds += self._server.cpu_seconds()
        self.cpu_share = self._cpu_seconds / (time.monotonic() - self._began)
