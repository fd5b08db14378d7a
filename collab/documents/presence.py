"""Where everybody's cursor is, and what else editors say of themselves.

A cursor is kept as it was told, with the version it was told at, and moved along when somebody
looks; so an edit costs nothing here, however many people are present. Presence is never stored.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..frames import Cursor, PresenceChange
from ..ot.types import OperationType
from .history import History
from .prepared import prepare

__all__ = ["Presence"]


@dataclass(slots=True)
class Presence:
    """The latest presence of one editor: `cursor` as of `version`."""

    client_id: str
    user_id: str
    cursor: Cursor | None
    data: Any
    version: int
    _frame: bytes | None = None

    def move_to(self, version: int, history: History, doc_type: OperationType) -> None:
        """Bring the cursor to a committed `version`, not before its own."""
        if version == self.version:
            return
        if self.cursor is not None:
            anchor, head = self.cursor.anchor, self.cursor.head
            for change in history.committed_since(self.version, version - self.version):
                own = change.client_id == self.client_id
                anchor = doc_type.transform_cursor(anchor, change.operation, own)
                head = doc_type.transform_cursor(head, change.operation, own)
            self.cursor = Cursor(anchor, head)
        self.version = version
        self._frame = None

    def frame(self) -> bytes:
        """The prepared `presence` frame; made once for everybody."""
        if self._frame is None:
            self._frame = prepare(
                PresenceChange(self.client_id, self.user_id, self.cursor, self.data, self.version)
            )
        return self._frame
