"""What a client sends: each frame is checked, decoded and passed to the handler of its type."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

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
    VersionAhead,
    VersionGone,
)
from ..frames import (
    ClientFrame,
    Edit,
    Error,
    Ping,
    Pong,
    PresenceUpdate,
    decode,
    edit_id,
    size_of,
)
from .change_frames import ack_frame
from .connection_state import ConnectionState
from .wire import encode_frame

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["HANDLERS", "Inbound"]

logger = logging.getLogger(__name__)


class Inbound:
    """Acts on the frames of one connection, each one completely before the next.

    A frame that is refused is answered with an `error` frame.

    Bounds: `max_bad_frames` in a row, then the connection is closed with 1008; the same after as
    many frames in a row refused for their rate as may come at once.
    """

    __slots__ = ("_bad_frames", "_connection", "_metrics", "_rate_limited_frames", "_settings")

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._settings = connection.settings
        self._metrics = connection.document.metrics
        # Both count frames in a row.
        self._bad_frames = 0
        self._rate_limited_frames = 0

    async def handle(self, text: str) -> None:
        """Act on one text frame."""
        edit = self.receive_nowait(text)
        if edit is not None:
            await self.receive(edit)

    def receive_nowait(self, text: str) -> Edit | None:
        """Act on one text frame without waiting.

        Returns:
            An edit that needs something from storage: pass it to `receive`, before the next frame.
        """
        if self._connection.state is not ConnectionState.OPEN:
            return None
        started = time.monotonic()
        size = size_of(text)
        self._metrics.received_bytes += size
        frame = None
        try:
            frame = self._decode(text, size)
            if HANDLERS[type(frame)](self, frame):
                self._bad_frames = self._rate_limited_frames = 0
                return None
        except Exception as error:
            self._charge_reading(frame, size)
            self._refuse(error, frame.id if isinstance(frame, Edit) else edit_id(text))
            return None
        finally:
            what = "presence" if isinstance(frame, (PresenceUpdate, Ping)) else "frame"
            self._metrics.turn_seconds[what].observe(time.monotonic() - started)
        assert isinstance(frame, Edit)
        self._charge_reading(frame, size)
        return frame

    def _decode(self, text: str, size: int) -> ClientFrame:
        settings = self._settings
        frame = decode(
            text,
            size,
            max_edit_bytes=settings.max_operation_bytes,
            max_presence_bytes=settings.max_presence_bytes,
        )
        if isinstance(frame, Edit):
            check_values(frame.operation, size, settings.max_operation_values)
        return frame

    def _charge_reading(self, frame: ClientFrame | None, size: int) -> None:
        """Charge the author for decoding a frame that is not carried out at once."""
        steps = (
            steps_of_frame(frame.operation, size, self._settings.max_operation_values)
            if isinstance(frame, Edit)
            else steps_of_size(size)
        )
        self._connection.author.charge(steps)

    # -- the handlers ---------------------------------------------------------------------------

    def _edit(self, frame: Edit) -> bool:
        connection = self._connection
        connection.allowance.acquire("edits", "edits")
        connection.author.check_work("steps of work for edits")
        if not connection.user.may_edit:
            return False
        change = connection.document.submission.edit_nowait(
            connection.author, frame.id, frame.version, frame.operation
        )
        if change is None:
            return False
        self._accepted(change)
        return True

    async def receive(self, edit: Edit) -> None:
        """Act on an edit that `receive_nowait` has returned."""
        connection = self._connection
        submission = connection.document.submission
        arguments = (connection.author, edit.id, edit.version, edit.operation)
        try:
            if connection.user.may_edit:
                change = await submission.edit(*arguments)
            else:
                # The user may have sent it first when they had the right to edit.
                refusal = ReadOnly("this user may read the document, not edit it: ask its owner")
                change = await submission.accepted_before(*arguments, refusal)
            self._accepted(change)
        except Exception as error:
            self._refuse(error, edit.id)
        else:
            self._bad_frames = 0

    def _accepted(self, change: Change) -> None:
        outbound = self._connection.outbound
        outbound.answered(change.record.client_edit_id, is_refused=False)
        # The stream of changes brings the ack, unless it has passed this change already: then the
        # edit is a repetition.
        if change.version <= outbound.cursor:
            outbound.put(ack_frame(change))

    def _update_presence(self, frame: PresenceUpdate) -> bool:
        connection = self._connection
        connection.allowance.acquire("presences", "presence and ping frames")
        self._metrics.presence_frames += 1
        history = connection.document.history
        version = history.head if frame.version is None else frame.version
        if version > history.head:
            raise VersionAhead(f"got version {version}, the document's is {history.head}")
        if version < history.start:
            raise VersionGone(
                f"version {version} is too far behind {history.head}: send the cursor as of the "
                "newest version seen"
            )
        connection.author.check_work("steps of work")
        connection.author.charge(connection.document.submission.presence_steps(version))
        connection.room.update_presence(connection, frame.cursor, frame.data, version)
        return True

    def _ping(self, frame: Ping) -> bool:
        self._connection.allowance.acquire("presences", "presence and ping frames")
        self._connection.outbound.put(encode_frame(Pong(time.time(), frame.data)))
        return True

    # -- refusals -------------------------------------------------------------------------------

    def _refuse(self, error: Exception, edit_id: int | None) -> None:
        connection = self._connection
        if not isinstance(error, (FrameError, EditError, StorageError)):
            logger.error("a frame failed", exc_info=error, extra=connection.log_fields)
            error = Internal("internal error: reconnect")
            connection.close(1011, "internal error")
        refused = self._metrics.frames_refused if edit_id is None else self._metrics.edits_refused
        refused[error.code] += 1
        connection.outbound.put(encode_frame(Error(error.code, error.message, edit_id)))
        if not isinstance(error, (StorageError, RateLimited)):
            connection.outbound.answered(edit_id, is_refused=True)
        if isinstance(error, (FrameError, InvalidOperation, TooLarge)):
            self._count_bad_frame(error)
        elif isinstance(error, RateLimited):
            self._count_rate_limited_frame(error)

    def _count_bad_frame(self, error: CollabError) -> None:
        self._bad_frames += 1
        limit = self._settings.max_bad_frames
        if self._bad_frames >= limit:
            self._connection.close(1008, f"{limit} bad frames in a row, the last: {error.code}")

    def _count_rate_limited_frame(self, error: RateLimited) -> None:
        self._rate_limited_frames += 1
        settings = self._settings
        allowed = min(settings.edits_burst, settings.presences_burst)
        if self._rate_limited_frames > allowed or self._connection.author.work.is_overdrawn:
            self._connection.close(1008, error.message)


HANDLERS: Mapping[type[ClientFrame], Callable[[Inbound, Any], bool]] = {
    Edit: Inbound._edit,
    PresenceUpdate: Inbound._update_presence,
    Ping: Inbound._ping,
}
"""By the type of a frame, what acts on it. A handler returns whether it has; an edit for which it
returns False needs something from storage, and nothing has been done."""
