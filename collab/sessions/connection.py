"""One editor's connection: a cursor into the document's history.

What it receives it acts on at once; what it writes it takes, a page at a time, from three places:
the outbox (errors, pongs, who came and went), the history after its cursor, and the latest
presence of the others. So there is no queue of changes for it: a slow reader stays behind and costs
nothing, and one that falls behind what is in memory is closed and resumes by version.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from ..auth import User
from ..connection_log import log_fields
from ..documents.authors import Author
from ..documents.content import Encoded
from ..documents.document import Document
from ..documents.history import Change
from ..documents.transform_budget import check_values, steps_of_frame, steps_of_size
from ..errors import (
    CollabError,
    EditError,
    FrameError,
    Internal,
    InvalidOperation,
    RateLimited,
    ReadOnly,
    StorageError,
    TooLarge,
    TooSlow,
    VersionAhead,
    VersionGone,
)
from ..frames import (
    DocumentResumed,
    DocumentState,
    Edit,
    Error,
    Identity,
    Ping,
    Pong,
    PresenceUpdate,
    ServerFrame,
    ServerShutdown,
    decode,
    edit_id,
    encode_bytes,
    size_of,
)
from ..limits.budget import Allowance, Metered
from ..limits.unread import Hold
from ..settings import Settings
from .change_frames import ack_frame, change_frame
from .direct_transport import DirectTransport, socket_of
from .handshake import WebSocketLike
from .join import JoinRequest
from .room import room_of
from .transport import ASGITransport, CloseRequest, Transport
from .wire import FRAGMENT_BYTES, Batch, LargeMessage, WireData, encode_frame

__all__ = ["Connection", "ConnectionState"]

logger = logging.getLogger(__name__)

# The most of one page; a single larger frame is a page of its own.
PAGE_BYTES = 65536
PAGE_CHANGES = 256

PARTING_SECONDS = 1.0

# In the place of content, to find where it belongs.
CONTENT_MARK = b"0"

HoldContent = Callable[[object, int], Hold]


class ConnectionState(enum.Enum):
    JOINING = "joining"
    OPEN = "open"
    CLOSING = "closing"
    CLOSED = "closed"


class Connection:
    """Made by `DocumentManager.join_document`; `run` serves it to its end, `finish` ends it.

    Bounds: the outbox (`max_outbox_frames`; beyond it the reader is too slow and is closed with
    1013), `presences` (one entry for each other editor).
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
        self.log_fields: Mapping[str, object] = log_fields(
            websocket.scope, document.doc_id, author.client_id
        )
        self.presences: dict[str, None] = {}
        self.notified = 0
        self.close_request: CloseRequest | None = None
        self._settings = settings
        self._metrics = document.metrics
        self._state = ConnectionState.JOINING
        # A list, since most of the time it is empty and an empty deque takes 700 bytes.
        self._outbox: list[tuple[WireData, int]] = []
        self._outbox_frames = 0
        self._hold: Hold | None = None
        self._cursor = 0
        self._is_live = False
        # Whether it has reached the history's head once; until then it may read from storage.
        self._caught_up = False
        # The id of an edit that the client sends again. Another one may be stored under that id, so
        # the stream stops before what is stored under it until the client's own has been answered.
        self._expected: int | None = None
        self._is_refused = False
        self._is_stopped = False
        self._bad_frames = 0
        # How many frames in a row were refused for their rate.
        self._refused_in_a_row = 0
        socket = socket_of(websocket.scope)
        self._transport: Transport = (
            DirectTransport(self, websocket, socket) if socket else ASGITransport(self, websocket)
        )
        self._on_finish: Callable[[Connection], None] | None = None
        self._parting_seconds = 0.0
        self._finishing: asyncio.Task[None] | None = None
        self._is_finished = False
        self._until_finished: asyncio.Future[None] | None = None

    @property
    def state(self) -> ConnectionState:
        return self._state

    @property
    def cursor(self) -> int:
        """The version up to which it has been written everything."""
        return self.room.published if self._is_live else self._cursor

    @property
    def sending_since(self) -> float | None:
        """Since when the peer has taken nothing of what was written (`time.monotonic`)."""
        return self._transport.sending_since

    def is_too_slow(self, now: float) -> bool:
        """Whether it takes less of what waits for it than the least rate."""
        return self._transport.is_too_slow(now)

    @property
    def settings(self) -> Settings:
        return self._settings

    @property
    def transport_kind(self) -> str:
        """`direct` on our own server, `host` over any other WebSocket."""
        return self._transport.kind

    @property
    def is_overfull(self) -> bool:
        """Whether so much waits to be written that no more should be read."""
        return self._outbox_frames >= self._settings.max_outbox_frames // 2

    # -- joining --------------------------------------------------------------------------------

    async def join(self, request: JoinRequest, hold: HoldContent) -> None:
        """Enter the room with the document's state, or where the client left off.

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
                    self._metrics.resumes += 1
                    self._expected = request.inflight
                    self._enter(
                        version, lambda cursor: encode_frame(self._resumed(cursor, checksum))
                    )
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
        content = await document.shared_content()
        size = len(content.data)
        if size > FRAGMENT_BYTES:
            # Another server holds each message that it sends.
            is_shared = self.transport_kind == DirectTransport.kind
            self._hold = hold(content if is_shared else self, size)
        self._metrics.joins += 1
        self._enter(content.version, lambda _: self._prepared_state(content, diverged=diverged))

    def _prepared_state(self, content: Encoded, *, diverged: bool) -> WireData:
        if self._hold is None:
            return encode_frame(self._stated(content, content.data, diverged))
        about = encode_bytes(self._stated(content, CONTENT_MARK, diverged))
        # No text in JSON holds this field with its quotes.
        field = b'"content":'
        head, tail = about.split(field + CONTENT_MARK, 1)
        return LargeMessage([head + field, content.data, tail], self._hold.release)

    def _enter(self, cursor: int, first_frame: Callable[[int], WireData]) -> None:
        self._cursor = cursor
        self._state = ConnectionState.OPEN
        self.room.enter(self)
        self._transport.start()
        self.put(first_frame(cursor))

    def on_finish(self, callback: Callable[[Connection], None]) -> None:
        self._on_finish = callback

    def _resumed(self, cursor: int, checksum: int | None) -> ServerFrame:
        document = self.document
        return DocumentResumed(
            doc_id=document.doc_id,
            epoch=document.epoch,
            doc_type=document.doc_type.name,
            version=cursor,
            client_id=self.client_id,
            user=self._identity(),
            users=self.room.present(cursor),
            last_id=self.author.last_id,
            checksum=checksum,
        )

    def _stated(self, content: Encoded, data: bytes, diverged: bool) -> ServerFrame:
        document = self.document
        return DocumentState(
            doc_id=document.doc_id,
            epoch=document.epoch,
            doc_type=document.doc_type.name,
            content=msgspec.Raw(data),
            version=content.version,
            client_id=self.client_id,
            user=self._identity(),
            users=self.room.present(content.version),
            last_id=self.author.last_id,
            checksum=content.checksum,
            diverged=diverged,
        )

    def _identity(self) -> Identity:
        user = self.user
        return Identity(user.user_id, user.name, self.color, user.role, user.guest_secret)

    # -- reading --------------------------------------------------------------------------------

    async def run(self) -> None:
        """Serve the connection until it closes; its end is announced to the room.

        Cancelled, as by a server that ends, it tells the peer to reconnect, if the peer reads that
        within a second.
        """
        if self._state is ConnectionState.JOINING:
            raise RuntimeError("run was called before join")
        try:
            await self._transport.serve()
        except asyncio.CancelledError:
            self._part()
            raise
        finally:
            await self.finish()

    def _part(self) -> None:
        last_frame = ServerShutdown(
            "the server is shutting down: reconnect", self._settings.retry_after_seconds
        )
        self.close(1001, "server shutting down", last_frame=encode_frame(last_frame))
        self._parting_seconds = PARTING_SECONDS

    async def handle(self, text: str) -> None:
        """Act on one text frame; whatever is wrong with it is answered with an `error` frame."""
        edit = self.receive_nowait(text)
        if edit is not None:
            await self.receive(edit)

    def receive_nowait(self, text: str) -> Edit | None:
        """As `handle`, without waiting: an edit that needs something from storage is returned, for
        `receive`, which must come before the next frame is taken."""
        if self._state is not ConnectionState.OPEN:
            return None
        started = time.monotonic()
        size = size_of(text)
        self._metrics.received_bytes += size
        frame = None
        try:
            frame = decode(
                text,
                size,
                max_edit_bytes=self._settings.max_operation_bytes,
                max_presence_bytes=self._settings.max_presence_bytes,
            )
            if isinstance(frame, Edit):
                check_values(frame.operation, size, self._settings.max_operation_values)
            if self._act(frame):
                self._bad_frames = self._refused_in_a_row = 0
                return None
        except Exception as error:
            self.author.charge(self._steps_of(frame, size))
            self._refuse(error, frame.id if isinstance(frame, Edit) else edit_id(text))
            return None
        finally:
            what = "presence" if isinstance(frame, (PresenceUpdate, Ping)) else "frame"
            self._metrics.turn_seconds[what].observe(time.monotonic() - started)
        assert isinstance(frame, Edit)
        self.author.charge(self._steps_of(frame, size))
        return frame

    def _steps_of(self, frame: Edit | PresenceUpdate | Ping | None, size: int) -> int:
        """The work to read a frame that is not carried out at once."""
        if isinstance(frame, Edit):
            return steps_of_frame(frame.operation, size, self._settings.max_operation_values)
        return steps_of_size(size)

    async def receive(self, edit: Edit) -> None:
        """Act on an edit that `receive_nowait` returned."""
        frame = (self.author, edit.id, edit.version, edit.operation)
        try:
            if self.user.may_edit:
                change = await self.document.edit(*frame)
            else:
                # It may be from the time before this was taken from them.
                refusal = ReadOnly("this user may read the document, not edit it: ask its owner")
                change = await self.document.accepted_before(*frame, refusal)
            self._accepted(change)
        except Exception as error:
            self._refuse(error, edit.id)
        else:
            self._bad_frames = 0

    def _refuse(self, error: Exception, answers: int | None) -> None:
        if not isinstance(error, (FrameError, EditError, StorageError)):
            logger.error("a frame failed", exc_info=error, extra=self.log_fields)
            error = Internal("internal error: reconnect")
            self.close(1011, "internal error")
        refused = self._metrics.frames_refused if answers is None else self._metrics.edits_refused
        refused[error.code] += 1
        self.put(encode_frame(Error(error.code, error.message, answers)))
        if not isinstance(error, (StorageError, RateLimited)):
            self._answered(answers, is_refused=True)
        if isinstance(error, (FrameError, InvalidOperation, TooLarge)):
            self._count_bad_frame(error)
        elif isinstance(error, RateLimited):
            self._check_flood(error)

    def _act(self, frame: Edit | PresenceUpdate | Ping) -> bool:
        """False if this edit needs something from storage; then nothing is done yet."""
        if isinstance(frame, Edit):
            return self._edit(frame)
        self.allowance.acquire("presences", "presence and ping frames")
        if isinstance(frame, PresenceUpdate):
            self._update_presence(frame)
        else:
            self.put(encode_frame(Pong(time.time(), frame.data)))
        return True

    def _edit(self, frame: Edit) -> bool:
        self.allowance.acquire("edits", "edits")
        self._check_work("steps of work for edits")
        if not self.user.may_edit:
            return False
        change = self.document.edit_nowait(self.author, frame.id, frame.version, frame.operation)
        if change is None:
            return False
        self._accepted(change)
        return True

    def _accepted(self, change: Change) -> None:
        self._answered(change.record.client_edit_id, is_refused=False)
        # A repetition whose ack this connection's stream has passed is acknowledged aside; any
        # other ack comes with the stream.
        if change.version <= self.cursor:
            self.put(ack_frame(change))

    def _answered(self, edit_id: int | None, *, is_refused: bool) -> None:
        """It is known whether what is stored under this id is the edit that the client sent."""
        if edit_id is None or edit_id != self._expected:
            return
        self._is_refused = is_refused
        if not is_refused:
            self._expected = None
        if self._is_stopped:
            self._is_stopped = False
            self._transport.wake()

    def _update_presence(self, frame: PresenceUpdate) -> None:
        self._metrics.presence_frames += 1
        history = self.document.history
        version = history.head if frame.version is None else frame.version
        if version > history.head:
            raise VersionAhead(f"got version {version}, the document's is {history.head}")
        if version < history.start:
            raise VersionGone(
                f"version {version} is too far behind {history.head}: send the cursor as of the "
                "newest version seen"
            )
        self._check_work("steps of work")
        self.author.charge(self.document.presence_steps(version))
        self.room.update_presence(self, frame.cursor, frame.data, version)

    def _count_bad_frame(self, error: CollabError) -> None:
        self._bad_frames += 1
        limit = self._settings.max_bad_frames
        if self._bad_frames >= limit:
            self.close(1008, f"{limit} bad frames in a row, the last: {error.code}")

    def _check_work(self, what: str) -> None:
        work = self.author.work
        if work.is_empty:
            raise RateLimited(
                f"too many {what}: the limit is {work.rate:g} per second (edit_cost_per_second) "
                f"after {work.burst:.0f} at once (edit_cost_burst): "
                "send the same again shortly"
            )

    def _check_flood(self, error: RateLimited) -> None:
        self._refused_in_a_row += 1
        settings = self._settings
        allowed = min(settings.edits_burst, settings.presences_burst)
        if self._refused_in_a_row > allowed or self.author.work.is_overdrawn:
            self.close(1008, error.message)

    # -- writing --------------------------------------------------------------------------------

    def put(self, frames: WireData, count: int = 1) -> None:
        """Have prepared frames written that are no changes. Never waits."""
        if self._state is not ConnectionState.OPEN:
            return
        limit = self._settings.max_outbox_frames
        if self._outbox and self._outbox_frames + count > limit:
            self._metrics.slow_readers += 1
            self.close(1013, "too slow: reconnect with the last version seen", drain=False)
            return
        self.mark_lagging()
        self._outbox.append((frames, count))
        self._outbox_frames += count
        self._transport.wake()

    def publish(self, version: int, head: int, batch: Batch | None) -> None:
        """The history's head has moved from `version` to `head` by `batch`; None if that is
        large."""
        self.mark_lagging()
        is_plain = batch is not None and self._expected is None
        if batch is None or not is_plain or not self._is_at(version) or not self._write(batch):
            self._transport.wake()
            return
        self._cursor = head
        write = self._transport.live_write
        if write is not None:
            self.room.mark_live(self.client_id, write)
            self._is_live = True

    def publish_presences(self, moved: Iterable[str], batch: Batch) -> None:
        """These editors have moved, which at the history's head looks like `batch`."""
        if not self._is_at(self.document.history.head) or not self._write(batch):
            self.presences.update(dict.fromkeys(moved))
            self.presences.pop(self.client_id, None)
            self._transport.wake()

    def _write(self, batch: Batch) -> bool:
        frames = batch.for_client(self.client_id)
        if frames and not self._transport.write(frames):
            return False
        self._metrics.sent_bytes += len(frames)
        return True

    def _is_at(self, version: int) -> bool:
        """Whether it has been written everything up to this version, and all else."""
        return (
            self.cursor == version
            and not self._outbox
            and not self.presences
            and self._state is ConnectionState.OPEN
        )

    def mark_lagging(self) -> None:
        """From now on the room asks before it has something written."""
        if self._is_live:
            self._is_live = False
            self._cursor = self.room.mark_lagging(self.client_id)

    def close(
        self, code: int, reason: str, *, last_frame: bytes | None = None, drain: bool = True
    ) -> None:
        """Have the connection closed. Idempotent.

        Args:
            last_frame: a prepared frame to be written last.
            drain: whether to write before that what it has still to be told.
        """
        if self._state in (ConnectionState.CLOSING, ConnectionState.CLOSED):
            return
        self._state = ConnectionState.CLOSING
        self.mark_lagging()
        self._metrics.connections_closed[code] += 1
        self.close_request = CloseRequest(code, reason, last_frame, drain)
        self._transport.wake()

    def abort(self) -> None:
        """End a connection that takes nothing any more: it can't be told why."""
        self._metrics.slow_readers += 1
        self.close(1013, "too slow", drain=False)
        self._transport.abort()

    def next_page(self) -> Sequence[WireData] | None:
        """What is to be written next, in order: joined prepared frames, about `PAGE_BYTES` of them;
        nothing if all is written. None if it has to be read from storage (`stored_page`)."""
        if self._state is ConnectionState.CLOSED:
            return ()
        self.mark_lagging()
        page: list[WireData] = []
        size = 0
        for frames, count in self._outbox:
            if size >= PAGE_BYTES:
                break
            self._outbox_frames -= count
            page.append(frames)
            size += len(frames)
        if page:
            del self._outbox[: len(page)]
            self._transport.resume_reading()
        self._metrics.sent_bytes += size
        history = self.document.history
        if self._is_stopped:
            return page
        if self._cursor < history.start:
            return page or None
        for change in history.committed_since(self._cursor, PAGE_CHANGES):
            if size >= PAGE_BYTES:
                break
            frame = self._frame_of(change)
            if frame is None:
                break
            page.append(frame)
            size += len(frame)
            self._metrics.sent_bytes += len(frame)
            self._cursor = change.version
        if self._cursor == history.head and not self._outbox:
            self._caught_up = True
            page += self._pop_presences()
        return page

    def _pop_presences(self) -> list[bytes]:
        moved, self.presences = self.presences, {}
        found = (self.room.presence_frame(client_id) for client_id in moved)
        frames = [frame for frame in found if frame is not None]
        self._metrics.sent_bytes += sum(map(len, frames))
        return frames

    async def stored_page(self) -> Sequence[WireData]:
        """Changes that are no longer in memory, for a client that resumes from long ago.

        Raises:
            TooSlow: it had them once, or they are no longer kept.
            StorageUnavailable: they could not be read.
        """
        if self._caught_up:
            self._metrics.slow_readers += 1
            raise TooSlow("too slow: reconnect with the last version seen")
        records = await self.document.stored_operations(self._cursor, PAGE_CHANGES)
        if not records:
            raise TooSlow("this version's changes are no longer kept: reconnect")
        frames = []
        for record in records:
            frame = self._frame_of(Change.stored(record))
            if frame is None:
                break
            frames.append(frame)
            self._cursor = record.version
        self._metrics.sent_bytes += sum(map(len, frames))
        return frames

    def _frame_of(self, change: Change) -> bytes | None:
        """What the client sees of a change; None where the stream stops before it."""
        record = change.record
        if record.client_id != self.client_id or record.client_edit_id != self._expected:
            return self.room.frame_for(self.client_id, change)
        if not self._is_refused:
            self._is_stopped = True
            return None
        self._expected = None
        return change_frame(change)

    # -- the end --------------------------------------------------------------------------------

    async def finish(self) -> None:
        """Leave the room and end what runs for it. Idempotent; if it is cancelled, it goes on."""
        if self._finishing is None:
            self._finishing = asyncio.get_running_loop().create_task(self._paid_finish())
        await asyncio.shield(self._finishing)

    async def _paid_finish(self) -> None:
        await Metered(self._finish(), self.allowance)

    async def _finish(self) -> None:
        if self._parting_seconds and self._state is ConnectionState.CLOSING:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._parting_seconds):
                    await self._transport.written()
        self._state = ConnectionState.CLOSED
        self.mark_lagging()
        self.room.leave(self)
        await self._transport.stop()
        self._outbox.clear()
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
