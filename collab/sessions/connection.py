"""One client's connection to one document: it joins, is served, and closes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping

from ..auth import User
from ..connection_log import log_fields
from ..documents.authors import Author
from ..documents.content import Encoded
from ..documents.document import Document
from ..frames import ServerShutdown
from ..limits.budget import Allowance, Metered
from ..limits.unread import Hold
from ..settings import Settings
from .connection_state import ConnectionState
from .direct_transport import DirectTransport, socket_of
from .first_frame import resumed_frame, state_frame
from .handshake import WebSocketLike
from .inbound import Inbound
from .join import JoinRequest
from .outbound import Outbound
from .room import room_of
from .transport import ASGITransport, CloseRequest, Transport
from .wire import FRAGMENT_BYTES, WireData, encode_frame

__all__ = ["Connection", "ConnectionState"]

logger = logging.getLogger(__name__)

CANCELLED_CLOSE_SECONDS = 1.0
"""How long a connection whose task was cancelled waits for its last frame to be written."""

HoldContent = Callable[[object, int], Hold]


class Connection:
    """Made by `DocumentManager.join_document`; `run` serves it to its end, `finish` ends it.

    Its `inbound` acts on what the client sends, its `outbound` decides what is written, and its
    transport reads from the WebSocket and writes to it.

    Attributes:
        state: only read it; `_move_to` is the one place where it changes.
        log_fields: the `extra` of each log record about it.
        close_request: how it is to be closed; None before `close`.
    """

    def __init__(
        self,
        websocket: WebSocketLike,
        document: Document,
        author: Author,
        user: User,
        settings: Settings,
        allowance: Allowance,
    ) -> None:
        self.document = document
        self.room = room_of(document)
        self.author = author
        self.user = user
        self.client_id = author.client_id
        self.allowance = author.allowance = allowance
        self.color = user.color
        self.settings = settings
        self.log_fields: Mapping[str, object] = log_fields(
            websocket.scope, document.doc_id, author.client_id
        )
        self.state = ConnectionState.JOINING
        self.close_request: CloseRequest | None = None
        self.inbound = Inbound(self)
        self.outbound = Outbound(self)
        socket = socket_of(websocket.scope)
        self._transport: Transport = (
            DirectTransport(self, websocket, socket) if socket else ASGITransport(self, websocket)
        )
        self.outbound.transport = self._transport
        self._metrics = document.metrics
        self._hold: Hold | None = None
        self._on_finish: Callable[[Connection], None] | None = None
        self._close_seconds = 0.0
        self._finishing: asyncio.Task[None] | None = None
        self._is_finished = False
        self._until_finished: asyncio.Future[None] | None = None

    def _move_to(self, state: ConnectionState) -> None:
        self.state = self.state.next(state)

    @property
    def cursor(self) -> int:
        """The version up to which it has been written everything."""
        return self.outbound.cursor

    @property
    def sending_since(self) -> float | None:
        """Since when the peer has taken nothing of what was written (`time.monotonic`)."""
        return self._transport.sending_since

    def is_too_slow(self, now: float) -> bool:
        """Whether the peer takes less of what waits for it than the minimum rate."""
        return self._transport.is_too_slow(now)

    @property
    def transport_kind(self) -> str:
        """`direct` on our own server, `host` over any other WebSocket."""
        return self._transport.kind

    # -- joining --------------------------------------------------------------------------------

    async def join(self, request: JoinRequest, hold: HoldContent) -> None:
        """Enter the room with the document's content, or at the version the client resumes from.

        Args:
            hold: counts content that is held until the client has read it.

        Raises:
            AddressBusy, ServerBusy: too much is held already.
            StorageUnavailable: the content could not be read.
        """
        document = self.document
        self.author.sent = None
        await document.until_known(self.author)
        version, diverged = request.version, False
        if version is not None and request.epoch is not None:
            diverged = request.epoch != document.epoch or version > document.history.head
            if not diverged and version >= document.compacted_version:
                checksum = await document.checksum_of(version)
                if request.checksum in (None, checksum):
                    self._resume(version, checksum, request.inflight)
                    return
                # Its changes may be no longer kept by now.
                diverged = checksum is not None
        if diverged and request.epoch == document.epoch:
            self._metrics.joins_diverged += 1
            logger.info(
                "client resumes from version %d of another history: "
                "the database may have lost edits",
                version,
                extra=self.log_fields,
            )
        self._send_state(await document.content.encoded(), hold, diverged=diverged)

    def _resume(self, version: int, checksum: int | None, inflight: int | None) -> None:
        self._metrics.resumes += 1
        self.outbound.begin(version, inflight)
        self._enter()
        self.put(resumed_frame(self, version, checksum))

    def _send_state(self, content: Encoded, hold: HoldContent, *, diverged: bool) -> None:
        size = len(content.data)
        if size > FRAGMENT_BYTES:
            # On our own server all connections share the content; any other makes a copy.
            is_shared = self.transport_kind == DirectTransport.kind
            self._hold = hold(content if is_shared else self, size)
        self._metrics.joins += 1
        self.outbound.begin(content.version)
        self._enter()
        release = None if self._hold is None else self._hold.release
        self.put(state_frame(self, content, diverged=diverged, on_written=release))

    def _enter(self) -> None:
        self._move_to(ConnectionState.OPEN)
        self.room.enter(self)
        self._transport.start()

    def on_finish(self, callback: Callable[[Connection], None]) -> None:
        """Have a function called once the connection has ended."""
        self._on_finish = callback

    # -- serving --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve the connection until it closes; the others in the room get `user_left`.

        If the task is cancelled, as by a server that ends, the client gets `server_shutdown`,
        unless it does not read it within a second.
        """
        if self.state is ConnectionState.JOINING:
            raise RuntimeError("run was called before join")
        try:
            await self._transport.serve()
        except asyncio.CancelledError:
            self._close_cancelled()
            raise
        finally:
            await self.finish()

    def _close_cancelled(self) -> None:
        last_frame = ServerShutdown(
            "the server is shutting down: reconnect", self.settings.retry_after_seconds
        )
        self.close(1001, "server shutting down", last_frame=encode_frame(last_frame))
        self._close_seconds = CANCELLED_CLOSE_SECONDS

    async def handle(self, text: str) -> None:
        """Act on one text frame; an invalid one is answered with an `error` frame."""
        await self.inbound.handle(text)

    def put(self, frames: WireData, count: int = 1) -> None:
        """Have so many encoded frames written that are not changes. Never waits."""
        self.outbound.put(frames, count)

    # -- the end --------------------------------------------------------------------------------

    def close(
        self, code: int, reason: str, *, last_frame: bytes | None = None, drain: bool = True
    ) -> None:
        """Have the connection closed. Idempotent.

        Args:
            last_frame: an encoded frame to be written last.
            drain: whether to write first what waits for the client.
        """
        if self.state in (ConnectionState.CLOSING, ConnectionState.CLOSED):
            return
        self._move_to(ConnectionState.CLOSING)
        self.outbound.mark_lagging()
        self._metrics.connections_closed[code] += 1
        self.close_request = CloseRequest(code, reason, last_frame, drain)
        self._transport.wake()

    def abort(self) -> None:
        """End a connection whose peer takes nothing any more: no frame can say why."""
        self._metrics.slow_readers += 1
        self.close(1013, "too slow", drain=False)
        self._transport.abort()

    async def finish(self) -> None:
        """Leave the room and end what runs for it. Idempotent; if it is cancelled, it goes on."""
        if self._finishing is None:
            self._finishing = asyncio.get_running_loop().create_task(self._metered_finish())
        await asyncio.shield(self._finishing)

    async def _metered_finish(self) -> None:
        await Metered(self._finish(), self.allowance)

    async def _finish(self) -> None:
        if self._close_seconds and self.state is ConnectionState.CLOSING:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._close_seconds):
                    await self._transport.written()
        self._move_to(ConnectionState.CLOSED)
        self.outbound.mark_lagging()
        self.room.leave(self)
        await self._transport.stop()
        self.outbound.clear()
        if self._hold is not None:
            self._hold.release()
        if self._on_finish is not None:
            self._on_finish(self)
        self._is_finished = True
        if self._until_finished is not None and not self._until_finished.done():
            self._until_finished.set_result(None)

    async def closed(self) -> None:
        """Return once the connection has come to its end."""
        if self._is_finished:
            return
        if self._until_finished is None:
            self._until_finished = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._until_finished)
