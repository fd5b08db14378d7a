"""An editor without a page: raw frames over a WebSocket, nothing in between."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from websockets.sync.client import ClientConnection, connect

from tests.serverprocess import ServerProcess

__all__ = ["Raw", "raw"]

REPLY_SECONDS = 20


class Raw:
    """A hostile editor: raw frames over a WebSocket, nothing in between."""

    def __init__(self, websocket: ClientConnection) -> None:
        self._websocket = websocket
        state = self.receive("document_state")
        self.version, self._sent = state["version"], 0
        self.client_id = state["client_id"]

    def send(self, **frame: Any) -> None:
        self._websocket.send(json.dumps(frame))

    def receive(self, *types: str) -> dict[str, Any]:
        while True:
            frame: dict[str, Any] = json.loads(self._websocket.recv(REPLY_SECONDS))
            if frame["type"] in types:
                return frame

    def edit(self, operation: Any) -> bool:
        """Whether the server took it."""
        self._sent += 1
        self.send(type="edit", id=self._sent, version=self.version, operation=operation)
        answer = self.receive("ack", "error")
        if answer["type"] == "error":
            self._sent -= 1
            return False
        self.version = answer["version"]
        return True

    def catch_up(self) -> None:
        """Make the next edit on what the document is now."""
        self.send(type="ping")
        while (frame := self.receive("document_change", "pong"))["type"] != "pong":
            self.version = frame["version"]


@contextlib.contextmanager
def raw(server: ServerProcess, doc_type: str, **query: str) -> Iterator[Raw]:
    query = {"doc_type": doc_type, **query}
    address = f"{server.url.replace('http', 'ws')}/ws/documents/doc?{urlencode(query)}"
    # It needn't read what it doesn't want to know.
    with connect(address, max_queue=None) as websocket:
        yield Raw(websocket)
