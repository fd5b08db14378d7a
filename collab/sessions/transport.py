"""How a connection reads from its WebSocket and writes to it.

The connection decides what is written, in pages; its transport decides when, and how.
`ASGITransport` works on any WebSocket with Starlette's methods; it has one task that writes and one
that reads. `DirectTransport` (in `direct_transport`) works on the sockets of our own server, mostly
without tasks.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from ..errors import CollabError
from ..limits.budget import Allowance, Metered
from ..limits.work import cpu_clock
from ..settings import Settings
from .handshake import WebSocketLike, close
from .inbound import Inbound
from .outbound import Outbound
from .wire import LargeMessage, WireData, texts_of

__all__ = ["ASGITransport", "CloseRequest", "Endpoint", "Transport"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CloseRequest:
    """How a connection is to be closed: after writing what waits if `drain`, then `frame`."""

    code: int
    reason: str
    frame: bytes | None
    drain: bool


class Endpoint(Protocol):
    """What a transport needs of its connection."""

    settings: Settings
    log_fields: Mapping[str, object]
    allowance: Allowance
    close_request: CloseRequest | None
    inbound: Inbound
    outbound: Outbound

    def close(
        self, code: int, reason: str, *, last_frame: bytes | None = None, drain: bool = True
    ) -> None: ...


class Transport:
    """What both ways have in common: how everything is written that takes time."""

    kind: ClassVar[str]

    def __init__(self, endpoint: Endpoint, websocket: WebSocketLike) -> None:
        self.sending_since: float | None = None
        """Since when the peer has not taken what was written (`time.monotonic`); None if it has."""
        self._endpoint = endpoint
        self._inbound = endpoint.inbound
        self._outbound = endpoint.outbound
        self._websocket = websocket

    def start(self) -> None:
        """Begin to write."""
        raise NotImplementedError

    def wake(self) -> None:
        """There is something to be written, or the connection is to be closed."""
        raise NotImplementedError

    def write(self, frames: bytes) -> bool:
        """Write at once what comes next; False if it has to be read from the history later."""
        return False

    @property
    def live_write(self) -> Callable[[bytes], None] | None:
        """The shortest way to write, while nothing is in its way; `Outbound.mark_lagging` says when
        something is."""
        return None

    def resume_reading(self) -> None:
        """The connection has written some of what was waiting: it may read on."""
        raise NotImplementedError

    async def serve(self) -> None:
        """Read until the peer is gone, or the connection has been closed."""
        raise NotImplementedError

    def abort(self) -> None:
        """End it without telling the peer."""
        raise NotImplementedError

    async def written(self) -> None:
        """Return once the close request has been written, or can't be. Call `wake` first."""
        raise NotImplementedError

    async def stop(self) -> None:
        """End what runs for it. Idempotent."""
        raise NotImplementedError

    def is_too_slow(self, now: float) -> bool:
        """Whether the peer takes less than the least rate of what waits for it."""
        raise NotImplementedError

    async def _send(self, frames: Sequence[WireData]) -> None:
        raise NotImplementedError

    async def _write_waiting(self) -> None:
        while (close_request := self._endpoint.close_request) is None or close_request.drain:
            page = self._outbound.next_page()
            if page is None:
                page = await self._outbound.stored_page()
            if not page:
                return
            await self._send(page)

    async def _close(self, close_request: CloseRequest) -> None:
        if close_request.frame is not None:
            await self._send([close_request.frame])
        await self._end(close_request.code, close_request.reason)

    async def _end(self, code: int, reason: str) -> None:
        self.sending_since = time.monotonic()
        await close(self._websocket, code, reason)

    async def _write(self) -> None:
        """One round of writing; with a close request, the last. Run as a task."""
        try:
            try:
                await self._write_round()
            except CollabError as error:
                self._endpoint.close(error.close_code, error.message, drain=False)
                await self._end(error.close_code, error.message)
        except Exception as error:
            # Whatever the server's WebSocket raises on a connection that is gone.
            logger.debug("writing ended: %r", error, extra=self._endpoint.log_fields)
        finally:
            self.sending_since = None

    async def _write_round(self) -> None:
        raise NotImplementedError


class ASGITransport(Transport):
    """By the WebSocket's own methods. Owns the writer, and while `serve` runs, the reader."""

    kind = "host"

    def __init__(self, endpoint: Endpoint, websocket: WebSocketLike) -> None:
        super().__init__(endpoint, websocket)
        self._bell = asyncio.Event()
        self._relieved = asyncio.Event()
        self._writer: asyncio.Task[None] | None = None
        self._sending_bytes = 0

    def start(self) -> None:
        self._writer = asyncio.get_running_loop().create_task(self._write())

    def wake(self) -> None:
        self._bell.set()
        self._relieved.set()

    def resume_reading(self) -> None:
        self._relieved.set()

    async def serve(self) -> None:
        assert self._writer is not None
        reader = asyncio.get_running_loop().create_task(self._read())
        try:
            await asyncio.wait({reader, self._writer}, return_when=asyncio.FIRST_COMPLETED)
            if self._endpoint.close_request is not None:
                await asyncio.wait({self._writer})
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)

    async def _read(self) -> None:
        while self._endpoint.close_request is None:
            try:
                message = await self._websocket.receive()
            except Exception as error:
                # Whatever the host's WebSocket raises on a connection that is gone.
                logger.debug("reading ended: %r", error, extra=self._endpoint.log_fields)
                return
            if message["type"] != "websocket.receive":
                return
            text = message.get("text")
            if text is None:
                self._endpoint.close(1003, "binary frame: send JSON text frames")
                return
            await self._take(text)
            # Who sends and does not read its answers is not read on.
            while self._outbound.is_overfull:
                self._relieved.clear()
                await self._relieved.wait()

    async def _take(self, text: str) -> None:
        allowance = self._endpoint.allowance
        begun = cpu_clock()
        edit = self._inbound.receive_nowait(text)
        allowance.spend(cpu_clock() - begun)
        if edit is not None:
            await Metered(self._inbound.receive(edit), allowance)
        await allowance.until_available()

    async def _write_round(self) -> None:
        while self._endpoint.close_request is None:
            await self._bell.wait()
            self._bell.clear()
            await self._write_waiting()
        await self._write_waiting()
        await self._close(self._endpoint.close_request)

    async def _send(self, frames: Sequence[WireData]) -> None:
        for prepared in frames:
            if isinstance(prepared, LargeMessage):
                await self._send_text(prepared.text())
                prepared.written()
            else:
                for text in texts_of(prepared):
                    await self._send_text(text)
        self.sending_since = None

    async def _send_text(self, text: str) -> None:
        self._sending_bytes = len(text)
        self.sending_since = time.monotonic()
        await self._websocket.send_text(text)
        self._sending_bytes = 0

    def is_too_slow(self, now: float) -> bool:
        # These servers don't say how much of a message is taken: it has the time of the least rate.
        since, settings = self.sending_since, self._endpoint.settings
        if since is None:
            return False
        allowed = self._sending_bytes / settings.min_drain_bytes_per_second
        return now - since > max(settings.drain_timeout_seconds, allowed)

    def abort(self) -> None:
        if self._writer is not None:
            self._writer.cancel()

    async def written(self) -> None:
        if self._writer is not None:
            await asyncio.wait([self._writer])

    async def stop(self) -> None:
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
