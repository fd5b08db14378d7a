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
from websockets.exceptions import ConnectionClosed
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
        self._name = name
        self._folder = folder
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

    def database_files(self) -> list[str]:
        return sorted(path.name for path in self._folder.glob("notes.db*"))

    def code_of(self, code: int) -> int:
        """How this server sends a close code: daphne's library raises for those of WebSocket."""
        return code + 3000 if self._name == "daphne" else code

    def signal(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    def wait(self) -> None:
        self._process.wait(STOP_SECONDS)

    def end(self) -> None:
        """SIGTERM; returns when it is gone."""
        if self._process.poll() is None:
            self.signal(signal.SIGTERM)
        try:
            self.wait()
        finally:
            self._process.kill()
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


def close_code(socket: ClientConnection) -> int:
    """The code by which the server closes, after whatever it sends before."""
    with pytest.raises(ConnectionClosed) as closed:
        until(socket, "nothing")
    assert closed.value.rcvd is not None
    return int(closed.value.rcvd.code)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("path", ["/collab/ws/documents/doc", "/teams/red/notes"])
def test_editors_are_told_and_everything_is_closed_at_a_signal(
    path: str, number: signal.Signals, server: Server
) -> None:
    address, headers = f"ws://{server.address}{path}", {"Cookie": "user=ada"}
    with (
        connect(address, additional_headers=headers) as one,
        connect(address, additional_headers=headers) as other,
    ):
        for socket in (one, other):
            until(socket, "document_state")
        assert server.database_files() > ["notes.db"]
        server.signal(number)
        for socket in (one, other):
            until(socket, "server_shutdown")
            assert close_code(socket) == server.code_of(1001)
        server.wait()
    assert server.database_files() == ["notes.db"]


def test_a_connection_is_closed_by_a_code_that_the_server_can_send(server: Server) -> None:
    with connect(f"ws://{server.address}/collab/ws/documents/doc") as socket:
        until(socket, "document_state")
        socket.send(b"binary")
        assert close_code(socket) == server.code_of(1003)


def test_a_refusal_after_the_handshake_is_a_close_that_the_server_can_send(server: Server) -> None:
    with connect(f"ws://{server.address}/collab/ws/documents/doc") as socket:
        until(socket, "document_state")
    with connect(f"ws://{server.address}/collab/ws/documents/doc?doc_type=json") as socket:
        assert until(socket, "error")["code"] == "wrong_doc_type"
        assert close_code(socket) == server.code_of(1008)


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
