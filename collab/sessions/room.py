"""Who is connected to one document, and what they learn of each other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import msgspec

from ..auth import PALETTE, User
from ..documents.document import Document
from ..documents.history import Change, History
from ..errors import CollabError
from ..frames import (
    Cursor,
    DocumentDeleted,
    Error,
    PresentEditor,
    UserJoined,
    UserLeft,
    encode_bytes,
)
from ..limits.budget import Allowance
from ..limits.work import cpu_clock
from ..metrics import Metrics
from ..ot.types import OperationType
from .change_frames import ack_frame, change_frame, frame_for
from .presence import Presence
from .wire import Batch, encode_frame

__all__ = ["Member", "Room", "room_of"]

# A commit that brings more than this is read from the history by each connection, page by page.
BATCH_BYTES = 65536

# Cursors that are looked at after each commit, and in how many changes all of them are.
ADVANCED_AT_LEAST = 16
ROUND_CHANGES = 500
# A cursor waits until it is to be moved over so many components.
BEHIND_AT_LEAST = 100
# The most components that cursors are moved over at once: some milliseconds.
MAX_MOVES = 20_000

Write = Callable[[bytes], None]


class Receiver(Protocol):
    """What a room needs of the way out of a connection, which is an `Outbound`. No method waits."""

    presences: dict[str, None]
    notified: int

    def put(self, frames: bytes, count: int = 1) -> None: ...
    def publish(self, version: int, head: int, batch: Batch | None) -> None: ...
    def publish_presences(self, moved: Iterable[str], batch: Batch) -> None: ...


class Member(Protocol):
    """What a room needs of a connection. No method waits."""

    user: User
    client_id: str
    allowance: Allowance
    color: str

    @property
    def outbound(self) -> Receiver: ...
    def close(
        self, code: int, reason: str, *, last_frame: bytes | None = None, drain: bool = True
    ) -> None: ...


class Room:
    """The connections to a document, one for each `client_id`, and their presence.

    Everything here is a plain function. Changes are sent at once. Membership events and presence
    are collected for up to `interval` seconds and sent in one write to each connection, but always
    before a later change.
    Bounds: `max_document_connections`, checked by the manager; one live write for each connection;
    one membership event for each user who joined or left within one interval.
    """

    def __init__(
        self, history: History, doc_type: OperationType, metrics: Metrics, interval: float = 0.0
    ) -> None:
        self.connections: dict[str, Member] = {}
        self.published = history.head
        """The version that every live connection has."""
        self._live: dict[str, Write] = {}
        # Bound: one for each edit of another process, or of an earlier life of this one, that took
        # the id of one that a connection here has sent.
        self._foreign: dict[str, set[int]] = {}
        self._metrics = metrics
        self._presences: dict[str, Presence] = {}
        self._history = history
        self._doc_type = doc_type
        self._interval = interval
        self._entries: dict[str, bytes] = {}
        self._membership_events: list[bytes] = []
        self._moved: dict[str, None] = {}
        self._flushed_at = -interval
        self._flush_handle: asyncio.Handle | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no client is connected."""
        return not self.connections

    def enter(self, connection: Member) -> None:
        """Add a connection and tell the others. One of the same `client_id` is taken over."""
        older = self.connections.get(connection.client_id)
        if older is not None:
            self.leave(older)
            older.close(4409, "taken over by a newer connection of this client_id", drain=False)
        connection.color = self._color(connection.user)
        client_id, user = connection.client_id, connection.user
        self.connections[client_id] = connection
        count = len(self.connections)
        self._add_membership_event(
            encode_frame(UserJoined(client_id, user.user_id, user.name, connection.color, count))
        )
        connection.outbound.notified = len(self._membership_events)
        connection.outbound.presences.update(dict.fromkeys(self._presences))

    def _color(self, user: User) -> str:
        """The user's own color, unless somebody else here has it and another one is free."""
        taken = set()
        for other in self.connections.values():
            if other.user.user_id == user.user_id:
                return other.color
            taken.add(other.color)
        free = (color for color in PALETTE if color not in taken)
        return next(free, user.color) if user.color in taken else user.color

    def leave(self, connection: Member) -> None:
        """Remove a connection and tell the others. Does nothing if it has left already."""
        client_id, user = connection.client_id, connection.user
        if self.connections.get(client_id) is not connection:
            return
        del self.connections[client_id]
        self._foreign.pop(client_id, None)
        self._entries.pop(client_id, None)
        self._moved.pop(client_id, None)
        if self._presences.pop(client_id, None) is not None:
            for other in self.connections.values():
                other.outbound.presences.pop(client_id, None)
        if not self.connections:
            self._cancel_flush()
            self._membership_events.clear()
            return
        count = len(self.connections)
        self._add_membership_event(
            encode_frame(UserLeft(client_id, user.user_id, user.name, connection.color, count))
        )

    def broadcast(self, frame: bytes, exclude: str | None = None) -> None:
        """Have a prepared frame written to everybody, but not the `client_id` in `exclude`."""
        for client_id, connection in list(self.connections.items()):
            if client_id != exclude:
                connection.outbound.put(frame)

    def publish(self, version: int) -> None:
        """The history's head has moved on from `version`: everybody gets what came."""
        if not self.connections:
            return
        if self._membership_events:
            self._flush()
        history = self._history
        changes = history.committed_since(version)
        if sum(len(change.record.operation) for change in changes) > BATCH_BYTES:
            for connection in list(self.connections.values()):
                connection.outbound.publish(version, history.head, None)
            self.published = history.head
            return
        batch = self._batch(changes)
        self.published = history.head
        for connection in self._write_live(batch):
            connection.outbound.publish(version, history.head, batch)

    def refuse(self, client_id: str, error: CollabError, edit_id: int) -> None:
        """Tell one editor that its edit was not accepted."""
        connection = self.connections.get(client_id)
        if connection is not None:
            connection.outbound.put(encode_frame(Error(error.code, error.message, edit_id)))

    def disown(self, client_id: str, version: int) -> None:
        """This version is of its `client_id`, but not the edit that the present connection sent:
        it is shown as a change, like anybody else's."""
        if client_id in self.connections:
            self._foreign.setdefault(client_id, set()).add(version)

    def owns(self, change: Change) -> bool:
        """Whether it is what a connection of its `client_id` has sent."""
        return change.version not in self._foreign.get(change.client_id, ())

    def frame_for(self, client_id: str, change: Change) -> bytes:
        """What a change looks like to an editor."""
        return frame_for(client_id, change) if self.owns(change) else change_frame(change)

    def _batch(self, changes: list[Change]) -> Batch:
        """The changes as everybody sees them, with an `ack` in the place of one's own."""
        own: dict[str, dict[int, bytes]] = {}
        for index, change in enumerate(changes):
            if self.owns(change):
                own.setdefault(change.client_id, {})[index] = ack_frame(change)
        return Batch([change_frame(change) for change in changes], own)

    # -- live connections ------------------------------------------------------------------------

    # Most connections have everything, and their sockets have empty buffers. For each of them a
    # commit is one call of the socket's `write`, with the same bytes and without further checks. A
    # connection is marked as lagging before anything else is written to it.

    def mark_live(self, client_id: str, write: Write) -> None:
        """A connection that has everything up to `published`; `write` goes to its socket."""
        self._live[client_id] = write

    def mark_lagging(self, client_id: str) -> int:
        """The version that it has now."""
        self._live.pop(client_id, None)
        return self.published

    def _write_live(self, batch: Batch) -> list[Member]:
        """Write it to all live connections; returns the others. A socket that does not take
        everything is marked as lagging during its write."""
        live, joined, own = self._live, batch.joined, batch.own
        others = []
        if len(live) < len(self.connections):
            others = [each for name, each in self.connections.items() if name not in live]
        size = 0
        for client_id in own:
            write = live.get(client_id)
            if write is not None:
                frames = batch.for_client(client_id)
                size += len(frames)
                try:
                    write(frames)
                except RuntimeError:
                    # uvloop's, of a handle that was closed: it is about to leave.
                    continue
        apart = {client_id: live.pop(client_id) for client_id in own if client_id in live}
        self._metrics.sent_bytes += size + len(live) * len(joined)
        for write in list(live.values()):
            try:
                write(joined)
            except RuntimeError:
                continue
        live.update(apart)
        return others

    # -- membership and presence -----------------------------------------------------------------

    def _add_membership_event(self, frame: bytes) -> None:
        self._membership_events.append(frame)
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._flush_handle is None:
            loop = asyncio.get_running_loop()
            wait = self._flushed_at + self._interval - loop.time()
            self._flush_handle = (
                loop.call_later(wait, self._flush) if wait > 0 else loop.call_soon(self._flush)
            )

    def _flush(self) -> None:
        self._cancel_flush()
        self._flushed_at = asyncio.get_running_loop().time()
        events, self._membership_events = self._membership_events, []
        moved, self._moved = self._moved, {}
        with self._metrics.turn_seconds["news"].timed():
            if events:
                self._flush_membership_events(events)
            if moved:
                self._flush_presences(moved)

    def _cancel_flush(self) -> None:
        if self._flush_handle is not None:
            self._flush_handle.cancel()
            self._flush_handle = None

    def _flush_membership_events(self, events: list[bytes]) -> None:
        joined: dict[int, bytes] = {}
        for connection in list(self.connections.values()):
            known, connection.outbound.notified = connection.outbound.notified, 0
            if known < len(events):
                if known not in joined:
                    joined[known] = b"".join(events[known:])
                connection.outbound.put(joined[known], len(events) - known)

    def _flush_presences(self, moved: dict[str, None]) -> None:
        frames = self._presence_frames(moved)
        begun = cpu_clock()
        own = {each: {index: b""} for index, each in enumerate(frames)}
        batch = Batch(frames.values(), own)
        for connection in self._write_live(batch):
            connection.outbound.publish_presences(frames, batch)
        share = (cpu_clock() - begun) / len(frames)
        for each in frames:
            self._charge(each, share)

    def _presence_frames(self, moved: dict[str, None]) -> dict[str, bytes]:
        """The frames of those that moved; of some of them, where it is too much work for one turn:
        the others have theirs in the next one."""
        frames: dict[str, bytes] = {}
        moves = MAX_MOVES
        for client_id in moved:
            presence = self._presences.get(client_id)
            if moves <= 0:
                self._moved.setdefault(client_id)
                self._flush_soon()
                continue
            if presence is not None and presence.cursor is not None:
                moves -= self._history.components_since(presence.version)
            begun = cpu_clock()
            frames[client_id] = self.presence_frame(client_id) or b""
            self._charge(client_id, cpu_clock() - begun)
        return frames

    def _charge(self, client_id: str, seconds: float) -> None:
        mover = self.connections.get(client_id)
        if mover is not None:
            mover.allowance.spend(seconds)

    def update_presence(
        self, connection: Member, cursor: Cursor | None, data: Any, version: int
    ) -> None:
        """Keep an editor's latest presence and let the others know.

        `version` is committed and not before the history's start.
        """
        presence = Presence(connection.client_id, connection.user.user_id, cursor, data, version)
        self._presences[connection.client_id] = presence
        self._moved[connection.client_id] = None
        self._flush_soon()

    def presence_frame(self, client_id: str) -> bytes | None:
        """The latest presence of an editor as of the history's head, None if it has left."""
        presence = self._presences.get(client_id)
        if presence is None:
            return None
        presence.move_to(self._history.head, self._history, self._doc_type)
        return presence.frame()

    def advance_presences(self, changes: int) -> None:
        """Bring some cursors forward after a commit of so many changes, in turn, so that no cursor
        is far behind when somebody joins or changes leave memory."""
        presences = self._presences
        count = min(len(presences), ADVANCED_AT_LEAST + len(presences) * changes // ROUND_CHANGES)
        moves = MAX_MOVES
        for client_id in list(itertools.islice(presences, count)):
            presence = presences.pop(client_id)
            presences[client_id] = presence
            behind = self._history.components_since(presence.version)
            if behind >= BEHIND_AT_LEAST and moves > 0:
                moves -= behind
                presence.move_to(self._history.head, self._history, self._doc_type)

    def move_presences(self, version: int) -> None:
        """Bring cursors forward to `version` before what lies behind it leaves memory. Where that
        is too much at once, the rest are forgotten: those who join later see them once they move
        again."""
        moves = MAX_MOVES
        for presence in self._presences.values():
            if presence.version >= version:
                continue
            if moves > 0:
                moves -= self._history.components_since(presence.version)
                presence.move_to(version, self._history, self._doc_type)
            else:
                presence.forget_cursor(version)

    def present(self, version: int) -> msgspec.Raw:
        """The JSON list of everybody present, with their cursor as of `version`; the cursor is None
        where it is only known at a later one: a `presence` frame follows then."""
        entries = [self._present(connection, version) for connection in self.connections.values()]
        return msgspec.Raw(b"[" + b",".join(entries) + b"]")

    def _present(self, connection: Member, version: int) -> bytes:
        """One entry; the same bytes for as long as they have no cursor."""
        presence = self._presences.get(connection.client_id)
        cursor = None
        if (
            presence is not None
            and presence.cursor is not None
            and presence.version <= version
            and not self._is_told_soon(presence)
        ):
            presence.move_to(version, self._history, self._doc_type)
            cursor = presence.cursor
        client_id, user = connection.client_id, connection.user
        entry = self._entries.get(client_id)
        if cursor is None and entry is not None:
            return entry
        entry = encode_bytes(
            PresentEditor(client_id, user.user_id, user.name, connection.color, cursor)
        )
        if cursor is None:
            self._entries[client_id] = entry
        return entry

    def _is_told_soon(self, presence: Presence) -> bool:
        """Whether a cursor that is far behind is told soon: a join need not wait for it."""
        behind = self._history.components_since(presence.version)
        return behind >= BEHIND_AT_LEAST and presence.client_id in self._moved

    # -- the end --------------------------------------------------------------------------------

    def close(self, code: int, reason: str, last_frame: bytes | None = None) -> None:
        """Close every connection once it has written what it was told."""
        if self._membership_events:
            self._flush()
        for connection in list(self.connections.values()):
            connection.close(code, reason, last_frame=last_frame)

    def close_deleted(self, user_id: str) -> None:
        """Close every connection because the document was deleted by this user."""
        self.close(4410, "the document was deleted", encode_frame(DocumentDeleted(user_id)))


def room_of(document: Document) -> Room:
    """The room of a document that a `DocumentManager` has opened."""
    room = document.room
    assert isinstance(room, Room)
    return room
