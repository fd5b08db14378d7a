"""What a document knows of one `client_id`: enough to apply each of its edits exactly once."""

from __future__ import annotations

from dataclasses import dataclass

from ..storage import ClientRecord

__all__ = ["Author"]


@dataclass(slots=True)
class Author:
    """One editor instance, across its reconnects.

    `last_id` and `last_version` are of its newest accepted edit, committed or not; 0 if none.
    `holders` counts the connections and calls that use this author now: it stays in memory while
    there is one, or while an edit of it waits for its commit.
    """

    client_id: str
    user_id: str
    last_id: int = 0
    last_version: int = 0
    holders: int = 0

    def restore(self, record: ClientRecord | None) -> None:
        """Go back to what is stored: what was accepted since was not committed."""
        self.last_id = record.last_id if record else 0
        self.last_version = record.last_version if record else 0
