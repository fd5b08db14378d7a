"""An editor that edits at random over a connection that fails at random."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Iterator
from typing import Any, NoReturn

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from collab.client import Session
from collab.client.address import document_address
from collab.ot import get_type
from tests.killedserver import KilledServer

__all__ = ["RestlessEditor"]

MAX_SIZE = 1000
"""A document that has grown beyond it is emptied, in the units of its type's buffer."""

RECIPE_BYTES = 12

ACTIONS = {
    "edit": 100,
    "send": 100,
    "wait": 60,
    "send_again": 20,
    "send_acknowledged_again": 8,
    "stop_reading": 1,
    "leave": 1,
    "vanish": 1,
}


class RestlessEditor:
    """One `client_id` with a session, whatever happens to its connections.

    `acknowledged` has the version of each edit `id` that was acknowledged; `errors` every error
    frame, `refusals` what every refused handshake was answered, and `contradictions` every ack that
    said something else than one before.

    Args:
        cases: of the document's type, as `tests.ot` has them; makes the operations.
    """

    def __init__(self, server: KilledServer, cases: Any, client_id: str, seed: str) -> None:
        self.client_id = client_id
        self.session = Session()
        self.acknowledged: dict[int, int] = {}
        self.contradictions: list[dict[str, Any]] = []
        self.errors: list[dict[str, Any]] = []
        self.refusals: list[dict[str, Any]] = []
        self.connections = 0
        self._server = server
        self._cases = cases
        self._type = get_type(cases.name)
        self._random = random.Random(f"{seed} {cases.name} {client_id}")
        self._frames: dict[int, str] = {}
        self._reading = asyncio.Event()
        self._reading.set()
        self._websocket: ClientConnection

    # -- connections ----------------------------------------------------------------------------

    async def be_restless(self, until: asyncio.Event) -> None:
        """Edit, and lose connections, until told to stop."""
        while not until.is_set():
            with self._enduring():
                async with self._connection() as reader:
                    # Who has left before joining has nothing to send that would fail.
                    while not until.is_set() and not reader.done():
                        await self._act()
            # Offline, editing goes on.
            await self.edit()
            await asyncio.sleep(self._random.uniform(0, 0.2))

    async def come_to_rest(self, version: int = 0) -> None:
        """Have everything acknowledged, and know everything up to `version`."""
        while not self._rests(version):
            with self._enduring():
                async with self._connection() as reader:
                    while not self._rests(version) and not reader.done():
                        await self.send()
                        await asyncio.sleep(0.01)

    def _rests(self, version: int) -> bool:
        return not self.session.unsaved and self.session.version >= version

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[asyncio.Task[NoReturn]]:
        """Yields the task that reads; what ended it is raised, if it was not the connection."""
        query = {"client_id": self.client_id, "doc_type": self._type.name, **self.session.query}
        address = document_address(self._server.url, self._type.name, query)
        connecting = open_websocket(
            address, compression=None, max_size=None, close_timeout=0.2, open_timeout=5
        )
        async with connecting as websocket:
            self._websocket = websocket
            self.connections += 1
            self._reading.set()
            reader = asyncio.get_running_loop().create_task(self._read(websocket))
            try:
                yield reader
            finally:
                reader.cancel()
                self.session.disconnected()
                (ended,) = await asyncio.gather(reader, return_exceptions=True)
                if not isinstance(ended, ConnectionClosed | asyncio.CancelledError):
                    raise ended

    @contextlib.contextmanager
    def _enduring(self) -> Iterator[None]:
        """Whatever ends a connection, or keeps it from beginning, is no reason to stop."""
        try:
            yield
        except InvalidStatus as refusal:
            self.refusals.append(json.loads(refusal.response.body or b"{}"))
        except (OSError, InvalidHandshake, ConnectionClosed):
            pass

    async def _read(self, websocket: ClientConnection) -> NoReturn:
        while True:
            text = await websocket.recv()
            await self._reading.wait()
            self._receive(json.loads(text))

    def _receive(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ack":
            if self.acknowledged.setdefault(frame["id"], frame["version"]) != frame["version"]:
                self.contradictions.append(frame)
        elif frame["type"] == "error":
            self.errors.append(frame)
        self.session.receive(frame)

    # -- actions --------------------------------------------------------------------------------

    async def _act(self) -> None:
        (action,) = self._random.choices(list(ACTIONS), list(ACTIONS.values()))
        await getattr(self, action)()
        # A turn of the loop, so that the reader comes to its own even if nothing has to wait.
        await asyncio.sleep(0)

    async def edit(self) -> None:
        if not self.session.joined:
            return
        content = self.session.content
        if self._type.buffer(content).size > MAX_SIZE:
            operation = self._type.difference(content, self._type.create())
        else:
            recipe = self._random.randbytes(self._random.randint(1, RECIPE_BYTES))
            operation = self._cases.operation(content, recipe)
        self.session.edit(operation)

    async def send(self) -> None:
        edit = self.session.outgoing()
        if edit is not None:
            self._frames[edit.id] = edit.frame
            await self._websocket.send(edit.frame)

    async def wait(self) -> None:
        await asyncio.sleep(self._random.uniform(0, 0.03))

    async def send_again(self) -> None:
        edit = self.session.inflight
        if edit is not None and edit.sent:
            await self._websocket.send(edit.frame)

    async def send_acknowledged_again(self) -> None:
        if self.acknowledged:
            edit_id = self._random.choice(list(self.acknowledged))
            await self._websocket.send(self._frames[edit_id])

    async def stop_reading(self) -> None:
        self._reading.clear()
        await asyncio.sleep(self._random.uniform(0, 0.2))
        self._reading.set()

    async def leave(self) -> None:
        await self._websocket.close()

    async def vanish(self) -> None:
        self._websocket.transport.abort()
        await self._websocket.wait_closed()
