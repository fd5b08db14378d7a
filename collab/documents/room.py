"""Who is connected to one document, and what they learn of each other."""

from __future__ import annotations

from typing import Any, Protocol

from ..auth import PALETTE, User
from ..errors import CollabError
from ..frames import (
    Cursor,
    DocumentDeleted,
    PresentEditor,
    UserJoined,
    UserLeft,
    encode,
    error_frame,
)
from ..ot.types import OperationType
from .history import History
from .presence import Presence

__all__ = ["Member", "Room"]


class Member(Protocol):
    """What a room needs of a connection. None of these waits."""

    user: User
    color: str
    presences: dict[str, None]

    @property
    def client_id(self) -> str: ...
    def put(self, frame: str) -> None: ...
    def ring(self) -> None: ...
    def close(
        self, code: int, reason: str, *, farewell: str | None = None, drain: bool = True
    ) -> None: ...


class Room:
    """The connections to a document, one for each `client_id`, and their presence.

    Everything here is a plain function: it fills outboxes and rings; each connection writes by
    itself.
    Bound: `document_connections_maximum`, watched by the manager.
    """

    def __init__(self, history: History, doc_type: OperationType) -> None:
        self.connections: dict[str, Member] = {}
        self._presences: dict[str, Presence] = {}
        self._history = history
        self._doc_type = doc_type

    def enter(self, connection: Member) -> None:
        """Add a connection and tell the others. One of the same `client_id` is taken over."""
        older = self.connections.get(connection.client_id)
        if older is not None:
            self.leave(older)
            older.close(4409, "taken over by a newer connection of this client_id", drain=False)
        connection.color = self._color(connection.user)
        self.connections[connection.client_id] = connection
        user = connection.user
        joined = encode(
            UserJoined(
                connection.client_id,
                user.user_id,
                user.name,
                connection.color,
                len(self.connections),
            )
        )
        self.broadcast(joined, exclude=connection.client_id)
        for client_id in self._presences:
            connection.presences[client_id] = None

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
        if self.connections.get(connection.client_id) is not connection:
            return
        del self.connections[connection.client_id]
        self._presences.pop(connection.client_id, None)
        user = connection.user
        left = encode(
            UserLeft(
                connection.client_id,
                user.user_id,
                user.name,
                connection.color,
                len(self.connections),
            )
        )
        for other in self.connections.values():
            other.presences.pop(connection.client_id, None)
            other.put(left)

    def broadcast(self, frame: str, exclude: str | None = None) -> None:
        """Put a frame into everybody's outbox, but not that of the `client_id` in `exclude`."""
        for client_id, connection in list(self.connections.items()):
            if client_id != exclude:
                connection.put(frame)

    def ring(self) -> None:
        """The history has moved on: every connection reads on from its own cursor."""
        for connection in self.connections.values():
            connection.ring()

    def refuse(self, client_id: str, error: CollabError, edit_id: int) -> None:
        """Tell one editor that its edit was not accepted."""
        connection = self.connections.get(client_id)
        if connection is not None:
            connection.put(error_frame(error, edit_id))

    # -- presence -------------------------------------------------------------------------------

    def update_presence(
        self, connection: Member, cursor: Cursor | None, data: Any, version: int
    ) -> None:
        """Keep an editor's latest presence and let the others know.

        `version` is committed and not before the history's start.
        """
        presence = Presence(connection.client_id, connection.user.user_id, cursor, data, version)
        self._presences[connection.client_id] = presence
        for client_id, other in self.connections.items():
            if client_id != connection.client_id:
                other.presences[connection.client_id] = None
                other.ring()

    def presence_frame(self, client_id: str) -> str | None:
        """The latest presence of an editor as of the history's head, None if it has left."""
        presence = self._presences.get(client_id)
        if presence is None:
            return None
        presence.move_to(self._history.head, self._history, self._doc_type)
        return presence.frame()

    def move_presences(self, version: int) -> None:
        """Bring cursors forward to `version` before what lies behind it leaves memory."""
        for presence in self._presences.values():
            if presence.version < version:
                presence.move_to(version, self._history, self._doc_type)

    def present(self, version: int) -> list[PresentEditor]:
        """Everybody present, with their cursor as of `version`; the cursor is None where it is only
        known at a later one: a `presence` frame follows then."""
        return [self._present(connection, version) for connection in self.connections.values()]

    def _present(self, connection: Member, version: int) -> PresentEditor:
        presence = self._presences.get(connection.client_id)
        cursor = None
        if presence is not None and presence.version <= version:
            presence.move_to(version, self._history, self._doc_type)
            cursor = presence.cursor
        user = connection.user
        return PresentEditor(
            connection.client_id, user.user_id, user.name, connection.color, cursor
        )

    # -- the end --------------------------------------------------------------------------------

    def close(self, code: int, reason: str, farewell: str | None = None) -> None:
        """Close every connection once it has written what it was told."""
        for connection in list(self.connections.values()):
            connection.close(code, reason, farewell=farewell)

    def close_deleted(self, user_id: str) -> None:
        """Close every connection because the document was deleted by this user."""
        self.close(4410, "the document was deleted", encode(DocumentDeleted(user_id)))
