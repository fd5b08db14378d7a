"""The real server as a child process that can be started, stopped and killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import sys
import urllib.request
from pathlib import Path

__all__ = ["ServerProcess"]

READY_SECONDS = 30

# All load comes from one network address, which the default settings limit to a share.
LOAD_SETTINGS = {
    "address_loop_share": 1000,
    "user_loop_share": 1000,
    "edits_per_second": 1_000_000,
    "presences_per_second": 1_000_000,
    "joins_per_second": 1_000_000,
    "creations_per_second": 1_000_000,
    "address_requests_per_second": 1_000_000,
}
STOP_SECONDS = 30


class ServerProcess:
    """`python -m collab serve` on one database, on the same port after each start.

    As a context manager it starts the server, and kills it at the end.

    Args:
        database: SQLAlchemy URL.
        settings: by their names, such as `snapshot_interval_operations`.
    """

    command: tuple[str, ...] = ("collab", "serve")
    log: Path | None = None
    """A file to which its log is appended; None for this process's standard error."""

    def __init__(self, database: str, **settings: object) -> None:
        self.url = ""
        self._port = 0
        self._settings = {**LOAD_SETTINGS, "database": database, **settings}
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> ServerProcess:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.kill()

    async def start(self) -> None:
        """Start the server; returns once it accepts connections.

        Raises:
            RuntimeError: it exited; the message has its output.
        """
        settings = {f"COLLAB_{name.upper()}": str(v) for name, v in self._settings.items()}
        with contextlib.ExitStack() as stack:
            log = stack.enter_context(self.log.open("ab")) if self.log else None
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", *self.command, "--port", str(self._port)),
                env={**os.environ, **settings},
                cwd=Path(__file__).parent.parent,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), READY_SECONDS)
        address = re.search(r"serving at (http://[^/]+:(\d+))/", line.decode())
        if address is None:
            await self.kill()
            raise RuntimeError(f"the server did not start: {line.decode().strip() or 'see above'}")
        self.url, self._port = address[1], int(address[2])

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None

    async def kill(self) -> None:
        """End it with SIGKILL."""
        await self._end(signal.SIGKILL)

    async def stop(self) -> int:
        """End it with SIGTERM; returns its exit status."""
        return await self._end(signal.SIGTERM)

    async def _end(self, with_signal: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        if process.returncode is None:
            process.send_signal(with_signal)
        try:
            # Its output is read, so that a full pipe can't block it.
            await asyncio.wait_for(process.communicate(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        return process.returncode or 0

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, in microsecond resolution; Linux only.

        The time of threads that have ended is not included.
        """
        threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
        return sum(int(each.read_text().split()[0]) for each in threads) / 1e9

    def loop_cpu_seconds(self) -> float:
        """The same for the main thread only, which runs the event loop."""
        thread = Path(f"/proc/{self.pid}/task/{self.pid}/schedstat")
        return int(thread.read_text().split()[0]) / 1e9

    def commits(self) -> tuple[float, float, float]:
        """Transactions so far, their duration in seconds as seen by the event loop, and their
        edits."""
        with urllib.request.urlopen(f"{self.url}/metrics", timeout=10) as answer:
            told = dict(re.findall(r"^(collab_\w+) (\S+)$", answer.read().decode(), re.MULTILINE))
        names = ("seconds_count", "seconds_sum", "operations_sum")
        count, seconds, edits = (float(told[f"collab_commit_{name}"]) for name in names)
        return count, seconds, edits
