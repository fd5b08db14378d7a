"""The server's end of a connection on collab's own server: frames straight to the socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from collab.asgi.websockets import WebSocketState
from collab.sessions.direct_transport import EXTENSION, EXTENSION_VERSION
from tests.fragments import Messages

from .network import ServerSocket
from .violation import Violation

__all__ = ["DirectSocket"]

# So few that a reader who is slow for a moment is noticed.
WINDOW_FRAMES = 5


class DirectSocket(ServerSocket):
    """A socket that is also the `FrameSocket` in its scope, and reports who misuses it."""

    version = EXTENSION_VERSION

    def __init__(self, *args: Any, report: Callable[[Violation], None]) -> None:
        super().__init__(*args)
        self.scope["extensions"][EXTENSION] = self
        self._report = report
        self._messages = Messages()
        self._on_drained: Callable[[], None] = lambda: None
        self._on_stopped: Callable[[bool], None] = lambda _: None
        self._on_end: Callable[[], None] = lambda: None
        self._may_write_live = False
        self._is_full = False
        self._readable = asyncio.Event()
        self._readable.set()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def _is_closed(self) -> bool:
        return self.application_state is WebSocketState.DISCONNECTED

    # -- writing --------------------------------------------------------------------------------

    def attach(self, on_drained: Callable[[], None], on_stopped: Callable[[bool], None]) -> None:
        self._on_drained, self._on_stopped = on_drained, on_stopped
        self._may_write_live = True
        if self._is_closed or self.wire.down.writer_closed:
            self._stop(False)

    @property
    def unsent_bytes(self) -> int:
        # Each frame is more than the least rate asks for.
        return self.wire.down.unread * 100_000

    def write(self, frames: bytes) -> bool | None:
        if self._is_closed or self.wire.down.writer_closed:
            return None
        self._write(frames)
        return not self._is_full

    def live_write(self, frames: bytes) -> None:
        if not self._may_write_live:
            self._report(Violation("flow", "frames were written to a socket that had stopped"))
        self._write(frames)

    def _write(self, frames: bytes) -> None:
        for text in self._messages.of(frames):
            self.watch(text)
            self.wire.down.send(text)
        if self.wire.down.unread >= WINDOW_FRAMES and not self._is_full:
            self._is_full = True
            self._stop(True)
            self._start(self._drain())

    def _stop(self, is_full: bool) -> None:
        self._may_write_live = False
        self._on_stopped(is_full)

    async def _drain(self) -> None:
        await self.wire.down.until_room(WINDOW_FRAMES)
        self._is_full = False
        if not self._is_closed and not self.wire.down.writer_closed:
            self._may_write_live = True
            self._on_drained()

    # -- reading --------------------------------------------------------------------------------

    def listen(self, on_message: Callable[[str | bytes], None], on_end: Callable[[], None]) -> None:
        self._on_end = on_end
        self._start(self._read(on_message))

    async def _read(self, on_message: Callable[[str | bytes], None]) -> None:
        while True:
            await self._readable.wait()
            message = await self.receive()
            if message["type"] != "websocket.receive":
                self._end()
                return
            try:
                on_message(message["text"])
            except Exception as error:
                self._report(Violation("raised", f"a message was not handled: {error!r}"))

    def charge(self, allowance: Any) -> None:
        """Work is measured in real time, of which a simulation has none."""

    def pause_reading(self) -> None:
        self._readable.clear()

    def resume_reading(self) -> None:
        self._readable.set()

    # -- the end --------------------------------------------------------------------------------

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        self._stop(False)
        await super().close(code, reason)

    def abort(self) -> None:
        self._stop(False)
        super().end()
        asyncio.get_running_loop().call_soon(self._end)

    def _end(self) -> None:
        self._stop(False)
        self._on_end()

    def end(self) -> None:
        super().end()
        for task in list(self._tasks):
            task.cancel()

    def _start(self, coroutine: Any) -> None:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.append(task)
        task.add_done_callback(self._tasks.remove)
