"""The real server as a process of its own, for tests whose editors run in an event loop while it is
started, stopped and killed."""

from __future__ import annotations

import asyncio
from pathlib import Path

from .serverprocess import ServerProcess

__all__ = ["KilledServer"]

# All the load comes from one network address, which a server of people allows a share only.
LOAD_SETTINGS = {
    "address_loop_share": 1000,
    "user_loop_share": 1000,
    "edits_per_second": 1_000_000,
    "presences_per_second": 1_000_000,
    "joins_per_second": 1_000_000,
    "creations_per_second": 1_000_000,
    "address_requests_per_second": 1_000_000,
}


class KilledServer:
    """`collab serve` on one database; as often as it is started, on the same port.

    As a context it is started, and killed at the end.

    Args:
        database: SQLAlchemy URL.
        settings: by their names, such as `snapshot_interval_operations`.
    """

    def __init__(self, database: str, **settings: object) -> None:
        settings = {**LOAD_SETTINGS, "database": database, **settings}
        self._server = ServerProcess(Path.cwd(), **settings)

    async def __aenter__(self) -> KilledServer:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def pid(self) -> int:
        return self._server.pid

    async def start(self) -> None:
        """Start it; returns once it accepts connections.

        Raises:
            RuntimeError: it ended instead; why, it has written to stderr.
        """
        await asyncio.to_thread(self._server.start)

    async def kill(self) -> None:
        """End it by SIGKILL, at whatever instant it is."""
        await asyncio.to_thread(self._server.kill)

    async def stop(self) -> int:
        """End it by SIGTERM; returns its exit status."""
        return await asyncio.to_thread(self._server.stop)

    def cpu_seconds(self) -> float:
        """User and system time that the process has used so far; Linux only.

        That of threads that have ended is missing.
        """
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e9
