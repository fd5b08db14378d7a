"""A network that delays, stalls and breaks; within a connection frames stay in order, as in TCP."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from types import SimpleNamespace
from typing import Any, NamedTuple

from collab.asgi.websockets import WebSocketState

from .loop import Process, VirtualLoop

__all__ = ["Accepted", "Closed", "Pipe", "Refused", "ServerSocket", "Wire"]

# So many frames fit into the buffers between a writer and a reader who takes none.
WINDOW_FRAMES = 40
# When a side finds out that the other has gone: by a reset, by a timeout, by its own pings.
NOTICE_SECONDS = ((0.0, 0.05), (0.5, 3.0), (20.0, 40.0))


class Accepted(NamedTuple):
    """The handshake went well."""


class Refused(NamedTuple):
    """The handshake was answered by HTTP."""

    status: int
    body: bytes


class Closed(NamedTuple):
    """A close frame; 1006 stands for none."""

    code: int = 1006
    reason: str = ""


Item = str | Accepted | Refused | Closed


class Pipe:
    """One way of a connection. What is sent arrives later, in order; or a rest of it never does."""

    def __init__(self, loop: VirtualLoop, world: Process, random: Random) -> None:
        self._loop = loop
        self._context = world.context
        self._random = random
        self._last = 0.0
        self._transit: deque[asyncio.TimerHandle] = deque()
        self._arrived: deque[Item] = deque()
        self._waiting: list[asyncio.Future[None]] = []
        self._broken = False
        self.stalled_until = 0.0
        self.on_read: Callable[[Item], None] = lambda _: None
        self.writer_closed = False
        """Whether the writer knows that nothing it writes arrives."""

    @property
    def unread(self) -> int:
        return len(self._transit) + len(self._arrived)

    def send(self, item: Item) -> None:
        """Never waits; on a broken way it just goes lost."""
        if self._broken:
            return
        delay = self._random.choice((0.0005, 0.001, 0.005, 0.02, 0.1))
        self._last = max(self._last, self._loop.time() + delay, self.stalled_until)
        self._transit.append(
            self._loop.call_at(self._last, self._arrive, item, context=self._context)
        )

    async def until_room(self, window: int = WINDOW_FRAMES) -> None:
        while self.unread >= window and not self.writer_closed:
            await self._ring()

    async def receive(self) -> Item:
        """The next item; after the end that end again."""
        while not self._arrived:
            await self._ring()
        item = self._arrived[0]
        self.on_read(item)
        if not isinstance(item, Closed):
            self._arrived.popleft()
            self._wake()
        return item

    def break_off(self) -> None:
        """What is on its way arrives up to some frame; the rest, and all that comes, is lost."""
        self._broken = True
        keep = self._random.randint(0, len(self._transit))
        while len(self._transit) > keep:
            self._transit.pop().cancel()

    def end(self) -> None:
        """The reader finds out that nothing comes any more."""
        self._broken = True
        while self._transit:
            self._transit.pop().cancel()
        self._arrived.append(Closed())
        self._wake()

    def close_writer(self) -> None:
        """The writer finds out, or has closed it itself."""
        self.writer_closed = True
        self._wake()

    def _arrive(self, item: Item) -> None:
        self._transit.popleft()
        self._arrived.append(item)
        self._wake()

    async def _ring(self) -> None:
        bell = self._loop.create_future()
        self._waiting.append(bell)
        try:
            await bell
        finally:
            if bell in self._waiting:
                self._waiting.remove(bell)

    def _wake(self) -> None:
        waiting, self._waiting = self._waiting, []
        for bell in waiting:
            if not bell.done():
                bell.set_result(None)


class Wire:
    """One connection: a way up to the server, one down to the editor, and who knows of its end."""

    def __init__(self, loop: VirtualLoop, world: Process, seed: str) -> None:
        self._loop = loop
        self._context = world.context
        self._random = Random(seed)
        self.up = Pipe(loop, world, Random(f"{seed} up"))
        self.down = Pipe(loop, world, Random(f"{seed} down"))
        self.is_cut = False

    def cut(self) -> None:
        """Break it; each side finds out in its own time, which may be long after the other."""
        if self.is_cut:
            return
        self.is_cut = True
        self.up.break_off()
        self.down.break_off()
        self._later(self._server_notices)
        self._later(self._editor_notices)

    def give_up(self) -> None:
        """The editor closes it during the handshake; the server's kernel knows that at once."""
        self.is_cut = True
        self.down.break_off()
        self._server_notices()

    def server_died(self) -> None:
        """The kernel still delivers what it has, or some of it, then resets the connection."""
        if not self.is_cut:
            self.is_cut = True
            self.up.break_off()
            self.down.break_off()
            self._later(self._editor_notices)

    def stall(self, seconds: float) -> None:
        """Nothing arrives for a while, either way."""
        self.up.stalled_until = self.down.stalled_until = self._loop.time() + seconds

    def _later(self, notices: Any) -> None:
        delay = self._random.uniform(*self._random.choice(NOTICE_SECONDS))
        self._loop.call_later(delay, notices, context=self._context)

    def _server_notices(self) -> None:
        self.up.end()
        self.down.close_writer()

    def _editor_notices(self) -> None:
        self.down.end()
        self.up.close_writer()


@dataclass(eq=False)
class ServerSocket:
    """The server's end, with the methods of Starlette's WebSocket that collab asks for.

    `watch` is called with each frame before it is sent.
    """

    wire: Wire
    query_params: dict[str, str]
    watch: Any
    scope: dict[str, Any] = field(
        default_factory=lambda: {
            "subprotocols": ["collab.v1"],
            "extensions": {"websocket.http.response": {}},
        }
    )
    application_state: WebSocketState = WebSocketState.CONNECTING
    _denial: Any = None

    async def accept(self, subprotocol: str | None = None) -> None:
        assert subprotocol == "collab.v1"
        self._check()
        self.application_state = WebSocketState.CONNECTED
        self.wire.down.send(Accepted())

    async def receive(self) -> dict[str, Any]:
        if self.application_state is WebSocketState.DISCONNECTED:
            return {"type": "websocket.disconnect", "code": 1006}
        item = await self.wire.up.receive()
        if isinstance(item, Closed):
            self.wire.down.close_writer()
            return {"type": "websocket.disconnect", "code": item.code}
        return {"type": "websocket.receive", "text": item}

    async def send_text(self, data: str) -> None:
        self._check()
        self.watch(data)
        self.wire.down.send(data)
        await self.wire.down.until_room()

    async def send(self, message: dict[str, Any]) -> None:
        """The two parts of a refusal by HTTP."""
        self._check()
        if message["type"] == "websocket.http.response.start":
            self._denial = SimpleNamespace(status=message["status"])
            return
        self.application_state = WebSocketState.DISCONNECTED
        self.wire.down.send(Refused(self._denial.status, message["body"]))

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        self._check()
        self.application_state = WebSocketState.DISCONNECTED
        self.wire.down.send(Closed(code, reason or ""))
        self.wire.down.close_writer()

    def end(self) -> None:
        """The server has done with it."""
        if self.application_state is not WebSocketState.DISCONNECTED:
            self.application_state = WebSocketState.DISCONNECTED
            self.wire.down.send(Closed())
        self.wire.down.close_writer()

    def _check(self) -> None:
        if self.wire.down.writer_closed or self.application_state is WebSocketState.DISCONNECTED:
            raise OSError("the peer is gone")
