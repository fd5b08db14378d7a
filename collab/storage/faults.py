"""What the database's own errors mean, said in a way that is fit for a client.

The driver's message goes to the log; SQL and parameters go nowhere (the engines hide them).
"""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Iterator

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError

from ..errors import DocumentDamaged, StorageError, StorageUnavailable

__all__ = [
    "REFUSED",
    "DatabaseLocked",
    "fault_of_state",
    "is_refusal",
    "translated_faults",
    "unreachable",
]

logger = logging.getLogger(__name__)

# What is wrong with one row, not with the database: these pass through untranslated. Text with a
# lone surrogate and a number beyond 64 bits fail in the driver, before they reach the database.
REFUSED = (
    IntegrityError,
    DataError,
    sqlite3.IntegrityError,
    sqlite3.DataError,
    ValueError,
    OverflowError,
)

_SQLITE_FAULTS = {
    sqlite3.SQLITE_PERM: ("permission", "its file may not be accessed"),
    sqlite3.SQLITE_READONLY: ("read_only", "it is read-only; its file and folder must be writable"),
    sqlite3.SQLITE_IOERR: ("io", "reading or writing its file failed (I/O error)"),
    sqlite3.SQLITE_CORRUPT: ("damaged", "its file is damaged; a backup must be restored"),
    sqlite3.SQLITE_FULL: ("full", "the disk is full; something must be deleted"),
    sqlite3.SQLITE_CANTOPEN: (
        "missing",
        "its file can't be opened; it must exist, its folder be writable",
    ),
    sqlite3.SQLITE_NOTADB: (
        "damaged",
        "its file is not an SQLite database; another one must be chosen",
    ),
}
# By SQLSTATE, or the class that it begins with: SQL's own, and PostgreSQL's.
_UNREACHABLE = ("unreachable", "it can't be reached; try again later")
_FAULTS_OF_STATES = {
    "08": _UNREACHABLE,
    "57P": _UNREACHABLE,
    "53300": _UNREACHABLE,
    "25006": ("read_only", "it is read-only; the server needs one that can be written"),
    "28": ("permission", "its user may not log in"),
    "42501": ("permission", "its user may not do this; it needs rights on all tables"),
    "53100": ("full", "the disk is full; something must be deleted"),
    "58030": ("io", "reading or writing its files failed (I/O error)"),
    "XX001": ("damaged", "its files are damaged; a backup must be restored"),
    "XX002": ("damaged", "an index is damaged; rebuild it with REINDEX"),
}
# A value that can't be stored, or a constraint that forbids it.
_REFUSALS = ("22", "23")
_REFUSAL = ("refused", "it refused a statement; the log says which")
# The driver's own complaint, which has no code.
_NOT_TEXT = "Could not decode to UTF-8"
_SQLITE_LOCKED = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL)


class DatabaseLocked(StorageUnavailable):
    """Another program holds the database's lock for longer than the busy timeout."""


@contextlib.contextmanager
def translated_faults() -> Iterator[None]:
    """Raise `StorageUnavailable` for whatever the database can't do, `DocumentDamaged` for a text
    that is none; `REFUSED` passes."""
    try:
        yield
    except REFUSED:
        raise
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        if isinstance(error, DBAPIError) and _is_of_a_value(error):
            raise ValueError("the driver refused a value") from error
        fault = _fault(error)
        # That it is locked says everything, and is tried again and again while it is opened.
        level = logging.DEBUG if isinstance(fault, DatabaseLocked) else logging.WARNING
        cause = error.orig if isinstance(error, DBAPIError) else error
        # After that, the driver shows what somebody wrote.
        logger.log(level, "%s: %s", fault, str(cause).partition(" with text ")[0])
        raise fault from error


def _is_of_a_value(error: DBAPIError) -> bool:
    """Whether the driver could not encode a value. asyncpg says so by an error of its own, which
    SQLAlchemy takes for one of the database."""
    cause: BaseException | None = error.orig
    while cause is not None and not isinstance(cause, (ValueError, OverflowError)):
        cause = cause.__cause__
    return cause is not None


def _fault(error: Exception) -> StorageError:
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        if str(cause).startswith(_NOT_TEXT):
            return DocumentDamaged(
                "the document is damaged: what is stored is no text; `collab check` tells more"
            )
        return _sqlite_fault(getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR))
    if isinstance(cause, OSError) or getattr(error, "connection_invalidated", False):
        return unreachable()
    return fault_of_state(getattr(cause, "sqlstate", None) or "")


def fault_of_state(state: str) -> StorageUnavailable:
    """What an error of this SQLSTATE means."""
    found = (_FAULTS_OF_STATES.get(state[:length]) for length in (5, 3, 2))
    return _unavailable(*next(filter(None, found), _REFUSAL))


def is_refusal(state: str) -> bool:
    """Whether an error of this SQLSTATE is of one row, and not of the database."""
    return state.startswith(_REFUSALS)


def unreachable() -> StorageUnavailable:
    return _unavailable(*_UNREACHABLE)


def _sqlite_fault(code: int) -> StorageUnavailable:
    # The low byte is the kind of error, the rest its details.
    kind = code & 0xFF
    if kind in _SQLITE_LOCKED:
        return DatabaseLocked(
            "the database can't be used: it is locked by another program; try again later", "locked"
        )
    if code == sqlite3.SQLITE_IOERR_SHMSIZE:
        # The one file that SQLite makes so that a full disk is an I/O error to it.
        kind = sqlite3.SQLITE_FULL
    return _unavailable(*_SQLITE_FAULTS.get(kind, _REFUSAL))


def _unavailable(reason: str, fault: str) -> StorageUnavailable:
    return StorageUnavailable(f"the database can't be used: {fault}", reason)
