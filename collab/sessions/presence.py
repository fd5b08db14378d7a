"""Where everybody's cursor is, and what else editors say of themselves.

A cursor is moved to the newest version only when it is read: neither an edit nor a cursor that is
replaced before anybody is told of it costs anything here, however many people are present. Presence
is never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from ..documents.history import Change, History
from ..frames import Cursor, PresenceChange
from ..ot.types import OperationType, Outlined
from .wire import encode_frame

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
            changes = history.committed_since(self.version, version - self.version)
            anchor = self._moved(self.cursor.anchor, changes, doc_type)
            head = anchor
            if self.cursor.head != self.cursor.anchor:
                head = self._moved(self.cursor.head, changes, doc_type)
            self.cursor = Cursor(anchor, head)
        self.version = version
        self._frame = None

    def forget_cursor(self, version: int) -> None:
        """Give up where the cursor is, as of a committed `version`."""
        self.cursor = None
        self.version = version
        self._frame = None

    def _moved(self, offset: int, changes: Sequence[Change], doc_type: OperationType) -> int:
        # Looking for one name is much faster than asking for the protocol.
        if not hasattr(doc_type, "move_offset"):
            for change in changes:
                own = change.client_id == self.client_id
                offset = doc_type.transform_cursor(offset, change.operation, own)
            return offset
        outlined = cast(Outlined, doc_type)
        for change in changes:
            outline = change.outline
            if outline is None:
                outline = outlined.outline(change.operation)
            offset = outlined.move_offset(offset, outline, change.client_id == self.client_id)
        return offset

    def frame(self) -> bytes:
        """The prepared `presence` frame; made once for everybody."""
        if self._frame is None:
            self._frame = encode_frame(
                PresenceChange(self.client_id, self.user_id, self.cursor, self.data, self.version)
            )
        return self._frame
