"""What a document needs of the room of its connections."""

from __future__ import annotations

from typing import Protocol

from ..errors import CollabError

__all__ = ["DocumentRoom"]


class DocumentRoom(Protocol):
    """The clients that are connected to one document; `sessions.room.Room` is one. No method waits.

    A document reports to it what has become of edits, and knows nothing else of connections.
    """

    @property
    def is_empty(self) -> bool:
        """Whether no client is connected."""

    def publish(self, version: int) -> None:
        """The history's head has moved on from `version`: send the changes since."""

    def refuse(self, client_id: str, error: CollabError, edit_id: int) -> None:
        """Tell a client that its edit was not stored."""

    def disown(self, client_id: str, version: int) -> None:
        """This version was stored under the `client_id`, but the present connection did not send
        it: send it as a change, not as an `ack`."""

    def advance_presences(self, changes: int) -> None:
        """Bring some cursors up to date after a commit of so many changes."""

    def move_presences(self, version: int) -> None:
        """Bring all cursors up to `version`, since older changes leave memory."""

    def close(self, code: int, reason: str) -> None:
        """Close all connections."""

    def close_deleted(self, user_id: str) -> None:
        """Close all connections, because this user has deleted the document."""
