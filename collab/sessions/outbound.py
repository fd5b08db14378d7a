"""What is sent to a client: its cursor into the document's history, and all else that waits.

The next bytes come from three places: the outbox (errors, pongs, users who joined and left), the
history after the cursor, and the latest presence of the others. There is no queue of changes. A
slow reader stays behind and costs nothing; one that falls behind what is in memory is closed, and
resumes from its version.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from ..documents.history import Change
from ..errors import TooSlow
from .change_frames import change_frame
from .connection_state import ConnectionState
from .wire import Batch, WireData

if TYPE_CHECKING:
    from .connection import Connection
    from .transport import Transport

__all__ = ["Outbound"]

# The most of one page; a single larger frame is a page of its own.
PAGE_BYTES = 65536
PAGE_CHANGES = 256


class Outbound:
    """Decides what is written to one connection, and in which order. Its transport decides when.

    It is *live* while everything has been written and the socket has taken it: then the room writes
    each commit directly to the socket. Otherwise it is *lagging*, and `next_page` reads on from the
    cursor.

    Bounds: the outbox (`max_outbox_frames`; a reader with more is closed with 1013), `presences`
    (one entry for each other client).

    Attributes:
        presences: `client_id`s whose latest presence has yet to be sent.
        notified: how many of the room's waiting membership events this client knows.
    """

    __slots__ = (
        "_connection",
        "_cursor",
        "_document",
        "_expected_id",
        "_has_caught_up",
        "_is_expected_refused",
        "_is_live",
        "_is_stopped",
        "_metrics",
        "_outbox",
        "_outbox_frames",
        "_room",
        "notified",
        "presences",
        "transport",
    )

    def __init__(self, connection: Connection) -> None:
        self.transport: Transport
        self.presences: dict[str, None] = {}
        self.notified = 0
        self._connection = connection
        self._document = connection.document
        self._room = connection.room
        self._metrics = connection.document.metrics
        # A list, since most of the time it is empty and an empty deque takes 700 bytes.
        self._outbox: list[tuple[WireData, int]] = []
        self._outbox_frames = 0
        self._cursor = 0
        self._is_live = False
        # Until it has, it may read from storage.
        self._has_caught_up = False
        # The id of an edit that the client will send again. Another edit may be stored under that
        # id, so the stream stops before it until the client's own has been answered.
        self._expected_id: int | None = None
        self._is_expected_refused = False
        self._is_stopped = False

    def begin(self, cursor: int, expected_id: int | None = None) -> None:
        """Set where the client begins to read.

        Args:
            expected_id: the id of an edit that it will send again, None if it will not.
        """
        self._cursor = cursor
        self._expected_id = expected_id

    @property
    def cursor(self) -> int:
        """The version up to which everything has been written."""
        return self._room.published if self._is_live else self._cursor

    @property
    def is_overfull(self) -> bool:
        """Whether so much waits to be written that no more should be read from the client."""
        return self._outbox_frames >= self._connection.settings.max_outbox_frames // 2

    # -- what is to be sent ---------------------------------------------------------------------

    def put(self, frames: WireData, count: int = 1) -> None:
        """Add so many encoded frames, which are not changes, to the outbox. Never waits."""
        connection = self._connection
        if connection.state is not ConnectionState.OPEN:
            return
        limit = connection.settings.max_outbox_frames
        if self._outbox and self._outbox_frames + count > limit:
            self._metrics.slow_readers += 1
            connection.close(1013, "too slow: reconnect with the last version seen", drain=False)
            return
        self.mark_lagging()
        self._outbox.append((frames, count))
        self._outbox_frames += count
        self.transport.wake()

    def publish(self, version: int, head: int, batch: Batch | None) -> None:
        """Send what has moved the history's head from `version` to `head`.

        Args:
            batch: the changes; None if they are large: each connection reads them page by page.
        """
        self.mark_lagging()
        can_write = batch is not None and self._expected_id is None and self._is_at(version)
        if batch is None or not can_write or not self._write(batch):
            self.transport.wake()
            return
        self._cursor = head
        write = self.transport.live_write
        if write is not None:
            self._room.mark_live(self._connection.client_id, write)
            self._is_live = True

    def publish_presences(self, moved: Iterable[str], batch: Batch) -> None:
        """Send the presence of these clients; at the history's head, it is `batch`."""
        if not self._is_at(self._document.history.head) or not self._write(batch):
            self.presences.update(dict.fromkeys(moved))
            self.presences.pop(self._connection.client_id, None)
            self.transport.wake()

    def _write(self, batch: Batch) -> bool:
        frames = batch.for_client(self._connection.client_id)
        if frames and not self.transport.write(frames):
            return False
        self._metrics.sent_bytes += len(frames)
        return True

    def _is_at(self, version: int) -> bool:
        """Whether everything up to this version has been written, and all else."""
        return (
            self.cursor == version
            and not self._outbox
            and not self.presences
            and self._connection.state is ConnectionState.OPEN
        )

    def mark_lagging(self) -> None:
        """Stop the room from writing directly to the socket."""
        if self._is_live:
            self._is_live = False
            self._cursor = self._room.mark_lagging(self._connection.client_id)

    def answered(self, edit_id: int | None, *, is_refused: bool) -> None:
        """The client has sent this edit again, and the server has compared it with what is stored
        under its id."""
        if edit_id is None or edit_id != self._expected_id:
            return
        self._is_expected_refused = is_refused
        if not is_refused:
            self._expected_id = None
        if self._is_stopped:
            self._is_stopped = False
            self.transport.wake()

    # -- what the transport writes next ---------------------------------------------------------

    def next_page(self) -> Sequence[WireData] | None:
        """What is to be written next: encoded frames in order, about `PAGE_BYTES` of them.

        Returns:
            Nothing if all is written; None if it has to be read from storage (`stored_page`).
        """
        if self._connection.state is ConnectionState.CLOSED:
            return ()
        self.mark_lagging()
        page, size = self._next_of_outbox()
        if self._is_stopped:
            return page
        history = self._document.history
        if self._cursor < history.start:
            return page or None
        changes, changes_size = self._frames_of(
            history.committed_since(self._cursor, PAGE_CHANGES), PAGE_BYTES - size
        )
        page += changes
        self._metrics.sent_bytes += changes_size
        if self._cursor == history.head and not self._outbox:
            self._has_caught_up = True
            page += self._pop_presences()
        return page

    def _next_of_outbox(self) -> tuple[list[WireData], int]:
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
            self.transport.resume_reading()
        self._metrics.sent_bytes += size
        return page, size

    def _frames_of(
        self, changes: Iterable[Change], max_bytes: float = math.inf
    ) -> tuple[list[bytes], int]:
        """The frames of these changes, until they have so many bytes, and how many they have. The
        cursor moves past them."""
        frames = []
        size = 0
        for change in changes:
            if size >= max_bytes:
                break
            frame = self._frame_of(change)
            if frame is None:
                break
            frames.append(frame)
            size += len(frame)
            self._cursor = change.version
        return frames, size

    def _pop_presences(self) -> list[bytes]:
        moved, self.presences = self.presences, {}
        found = (self._room.presence_frame(client_id) for client_id in moved)
        frames = [frame for frame in found if frame is not None]
        self._metrics.sent_bytes += sum(map(len, frames))
        return frames

    async def stored_page(self) -> Sequence[WireData]:
        """Changes that are no longer in memory, for a client that resumes from an old version.

        Raises:
            TooSlow: they were in memory when it was connected already, or they are no longer kept.
            StorageUnavailable: they could not be read.
        """
        if self._has_caught_up:
            self._metrics.slow_readers += 1
            raise TooSlow("too slow: reconnect with the last version seen")
        records = await self._document.stored_operations(self._cursor, PAGE_CHANGES)
        if not records:
            raise TooSlow("this version's changes are no longer kept: reconnect")
        frames, size = self._frames_of(map(Change.stored, records))
        self._metrics.sent_bytes += size
        return frames

    def _frame_of(self, change: Change) -> bytes | None:
        """The change as this client receives it; None where the stream stops before it."""
        record = change.record
        client_id = self._connection.client_id
        if record.client_id != client_id or record.client_edit_id != self._expected_id:
            return self._room.frame_for(client_id, change)
        if not self._is_expected_refused:
            self._is_stopped = True
            return None
        self._expected_id = None
        return change_frame(change)

    def clear(self) -> None:
        """Forget what waits: the connection has ended."""
        self._outbox.clear()
