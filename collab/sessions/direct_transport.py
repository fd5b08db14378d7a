"""A connection on our own server: prepared frames straight to the socket, messages by a callback.

There is no task while nothing is behind. One is made for what has to wait: reading changes from
storage for a client that resumes from long ago, and closing.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Protocol, cast

from ..frames import Edit
from ..limits.budget import Allowance, Metered
from ..limits.progress import Progress
from ..limits.work import cpu_clock
from .handshake import WebSocketLike
from .transport import Endpoint, Transport
from .wire import FRAGMENT_BYTES, LargeMessage, WireData, parts_of

__all__ = ["EXTENSION", "EXTENSION_VERSION", "DirectTransport", "FrameSocket", "socket_of"]

logger = logging.getLogger(__name__)

# The name in the scope's extensions under which a server offers a `FrameSocket`.
EXTENSION = "collab.frames"
EXTENSION_VERSION = 1


class FrameSocket(Protocol):
    """What a server offers beside ASGI's send and receive, for use once a WebSocket is accepted.

    All plain functions. After `attach` nothing may be sent by ASGI but the close, which has to be
    the last: an ASGI send waits where `write` does not, so the two would overtake each other.
    """

    version: int

    def attach(self, on_drained: Callable[[], None], on_stopped: Callable[[bool], None]) -> None:
        """Begin to write.

        Args:
            on_drained: called each time that what was left in the buffer has been taken.
            on_stopped: called with True where the operating system has not taken all, before the
                writing returns, and with False at the latest when the connection begins to close
                or is gone. It may be called again.
        """

    @property
    def live_write(self) -> Callable[[bytes], None]:
        """As `write`, but nothing is looked after: not to be called from `on_stopped` with True to
        `on_drained`, nor after `on_stopped` with False."""

    def write(self, frames: bytes) -> bool | None:
        """Write prepared frames.

        Returns:
            True if the operating system took them; False if some of it is in the buffer now, so
            that it is better not to write on before `on_drained`; None if the connection is closing
            or gone, and nothing was written.
        """

    @property
    def unsent_bytes(self) -> int:
        """Bytes that the operating system has not taken yet."""

    def listen(self, on_message: Callable[[str | bytes], None], on_end: Callable[[], None]) -> None:
        """Have each message, text or binary, given to a function, those received before too, and
        the end told, once. An exception in `on_message` ends the connection with 1011."""

    def charge(self, allowance: Allowance) -> None:
        """Have it pay for what reading from the peer costs, and read on only while it lacks
        nothing."""

    def pause_reading(self) -> None:
        """Take nothing more from the peer; what has been read in part still comes."""

    def resume_reading(self) -> None:
        """Read on."""

    def abort(self) -> None:
        """End it at once; what is in the buffer is lost."""


def socket_of(scope: Any) -> FrameSocket | None:
    """The socket that the server offers in this scope, if it is one of ours."""
    offered: FrameSocket | None = (scope.get("extensions") or {}).get(EXTENSION)
    return offered if offered is not None and offered.version == EXTENSION_VERSION else None


class DirectTransport(Transport):
    """Writes when there is something and the socket has taken the last; owns at most two tasks.

    Bounds: one page, or a part of a large message, in the socket's buffer; of received frames that
    wait for storage, those that came before reading stopped, which is at most what the server hands
    over in one turn.
    """

    kind = "direct"

    def __init__(self, endpoint: Endpoint, websocket: WebSocketLike, socket: FrameSocket) -> None:
        super().__init__(endpoint, websocket)
        self._socket = socket
        self._is_over = False
        self._is_scheduled = False
        self._is_paused = False
        self._held: deque[str | Edit] | None = None
        self._progress: Progress | None = None
        # What was taken from the endpoint, and has to be written by the writer.
        self._page: Sequence[WireData] = ()
        self._drained: asyncio.Future[None] | None = None
        self._over: asyncio.Future[None] | None = None
        self._writer: asyncio.Task[None] | None = None
        self._taker: asyncio.Task[None] | None = None

    # -- writing --------------------------------------------------------------------------------

    def start(self) -> None:
        self._socket.attach(self._on_drained, self._on_stopped)
        self._socket.charge(self._endpoint.allowance)

    def wake(self) -> None:
        if self._endpoint.close_request is not None:
            self._pace()
        if self._is_scheduled or self._writer is not None:
            return
        if self._endpoint.close_request is not None:
            self._start_writer()
        elif self.sending_since is None:
            self._is_scheduled = True
            asyncio.get_running_loop().call_soon(self._flush)

    def write(self, frames: bytes) -> bool:
        if not self._is_free:
            return False
        self._socket.write(frames)
        return True

    @property
    def live_write(self) -> Callable[[bytes], None] | None:
        return self._socket.live_write if self._is_free and not self._is_over else None

    @property
    def _is_free(self) -> bool:
        """Whether the socket has taken all, and no task writes."""
        return self.sending_since is None and self._writer is None

    def _on_stopped(self, is_full: bool) -> None:
        self._outbound.mark_lagging()
        if is_full:
            self.sending_since = time.monotonic()
            self._progress = Progress(
                self._endpoint.settings, self.sending_since, self._socket.unsent_bytes
            )
        else:
            self._is_over = True

    def _flush(self) -> None:
        self._is_scheduled = False
        begun = cpu_clock()
        try:
            self._write_pages()
        except Exception:
            logger.exception("writing failed", extra=self._endpoint.log_fields)
            self._socket.abort()
        finally:
            self._endpoint.allowance.spend(cpu_clock() - begun)

    def _write_pages(self) -> None:
        while self._is_free:
            if self._endpoint.close_request is not None:
                self._start_writer()
                return
            page = self._outbound.next_page()
            if page is None:
                self._start_writer()
                return
            if not page:
                return
            if any(len(each) > FRAGMENT_BYTES for each in page):
                self._page = page
                self._start_writer()
                return
            self.write(b"".join(cast(Sequence[bytes], page)))

    def is_too_slow(self, now: float) -> bool:
        since = self.sending_since
        if since is None:
            return False
        if self._progress is None:
            return now - since > self._endpoint.settings.drain_timeout_seconds
        return self._progress.is_too_slow(now, self._socket.unsent_bytes)

    def _on_drained(self) -> None:
        self.sending_since = self._progress = None
        self._go_on()
        self._flush()

    def _go_on(self) -> None:
        drained, self._drained = self._drained, None
        if drained is not None and not drained.done():
            drained.set_result(None)

    def _start_writer(self) -> None:
        self._writer = asyncio.get_running_loop().create_task(self._write())
        self._writer.add_done_callback(self._written)

    async def _write_round(self) -> None:
        if self.sending_since is not None:
            await self._until_drained()
        page, self._page = self._page, ()
        await self._send(page)
        await self._write_waiting()
        close_request = self._endpoint.close_request
        if close_request is not None:
            await self._close(close_request)

    async def _send(self, frames: Sequence[WireData]) -> None:
        joined: list[bytes] = []
        for prepared in frames:
            if len(prepared) <= FRAGMENT_BYTES and isinstance(prepared, bytes):
                joined.append(prepared)
                continue
            await self._send_part(b"".join(joined))
            joined.clear()
            await self._send_large(prepared)
        await self._send_part(b"".join(joined))

    async def _send_large(self, prepared: WireData) -> None:
        message = prepared if isinstance(prepared, LargeMessage) else None
        for part in parts_of(prepared):
            await self._send_part(part)
            if self._is_over:
                break
            # Many who read at once take turns.
            await asyncio.sleep(0)
        if message is not None:
            message.written()

    async def _send_part(self, part: bytes) -> None:
        if part and self._socket.write(part) is False:
            await self._until_drained()

    async def _until_drained(self) -> None:
        self._drained = asyncio.get_running_loop().create_future()
        await self._drained

    def _written(self, task: asyncio.Task[None]) -> None:
        if task.cancelled():
            # By `abort` or `stop`: the end comes from the socket, once it is gone.
            return
        if self._endpoint.close_request is not None:
            self._end_serving()
            return
        self._writer = None
        self._flush()

    # -- reading --------------------------------------------------------------------------------

    async def serve(self) -> None:
        self._over = asyncio.get_running_loop().create_future()
        if self._writer is not None and self._writer.done():
            self._end_serving()
        self._socket.listen(self._on_message, self._on_end)
        await self._over
        if self._endpoint.close_request is not None and self._writer is not None:
            await asyncio.wait({self._writer})

    def _on_end(self) -> None:
        # Nothing drains any more.
        self._go_on()
        self._end_serving()

    def _end_serving(self) -> None:
        if self._over is not None and not self._over.done():
            self._over.set_result(None)

    def _on_message(self, message: str | bytes) -> None:
        if isinstance(message, bytes):
            self._endpoint.close(1003, "binary frame: send JSON text frames")
        elif self._held is not None:
            self._held.append(message)
        else:
            edit = self._inbound.receive_nowait(message)
            if edit is not None:
                self._held = deque([edit])
                self._taker = asyncio.get_running_loop().create_task(self._take_held(self._held))
        self._pace()

    async def _take_held(self, held: deque[str | Edit]) -> None:
        while held:
            first = held.popleft()
            edit = self._inbound.receive_nowait(first) if isinstance(first, str) else first
            if edit is not None:
                await Metered(self._inbound.receive(edit), self._endpoint.allowance)
        self._held = None
        self._pace()

    def resume_reading(self) -> None:
        if self._is_paused:
            self._pace()

    def _pace(self) -> None:
        """Who sends and does not read its answers is not read on, nor who has to wait itself."""
        is_open = self._endpoint.close_request is None
        pause = is_open and (self._held is not None or self._outbound.is_overfull)
        if pause == self._is_paused:
            return
        self._is_paused = pause
        if pause:
            self._socket.pause_reading()
        else:
            self._socket.resume_reading()

    # -- the end --------------------------------------------------------------------------------

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
        self._socket.abort()

    async def written(self) -> None:
        if self._writer is not None:
            await asyncio.wait([self._writer])

    async def stop(self) -> None:
        tasks = [task for task in (self._writer, self._taker) if task is not None]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.gather(*tasks, return_exceptions=True)
        if self._over is not None and not self._over.done():
            # Ended by its owner, not by the peer, who may be one that takes no goodbye.
            self._socket.abort()
            self._end_serving()
