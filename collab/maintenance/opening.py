"""Opening a database for maintenance: without migration, with time for long transactions."""

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
    """The database of these settings, open inside the context.

    Raises:
        ConfigurationError: it does not exist, or its schema is not the current one.
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
    """Raise `ConfigurationError` if the database is in memory."""
    if is_memory(parse_url(settings.database)):
        raise ConfigurationError(
            f"the database '{settings.database}' is in memory: it is empty, and lost when this "
            "command ends; give a file, such as sqlite:///collab.db, with --database"
        )


def existing_file(settings: Settings) -> Path | None:
    """The file of an SQLite database; None for another database.

    Raises:
        ConfigurationError: the file does not exist, or the database is in memory.
    """
    check_kept(settings)
    file = file_of(parse_url(settings.database))
    if file is not None and not file.exists():
        raise ConfigurationError(
            f"there is no database '{file}' in {Path.cwd()}: "
            "change to the folder where the server was started, or give --database"
        )
    return file


def sqlite_file(settings: Settings, instead: str) -> Path:
    """The SQLite file of the settings, which may not exist.

    Args:
        instead: the remedy in the error message for other databases.

    Raises:
        ConfigurationError: the database is not an SQLite file.
    """
    check_kept(settings)
    file = file_of(parse_url(settings.database))
    if file is None:
        raise ConfigurationError(f"this works on an SQLite file only: {instead}")
    return file


def check_unused(file: Path) -> None:
    """Check that no other process has an SQLite file open.

    With write-ahead logging, SQLite can lock a file exclusively only if no other connection has it
    open.

    Raises:
        ConfigurationError: the file is in use.
        StorageUnavailable: the file can't be used, or is not a database.
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
