"""Served by servers that send no lifespan: the application opens itself."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

EXAMPLES = Path(__file__).parents[1] / "examples"
SERVERS = {
    "daphne": ["daphne", "--bind", "127.0.0.1", "--port", "0"],
    "uvicorn": ["uvicorn", "--port", "0", "--lifespan", "off"],
}
ADDRESS = {
    "daphne": r"Listening on TCP address (127\.0\.0\.1:\d+)",
    "uvicorn": r"running on http://(\S+)",
}
STOP_SECONDS = 30


class Server:
    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self._process = subprocess.Popen(
            [sys.executable, "-m", *SERVERS[name], "embed_starlette:app"],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": f"{EXAMPLES}:{EXAMPLES.parent}"},
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        self.said: list[str] = []
        self.address = ""
        for line in self._process.stderr:
            self.said.append(line)
            found = re.search(ADDRESS[name], line)
            if found:
                self.address = found[1]
                break
        assert self.address, "".join(self.said)
        self._reader = threading.Thread(target=self.said.extend, args=[self._process.stderr])
        self._reader.start()

    def end(self) -> None:
        """SIGTERM; returns when it is gone."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(STOP_SECONDS)
        self._reader.join()
        assert self._process.stderr is not None
        self._process.stderr.close()


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    server = Server(request.param, tmp_path)
    yield server
    server.end()


def until(socket: ClientConnection, kind: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(socket.recv())
        if frame["type"] == kind:
            return frame


def test_the_first_call_of_the_manager_opens_it(server: Server) -> None:
    # The host's own route: nothing of collab's has been asked before.
    address = f"ws://{server.address}/teams/red/notes"
    with connect(address, additional_headers={"Cookie": "user=ada"}) as socket:
        until(socket, "document_state")
        operation = {"ops": [{"insert": "kept"}]}
        socket.send(json.dumps({"type": "edit", "id": 1, "version": 0, "operation": operation}))
        until(socket, "ack")


@pytest.mark.parametrize("name", SERVERS)
def test_what_was_written_is_there_after_a_restart(name: str, tmp_path: Path) -> None:
    for version in range(3):
        server = Server(name, tmp_path)
        try:
            address = f"ws://{server.address}/collab/ws/documents/doc?client_id=tab-{version}"
            with connect(address) as socket:
                assert until(socket, "document_state")["version"] == version
                operation = {"ops": [{"insert": "x"}]}
                edit = {"type": "edit", "id": 1, "version": version, "operation": operation}
                socket.send(json.dumps(edit))
                until(socket, "ack")
        finally:
            server.end()
