"""The real server as a process of its own, for tests without an event loop, such as the browser's.

`benchmarks.server` has the same with one.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

from .forkedprogram import ForkedProgram

__all__ = ["NewServerProcess", "ServerProcess", "free_port"]

STOP_SECONDS = 30


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class ServerProcess:
    """`python -m collab serve` on one database file; as often as it is started, on the same port.

    As a context it is started, and stopped at the end.

    Attributes:
        module: what a new Python runs instead; None: the program, forked from one that has imported
            it already.
    """

    module: str | None = None

    def __init__(self, folder: Path, **settings: object) -> None:
        self.port = 0
        self.folder = folder
        self.database = f"sqlite:///{folder / 'collab.db'}"
        self.settings = settings
        self._process: subprocess.Popen[str] | ForkedProgram | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> ServerProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start it; returns once it accepts connections.

        Raises:
            RuntimeError: it ended instead; why, it has written to stderr.
        """
        environment = {
            f"COLLAB_{name.upper()}": str(value) for name, value in self.settings.items()
        }
        self._process = self._launch({**os.environ, **environment})
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        address = re.search(r"serving at http://[^/]+:(\d+)/", line)
        if address is None:
            self.kill()
            raise RuntimeError(f"the server did not start: {line.strip() or 'see above'}")
        self.port = int(address[1])

    def _launch(self, environment: dict[str, str]) -> subprocess.Popen[str] | ForkedProgram:
        arguments = ["serve", "--port", str(self.port)]
        if self.module is None:
            return ForkedProgram(arguments, self.folder, environment)
        return subprocess.Popen(
            [sys.executable, "-m", self.module, *arguments],
            env=environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            text=True,
        )

    def kill(self) -> None:
        """SIGKILL, at whatever instant it is."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; returns the exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, with_signal: signal.Signals) -> int:
        process, self._process = self._process, None
        if process is None:
            return 0
        process.send_signal(with_signal)
        try:
            return process.wait(STOP_SECONDS)
        finally:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


class NewServerProcess(ServerProcess):
    """The same in a new Python, which heeds `PYTHONPATH` and all that is installed there."""

    module = "collab"
