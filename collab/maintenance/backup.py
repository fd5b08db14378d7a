"""Backup of an SQLite database that is in use, and restore.

SQLite's online backup copies the database in one step, so in one read transaction. The copy is
consistent as of one point in time, and does not block writers.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import URL, Connection

from ..errors import ConfigurationError, StorageUnavailable
from ..storage import schema
from ..storage.backends.sqlite.engine import sqlite_engine
from ..storage.faults import translated_faults
from ..storage.repair import renew_epochs
from .opening import check_unused

__all__ = ["back_up", "restore"]

BUSY_TIMEOUT_SECONDS = 5.0


def back_up(source: Path, target: Path) -> int:
    """Copy the database `source` to a new file `target`; returns its size in bytes.

    The copy gets its name only when it is complete, verified and synced to disk.

    Raises:
        ConfigurationError: the `target` exists, or the `source` is not a database of collab.
        StorageUnavailable: the source can't be read or is damaged, or the target can't be written.
    """
    if target.exists():
        raise ConfigurationError(f"the file '{target}' exists already: choose another name")
    if not target.absolute().parent.is_dir():
        raise ConfigurationError(f"the folder '{target.absolute().parent}' does not exist")
    with _temporary_copy(target) as copy:
        _copy(source, copy)
        _verify(copy)
        _publish(copy, target)
    return target.stat().st_size


def restore(backup: Path, target: Path, *, replace: bool) -> Path | None:
    """Restore a backup to the database `target`; returns the new path of the previous database.

    Every document gets a new epoch. So an editor that has seen versions after the backup does not
    resume the document with them.

    Raises:
        ConfigurationError: the backup does not exist or is not a database of collab; or the target
            exists and `replace` is off, or it is in use.
        StorageUnavailable: the backup is damaged, or the target can't be written.
    """
    if not backup.exists():
        raise ConfigurationError(f"the backup '{backup}' does not exist")
    if target.exists() and not replace:
        raise ConfigurationError(
            f"the database '{target}' exists already: use --replace to rename it"
        )
    with _temporary_copy(target) as copy:
        _copy(backup, copy)
        _verify(copy)
        _renew_epochs(copy)
        aside = _rename_aside(target) if target.exists() else None
        _publish(copy, target)
    return aside


@contextlib.contextmanager
def _temporary_copy(target: Path) -> Iterator[Path]:
    """A temporary file in the target's folder, which is removed at the end."""
    copy = target.with_name(f"{target.name}.partial-{os.getpid()}")
    try:
        with translated_faults():
            yield copy
    finally:
        for suffix in ("", "-wal", "-shm", "-journal"):
            Path(f"{copy}{suffix}").unlink(missing_ok=True)


def _copy(source: Path, copy: Path) -> None:
    uri = f"{source.absolute().as_uri()}?mode=rw"
    reader = sqlite3.connect(uri, uri=True, timeout=BUSY_TIMEOUT_SECONDS)
    try:
        reader.execute("PRAGMA query_only=1")
        writer = sqlite3.connect(copy)
        try:
            reader.backup(writer, pages=-1)
            # Without write-ahead log the copy is one file, which can be moved on its own.
            writer.execute("PRAGMA journal_mode=DELETE").close()
        finally:
            writer.close()
    finally:
        reader.close()


def _verify(copy: Path) -> None:
    with _transaction(copy, writes=False) as connection:
        line = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
        if line != "ok":
            raise StorageUnavailable(
                f"the database is damaged: {line}; `collab check` reports the details"
            )
        # An older schema is migrated when the database is served.
        if schema.state(connection) not in (schema.SchemaState.CURRENT, schema.SchemaState.OLDER):
            raise ConfigurationError(
                "this is not a database of collab, or one of a newer version: choose another"
            )


def _renew_epochs(copy: Path) -> None:
    with _transaction(copy, writes=True) as connection:
        renew_epochs(connection)


@contextlib.contextmanager
def _transaction(file: Path, *, writes: bool) -> Iterator[Connection]:
    url = URL.create("sqlite+pysqlite", database=str(file.absolute()))
    engine = sqlite_engine(url, busy_timeout_seconds=BUSY_TIMEOUT_SECONDS, writes=writes)
    with engine.begin() as connection:
        yield connection


def _publish(copy: Path, target: Path) -> None:
    """Rename the copy to the target once it is synced to disk."""
    with sqlite3.connect(copy) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").close()
    connection.close()
    with open(copy, "rb") as file:
        os.fsync(file.fileno())
    os.replace(copy, target)
    folder = os.open(target.absolute().parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _rename_aside(target: Path) -> Path:
    check_unused(target)
    # Moves the write-ahead log into the file, so that the file is complete on its own.
    with sqlite3.connect(target) as connection:
        connection.execute("PRAGMA journal_mode=DELETE").close()
    connection.close()
    aside = target.with_name(f"{target.name}.{time.strftime('%Y%m%d-%H%M%S')}.replaced")
    os.replace(target, aside)
    return aside
