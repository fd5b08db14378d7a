"""A database opened for its care: as it is, never upgraded, with time for long transactions."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

from ..errors import ConfigurationError, SchemaMismatch
from ..settings import Settings
from ..storage import Database
from ..storage.faults import translated_faults
from ..storage.url import file_of, is_memory, parse_url

__all__ = ["check_kept", "check_unused", "existing_file", "opened", "sqlite_file"]

TIMEOUT_SECONDS = 3600.0


@contextlib.asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Database]:
    """The database of these settings, for as long as the context lasts.

    Raises:
        ConfigurationError: there is none, or its schema isn't this program's.
        StorageUnavailable: it can't be used.
    """
    existing_file(settings)
    database = Database(
        settings.database,
        busy_timeout_seconds=settings.database_busy_timeout_seconds,
        timeout_seconds=TIMEOUT_SECONDS,
    )
    try:
        await database.open(upgrade=False)
    except SchemaMismatch as error:
        raise ConfigurationError(error.message) from error
    try:
        yield database
    finally:
        await database.close()


def check_kept(settings: Settings) -> None:
    """Raise `ConfigurationError` if the database would be gone when the command ends."""
    if is_memory(parse_url(settings.database)):
        raise ConfigurationError(
            f"the database '{settings.database}' is in memory: it is empty, and gone when this "
            "command ends; give one in a file, such as sqlite:///collab.db, with --database"
        )


def existing_file(settings: Settings) -> Path | None:
    """The file of an SQLite database; None if the settings name another one.

    Raises:
        ConfigurationError: the file is not there, or the database is in memory.
    """
    check_kept(settings)
    file = file_of(parse_url(settings.database))
    if file is not None and not file.exists():
        raise ConfigurationError(
            f"there is no database '{file}' in {Path.cwd()}: "
            "go to the folder where the server was started, or give --database"
        )
    return file


def sqlite_file(settings: Settings, instead: str) -> Path:
    """The file that the settings name, whether it is there or not.

    Raises:
        ConfigurationError: they name no file of SQLite's; `instead` says what to do then.
    """
    check_kept(settings)
    file = file_of(parse_url(settings.database))
    if file is None:
        raise ConfigurationError(f"this works on a file of SQLite's only: {instead}")
    return file


def check_unused(file: Path) -> None:
    """See that nobody else has an SQLite file open.

    To lock a file with write-ahead logging for oneself, SQLite needs to be its only user.

    Raises:
        ConfigurationError: somebody has.
        StorageUnavailable: it can't be used, or is no database.
    """
    with translated_faults():
        _lock(file)


def _lock(file: Path) -> None:
    connection = sqlite3.connect(file, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("COMMIT")
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in (
            sqlite3.SQLITE_BUSY,
            sqlite3.SQLITE_LOCKED,
        ):
            raise
        raise ConfigurationError(
            f"a server or another program has '{file}' open: stop it first"
        ) from error
    finally:
        connection.close()
