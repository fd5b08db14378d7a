"""A database file that is moved, deleted or replaced while it is open, and its return."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from sqlalchemy import Connection

from ....errors import StorageUnavailable
from .database_file import DatabaseFile, LostDatabase, holds_all_of, salvage

__all__ = ["GONE", "OLDER", "FileWatch"]

logger = logging.getLogger(__name__)

RETURN_SECONDS = 0.5

GONE = (
    "the database can't be used: its file was deleted or replaced while in use; it must be put back"
)
OLDER = (
    "the database can't be used: the file in its place lacks the newest edits; "
    "restart the server to go on with that"
)


class FileWatch:
    """Watches the file of one open database; `check` runs after each of its transactions."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.is_lost = False
        """Whether the file is gone. Nothing is read or written until it is back."""
        self._opened: DatabaseFile | None = None
        self._lost: LostDatabase | None = None
        self._look_at = 0.0
        self._found = ""

    def opened(self) -> None:
        """The database was opened: these are its files."""
        self._opened = DatabaseFile.of(self.file)

    def closed(self) -> None:
        """The database was disconnected."""
        self._opened = None

    def reset(self) -> None:
        """Forget a lost database."""
        self.is_lost, self._lost, self._look_at = False, None, 0.0

    def check(self) -> None:
        """Raise `StorageUnavailable` if the file was moved or deleted. May run in any thread."""
        opened = self._opened
        if opened is None or opened.holds():
            return
        if not self.is_lost:
            logger.error("the database file '%s' was deleted or replaced while open", opened.file)
        self.is_lost = True
        raise StorageUnavailable(GONE, "missing")

    @property
    def must_look(self) -> bool:
        """Whether it is time to look for the file again."""
        return time.monotonic() >= self._look_at

    @property
    def found(self) -> str:
        """What was wrong in the file's place at the last look; empty if nothing was."""
        return self._found

    def looked(self, found: str) -> None:
        self._found = found
        self._look_at = time.monotonic() + RETURN_SECONDS

    @property
    def may_be_there(self) -> bool:
        """Whether there is a file in its place. An empty one may be on its way."""
        return self.file.is_file() and self.file.stat().st_size > 0

    def complete(self, connection: Connection) -> None:
        """Save what the lost database holds (`salvage`), before it is disconnected."""
        if self._opened is not None:
            self._lost = salvage(connection, self._opened)
            # Earlier transactions of this executor were refused, and no others come.
            self._opened = None

    def is_same(self, connection: Connection) -> bool:
        """Whether the database that was opened has everything that the lost one had."""
        lost, opened = self._lost, self._opened
        if lost is None or opened is None:
            return False
        return opened.identity == lost.identity or holds_all_of(connection, lost)
