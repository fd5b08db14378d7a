"""One of the two authors of a concurrent recording, as a client that lags as its author did."""

from __future__ import annotations

import contextlib
import json
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket

from collab.client import Session
from collab.client.address import document_address

from .screen import Screen

__all__ = ["Author"]


class Author:
    """Reads only the frames that its author had seen, and those that precede an `ack`.

    Attributes:
        transformed: edits that the server transformed.
        steps: changes in all that the server transformed them over.
        behind: changes in all that the client transformed its edits over before sending them.
    """

    def __init__(self, url: str, doc_id: str) -> None:
        self.session = Session()
        self.screen = Screen()
        self.transformed = self.steps = self.behind = 0
        self._address = document_address(url, doc_id, {})
        self._seen = 0
        self._websocket: ClientConnection
        self._stack = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Author:
        # The queue has no bound: the server must not see a slow reader, and the recording is
        # finite.
        connecting = open_websocket(
            self._address, compression=None, max_size=None, max_queue=None, close_timeout=1
        )
        self._websocket = await self._stack.enter_async_context(connecting)
        while not self.session.joined:
            await self._take()
        return self

    async def __aexit__(self, *failure: object) -> None:
        await self._stack.aclose()

    async def see(self, count: int) -> None:
        """Let the author see this many edits of the other author."""
        while self._seen + len(self.screen.unseen) < count:
            await self._take()
        self.screen.show(count - self._seen)
        self._seen = count

    async def type(self, operation: Any) -> None:
        """Send what the author types, and wait for the `ack`."""
        self.behind += len(self.screen.unseen)
        self.session.edit(self.screen.type(operation))
        edit = self.session.outgoing()
        assert edit is not None
        await self._websocket.send(edit.frame)
        while self.session.unsaved:
            await self._take()
        steps = self.session.version - 1 - edit.version
        self.steps += steps
        self.transformed += steps > 0

    async def catch_up(self, version: int) -> None:
        """Read all changes up to a version."""
        while self.session.version < version:
            await self._take()
        await self.see(self._seen + len(self.screen.unseen))

    async def _take(self) -> None:
        frame = json.loads(await self._websocket.recv())
        if frame["type"] == "error":
            raise RuntimeError(f"the server refused an edit: {frame['code']}: {frame['message']}")
        change = self.session.receive(frame)
        if change is not None:
            self.screen.arrive(change.version, change.operation)
