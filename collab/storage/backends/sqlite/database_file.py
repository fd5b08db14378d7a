"""Where an open SQLite database is: whether its files are still there, and what to do when not.

SQLite goes on writing to files that were deleted or moved, without a word, and everything stored
there is gone with the process. So a database asks after each transaction, and what it finds in the
wrong place is not acknowledged.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import AdaptedConnection, Connection, select

from ....errors import StorageUnavailable
from ... import tables
from ...faults import DatabaseLocked

__all__ = ["DatabaseFile", "LostDatabase", "holds_all_of", "salvage"]

logger = logging.getLogger(__name__)

_documents = tables.documents.c

Identity = tuple[int, int]
"""Device and inode. While the file is open, no other one gets them."""


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """The files that the connections to a database have open, by the names they had."""

    file: Path
    identity: Identity
    log: Path
    log_identity: Identity | None
    """Of the write-ahead log; None where a file system can't have one."""

    @classmethod
    def of(cls, file: Path) -> DatabaseFile | None:
        """The files of a database that was just opened; None if they are gone already."""
        identity = _identity(file)
        if identity is None:
            return None
        # SQLite, too, puts it beside the file that a symbolic link leads to.
        log = Path(f"{file.resolve()}-wal")
        return cls(file, identity, log, _identity(log))

    def holds(self) -> bool:
        """Whether both are still there: else nobody will ever find what was written."""
        if _identity(self.file) != self.identity:
            return False
        return self.log_identity is None or _identity(self.log) == self.log_identity

    def is_deleted(self) -> bool:
        """Whether the database's file has no name any more; True if that can't be found out."""
        with contextlib.suppress(OSError):
            for name in os.listdir("/dev/fd"):
                with contextlib.suppress(OSError, ValueError):
                    found = os.fstat(int(name))
                    if (found.st_dev, found.st_ino) == self.identity:
                        return found.st_nlink == 0
        return True


@dataclass(frozen=True, slots=True)
class LostDatabase:
    """What is remembered of a database that was lost: enough to know it, or a copy, again."""

    identity: Identity
    newest: tuple[str, str, int] | None
    """`doc_id`, `epoch` and version of the document that was changed last."""


def salvage(connection: Connection, database_file: DatabaseFile) -> LostDatabase:
    """Complete a database whose files were moved or deleted, before it is closed.

    What only its write-ahead log has is brought into its file, and the log emptied: whoever has
    moved the file has all of it, and no other database gets changes that aren't its own. If the
    file was deleted, a copy is made next to its place, and the log says so.

    Ends the transaction of `connection`.

    Raises:
        StorageUnavailable: it could not be completed or copied. As long as the connection is open
            nothing is lost, and this may be tried again.
    """
    newest = connection.execute(
        select(_documents.doc_id, _documents.epoch, _documents.version)
        .order_by(_documents.updated_at.desc(), _documents.id.desc())
        .limit(1)
    ).one_or_none()
    driver: Any = connection.connection.dbapi_connection
    driver.commit()
    cursor = driver.cursor()
    cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (blocked, *_) = cursor.fetchone()
    cursor.close()
    if blocked:
        raise DatabaseLocked("the database can't be used: its file is gone, and it is locked")
    if database_file.is_deleted():
        _rescue(driver, database_file.file)
    return LostDatabase(database_file.identity, None if newest is None else tuple(newest))


def holds_all_of(connection: Connection, lost: LostDatabase) -> bool:
    """Whether a database has the newest edit of one that was lost, or has no documents at all."""
    if lost.newest is None or connection.execute(select(_documents.id).limit(1)).first() is None:
        return True
    doc_id, epoch, version = lost.newest
    known = select(_documents.id).where(
        _documents.doc_id == doc_id, _documents.epoch == epoch, _documents.version >= version
    )
    return connection.execute(known).first() is not None


def _rescue(driver: Any, file: Path) -> None:
    """Copy a database that only `driver` still has, to a new file beside where it was."""
    copy = file.with_name(f"{file.name}.rescued-{time.strftime('%Y%m%d-%H%M%S')}")
    try:
        # aiosqlite copies in a thread of its own.
        target = sqlite3.connect(copy, check_same_thread=False)
        try:
            if isinstance(driver, AdaptedConnection):
                driver.run_async(lambda connection: connection.backup(target))
            else:
                driver.backup(target)
        finally:
            target.close()
    except (sqlite3.Error, OSError) as error:
        with contextlib.suppress(OSError):
            copy.unlink()
        logger.error("could not save the deleted database as '%s': %s", copy, error)
        raise StorageUnavailable(
            "the database can't be used: its file was deleted, and can't be saved; see the log"
        ) from error
    logger.error("saved the deleted database as '%s': rename it to '%s' to go on", copy, file)


def _identity(path: Path) -> Identity | None:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino
