"""`collab serve` with short times, somebody who must not notice, and peers made of bytes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection
from websockets.sync.client import connect as open_websocket

from .wires import server_frames

__all__ = ["Hostile", "Served", "Witness", "serving"]

PATIENCE_SECONDS = 5
SHORT = {
    "ping_interval_seconds": 0.5,
    "ping_timeout_seconds": 0.5,
    "drain_timeout_seconds": 1,
    "handshake_timeout_seconds": 1,
    "max_frame_bytes": 1_000_000,
    "presence_interval_seconds": 0,
}


class Served:
    """A server that is running; `log` has what it wrote to standard error."""

    def __init__(self, process: subprocess.Popen[str], port: int, log: Path) -> None:
        self._process = process
        self.port = port
        self._log = log
        self._read = 0

    def errors(self) -> list[str]:
        """The lines of its log that tell of a fault, each once."""
        lines = self._log.read_text(encoding="utf-8").splitlines()[self._read :]
        self._read += len(lines)
        return [line for line in lines if re.search("ERROR|CRITICAL|Traceback|Error:", line)]

    def resident_bytes(self) -> int:
        """How much memory it has in use."""
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")


@contextlib.contextmanager
def serving(folder: Path, **others: object) -> Iterator[Served]:
    settings = {
        **SHORT,
        **others,
        "database": f"sqlite:///{folder / 'collab.db'}",
        "log_level": "warning",
    }
    log = folder / "server.log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-m", "collab", "serve", "--port", "0"],
            env={**os.environ, **{f"COLLAB_{k.upper()}": str(v) for k, v in settings.items()}},
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        )
    assert process.stdout is not None
    try:
        address = re.search(r"http://[^/]+:(\d+)/", process.stdout.readline())
        assert address is not None, log.read_text()
        yield Served(process, int(address[1]), log)
    finally:
        process.terminate()
        process.communicate(timeout=PATIENCE_SECONDS)


class Witness:
    """An editor of the document that is attacked, who goes on writing and sees who leaves."""

    def __init__(self, wire: ClientConnection) -> None:
        self._wire = wire
        self._version = self._id = 0
        self._left: set[str] = set()
        self._receive("document_state")

    @classmethod
    @contextlib.contextmanager
    def of(cls, served: Served, doc_id: str, client_id: str = "witness") -> Iterator[Witness]:
        address = f"ws://127.0.0.1:{served.port}/ws/documents/{doc_id}?client_id={client_id}"
        with open_websocket(address, compression=None) as wire:
            yield cls(wire)

    def writes(self, letter: str = "w") -> None:
        """One edit, up to its acknowledgement."""
        self._id += 1
        operation = {"ops": [{"insert": letter}]}
        frame = {"type": "edit", "id": self._id, "version": self._version, "operation": operation}
        self._wire.send(json.dumps(frame))
        assert self._receive("ack", "error")["id"] == self._id

    def sees_leave(self, client_id: str) -> None:
        while client_id not in self._left:
            self._receive("user_left")

    def sees_change(self) -> Any:
        return self._receive("document_change")["operation"]

    def _receive(self, *types: str) -> dict[str, Any]:
        while True:
            frame: dict[str, Any] = json.loads(self._wire.recv(PATIENCE_SECONDS))
            if frame["type"] in ("ack", "document_change"):
                assert frame["version"] == self._version + 1
            if frame["type"] in ("ack", "document_change", "document_state"):
                self._version = frame["version"]
            elif frame["type"] == "user_left":
                self._left.add(frame["client_id"])
            if frame["type"] in types:
                return frame


class Hostile:
    """A peer that writes bytes."""

    def __init__(self, served: Served, *, small: bool = False) -> None:
        self._socket = socket.socket()
        if small:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self._socket.settimeout(PATIENCE_SECONDS)
        self._socket.connect(("127.0.0.1", served.port))
        # The rest of what was not taken whole.
        self._unsent = b""
        self._received = bytearray()
        self._frames: list[tuple[int, bytes]] = []

    def join(self, doc_id: str, client_id: str, more: bytes = b"", after: bytes = b"") -> bytes:
        """Do the handshake with `more` header lines, and send `after` with it; its answer."""
        self.send(
            b"GET /ws/documents/%b?client_id=%b HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\n"
            b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n%b"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            % (doc_id.encode(), client_id.encode(), more)
            + after
        )
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self._socket.recv(1)
        return answer

    def send(self, data: bytes) -> None:
        unsent, self._unsent = self._unsent, b""
        self._socket.sendall(unsent + data)

    def send_while_taken(self, data: bytes, most: int, patience_seconds: float = 2) -> int:
        """Send the same again and again without reading, until it is not taken any more."""
        self._socket.settimeout(patience_seconds)
        sent = 0
        with contextlib.suppress(OSError):
            while sent < most:
                taken = self._socket.send(self._unsent or data)
                self._unsent = (self._unsent or data)[taken:]
                sent += taken
        self._socket.settimeout(PATIENCE_SECONDS)
        return sent

    def frame(self) -> tuple[int, bytes] | None:
        """The next frame's opcode and payload; None at the end."""
        while not self._frames:
            try:
                data = self._socket.recv(65536)
            except ConnectionError:
                data = b""
            if not data:
                return None
            self._received += data
            self._frames = list(server_frames(self._received))
        return self._frames.pop(0)

    def message(self, frame_type: str) -> dict[str, Any]:
        """The next message of a type."""
        while True:
            frame = self.frame()
            assert frame is not None
            if frame[0] == 1:
                message: dict[str, Any] = json.loads(frame[1])
                if message["type"] == frame_type:
                    return message

    def close_code(self) -> int | None:
        """The code of the server's close frame; None if it ends without one."""
        code = None
        while (frame := self.frame()) is not None:
            if frame[0] == 8 and code is None:
                code = int.from_bytes(frame[1][:2], "big") if frame[1] else 1005
        return code

    def everything(self) -> bytes:
        """All that comes up to the end."""
        data = b""
        with contextlib.suppress(ConnectionError):
            while part := self._socket.recv(65536):
                data += part
        return data

    def close(self) -> None:
        self._socket.close()
