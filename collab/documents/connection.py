"""One editor's connection: a cursor into the document's history.

What it reads it hands on at once; what it writes it takes, when the bell rings, from three places:
the outbox (errors, pongs, who came and went), the history after its cursor, and the latest
presence of the others. So there is no queue of changes for it: a slow reader stays behind and costs
nothing, and one that falls behind what is in memory is closed and resumes by version.
"""

from __future__ import annotations

import asyncio
import enum
import logging
import time
from collections import deque
from collections.abc import Callable

import msgspec

from ..auth import User
from ..errors import (
    CollabError,
    EditError,
    FrameError,
    Internal,
    InvalidOperation,
    ReadOnly,
    StorageError,
    TooLarge,
    TooSlow,
    VersionAhead,
    VersionGone,
)
from ..frames import (
    Ack,
    DocumentResumed,
    DocumentState,
    Edit,
    Identity,
    Ping,
    Pong,
    PresenceUpdate,
    decode,
    edit_id,
    encode,
    error_frame,
)
from ..settings import Settings
from .author import Author
from .document import Document
from .handshake import ABORT_EXTENSION, WebSocketLike, close_reason
from .history import Change

__all__ = ["Connection", "ConnectionState"]

logger = logging.getLogger(__name__)

PAGE_CHANGES = 256


class ConnectionState(enum.Enum):
    JOINING = "joining"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class Connection:
    """Made by `DocumentManager.join_document`; `run` serves it to its end, `finish` ends it.

    Bounds: the outbox (`outbox_maximum_frames`; beyond it the reader is too slow and is closed with
    1013), `presences` (one entry for each other editor).
    """

    def __init__(
        self,
        websocket: WebSocketLike,
        document: Document,
        author: Author,
        user: User,
        settings: Settings,
    ) -> None:
        self.document = document
        self.author = author
        self.user = user
        self.color = user.color
        self.presences: dict[str, None] = {}
        self.sending_since: float | None = None
        self._websocket = websocket
        self._settings = settings
        self._state = ConnectionState.JOINING
        self._outbox: deque[str] = deque()
        self._outbox_drained = asyncio.Event()
        self._bell = asyncio.Event()
        self._cursor = 0
        # Whether it has reached the history's head once; until then it may read from storage.
        self._caught_up = False
        self._bad_frames = 0
        self._closing: tuple[int, str] | None = None
        self._farewell: str | None = None
        self._drain = True
        self._writer: asyncio.Task[None] | None = None
        self._on_finish: Callable[[Connection], None] | None = None
        self._finished = asyncio.Event()

    @property
    def client_id(self) -> str:
        return self.author.client_id

    @property
    def state(self) -> ConnectionState:
        return self._state

    # -- joining --------------------------------------------------------------------------------

    async def join(self, version: int | None, epoch: str | None) -> None:
        """Enter the room with the document's state, or where the client left off.

        Raises:
            StorageUnavailable: the content could not be read.
        """
        document = self.document
        await document.until_open()
        if version is not None and epoch == document.epoch and version <= document.history.head:
            self._enter(version, self._resumed)
            return
        at, content = await document.committed_content()
        self._enter(at, lambda cursor: self._stated(cursor, content))

    def _enter(self, cursor: int, first_frame: Callable[[int], str]) -> None:
        self._cursor = cursor
        self._state = ConnectionState.OPEN
        self.document.room.enter(self)
        self._outbox.appendleft(first_frame(cursor))
        self._writer = asyncio.get_running_loop().create_task(self._write())
        self.ring()

    def on_finish(self, callback: Callable[[Connection], None]) -> None:
        self._on_finish = callback

    def _resumed(self, cursor: int) -> str:
        document = self.document
        return encode(
            DocumentResumed(
                doc_id=document.doc_id,
                epoch=document.epoch,
                doc_type=document.doc_type.name,
                version=cursor,
                client_id=self.client_id,
                user=self._identity(),
                users=document.room.present(cursor),
                last_id=self.author.last_id,
            )
        )

    def _stated(self, cursor: int, content: str) -> str:
        document = self.document
        return encode(
            DocumentState(
                doc_id=document.doc_id,
                epoch=document.epoch,
                doc_type=document.doc_type.name,
                content=msgspec.Raw(content.encode()),
                version=cursor,
                client_id=self.client_id,
                user=self._identity(),
                users=document.room.present(cursor),
                last_id=self.author.last_id,
            )
        )

    def _identity(self) -> Identity:
        user = self.user
        return Identity(user.user_id, user.name, self.color, user.role)

    # -- reading --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve the connection until it closes; its end is announced to the room."""
        if self._writer is None:
            raise RuntimeError("run was called before join")
        reader = asyncio.get_running_loop().create_task(self._read())
        try:
            await asyncio.wait({reader, self._writer}, return_when=asyncio.FIRST_COMPLETED)
            if self._closing is not None:
                await asyncio.wait({self._writer})
        finally:
            reader.cancel()
            await asyncio.gather(reader, return_exceptions=True)
            await self.finish()

    async def _read(self) -> None:
        while self._state is ConnectionState.OPEN:
            try:
                message = await self._websocket.receive()
            except Exception as error:
                # Whatever the host's WebSocket raises on a connection that is gone.
                logger.debug("client %s: reading ended: %r", self.client_id, error)
                return
            if message["type"] != "websocket.receive":
                return
            text = message.get("text")
            if text is None:
                self.close(1003, "binary frame: send JSON text frames")
                return
            await self.handle(text)
            # Who sends and does not read its answers is not read on.
            while len(self._outbox) >= self._settings.outbox_maximum_frames // 2:
                self._outbox_drained.clear()
                await self._outbox_drained.wait()

    async def handle(self, text: str) -> None:
        """Act on one text frame; whatever is wrong with it is answered with an `error` frame."""
        if self._state is not ConnectionState.OPEN:
            return
        frame = None
        try:
            frame = decode(
                text,
                edit_maximum_bytes=self._settings.operation_maximum_bytes,
                presence_maximum_bytes=self._settings.presence_maximum_bytes,
            )
            await self._act(frame)
        except (FrameError, EditError, StorageError) as error:
            answers = frame.id if isinstance(frame, Edit) else edit_id(text)
            self.put(error_frame(error, answers))
            if isinstance(error, (FrameError, InvalidOperation, TooLarge)):
                self._count_bad_frame(error)
        except Exception:
            logger.exception(
                "document %s, client %s: a frame failed", self.document.doc_id, self.client_id
            )
            self.put(error_frame(Internal("internal error: reconnect"), edit_id(text)))
            self.close(1011, "internal error")
        else:
            self._bad_frames = 0

    async def _act(self, frame: Edit | PresenceUpdate | Ping) -> None:
        if isinstance(frame, Edit):
            await self._edit(frame)
        elif isinstance(frame, PresenceUpdate):
            self._update_presence(frame)
        else:
            self.put(encode(Pong(time.time(), frame.data)))

    async def _edit(self, frame: Edit) -> None:
        if not self.user.may_edit:
            raise ReadOnly("this user may read the document, not edit it: ask its owner")
        change = await self.document.edit(self.author, frame.id, frame.version, frame.operation)
        # A repetition whose ack this connection's stream has passed is acknowledged aside; any
        # other ack comes with the stream.
        if change.version <= self._cursor:
            self.put(encode(Ack(change.record.client_edit_id, change.version)))

    def _update_presence(self, frame: PresenceUpdate) -> None:
        history = self.document.history
        version = history.head if frame.version is None else frame.version
        if version > history.head:
            raise VersionAhead(f"got version {version}, the document's is {history.head}")
        if version < history.start:
            raise VersionGone(
                f"version {version} is too far behind {history.head}: send the cursor as of the "
                "newest version seen"
            )
        self.document.room.update_presence(self, frame.cursor, frame.data, version)

    def _count_bad_frame(self, error: CollabError) -> None:
        self._bad_frames += 1
        limit = self._settings.bad_frames_maximum
        if self._bad_frames >= limit:
            self.close(1008, f"{limit} bad frames in a row, the last: {error.code}")

    # -- writing --------------------------------------------------------------------------------

    def put(self, frame: str) -> None:
        """Have a frame written that is no change. Never waits."""
        if self._state is not ConnectionState.OPEN:
            return
        if len(self._outbox) >= self._settings.outbox_maximum_frames:
            self.close(1013, "too slow: reconnect with the last version seen", drain=False)
            return
        self._outbox.append(frame)
        self._bell.set()

    def ring(self) -> None:
        self._bell.set()

    def close(
        self, code: int, reason: str, *, farewell: str | None = None, drain: bool = True
    ) -> None:
        """Have the connection closed. Idempotent.

        Args:
            farewell: a frame to be written last.
            drain: whether to write before that what it has still to be told.
        """
        if self._state in (ConnectionState.CLOSING, ConnectionState.CLOSED):
            return
        self._state = ConnectionState.CLOSING
        self._closing = (code, reason)
        self._farewell = farewell
        self._drain = drain
        self._outbox_drained.set()
        self._bell.set()

    def abort(self) -> None:
        """End a connection that takes nothing any more: it can't be told why."""
        self.close(1013, "too slow", drain=False)
        if self._writer is not None:
            self._writer.cancel()
        abort = (self._websocket.scope.get("extensions") or {}).get(ABORT_EXTENSION)
        if abort is not None:
            abort()

    async def _write(self) -> None:
        try:
            while self._closing is None:
                await self._bell.wait()
                self._bell.clear()
                await self._drain_all()
            if self._drain:
                await self._drain_all()
            code, reason = self._closing
            self.sending_since = time.monotonic()
            if self._farewell is not None:
                await self._websocket.send_text(self._farewell)
            await self._websocket.close(code, close_reason(reason))
        except CollabError as error:
            self.sending_since = time.monotonic()
            await self._websocket.close(error.close_code, close_reason(error.message))
        except Exception as error:
            # Whatever the server's WebSocket raises on a connection that is gone.
            logger.debug("client %s: writing ended: %r", self.client_id, error)
        finally:
            self.sending_since = None

    async def _drain_all(self) -> None:
        while self._drain and (frames := await self._next_frames()):
            for frame in frames:
                self.sending_since = time.monotonic()
                await self._websocket.send_text(frame)
            self.sending_since = None

    async def _next_frames(self) -> list[str]:
        """What is to be written now, in order: a bounded part of it."""
        frames = list(self._outbox)
        self._outbox.clear()
        self._outbox_drained.set()
        history = self.document.history
        if self._cursor < history.start:
            return frames + await self._stored_frames()
        changes = history.committed_since(self._cursor, PAGE_CHANGES)
        frames += [change.frame_for(self.client_id) for change in changes]
        self._cursor += len(changes)
        if self._cursor == history.head:
            self._caught_up = True
            for client_id in self.presences:
                presence = self.document.room.presence_frame(client_id)
                if presence is not None:
                    frames.append(presence)
            self.presences.clear()
        return frames

    async def _stored_frames(self) -> list[str]:
        """Changes that are no longer in memory, for a client that resumes from long ago."""
        if self._caught_up:
            raise TooSlow("too slow: reconnect with the last version seen")
        records = await self.document.stored_operations(self._cursor, PAGE_CHANGES)
        if not records:
            raise VersionGone("this version's changes are no longer kept: reconnect without it")
        self._cursor = records[-1].version
        return [Change(record, None).frame_for(self.client_id) for record in records]

    # -- the end --------------------------------------------------------------------------------

    async def finish(self) -> None:
        """Leave the room and end the writer. Idempotent."""
        if self._state is ConnectionState.CLOSED:
            return
        self._state = ConnectionState.CLOSED
        self.document.room.leave(self)
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        if self._on_finish is not None:
            self._on_finish(self)
        self._finished.set()

    async def closed(self) -> None:
        """Return once the connection has come to its end."""
        await self._finished.wait()
