"""Appending to SQLite in one step.

Python's driver gives the interpreter lock away at each step of a statement, and has to get it back
from a busy event loop; BEGIN, UPDATE, INSERT and COMMIT are a step each, at least. So an append is
one statement, which is a transaction of its own: its rows go into a view, whose triggers advance
the documents and store the operations. View and triggers are the connection's, not the database's.
A trigger costs more for each row than an INSERT does, so many operations go by the latter.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast

from msgspec.structs import astuple
from sqlalchemy import Connection

from ...append import Part, VersionConflict, part_of
from ...records import Append

__all__ = ["append_at_once"]

# A row is an operation; the first one of each append also says from where to where its document
# goes on. Without a `version` it says only that.
_OPERATION = (
    "document_id",
    "version",
    "operation",
    "client_id",
    "client_edit_id",
    "user_id",
    "fingerprint",
    "created_at",
    "checksum",
)
_ADVANCE = ("epoch", "from_version", "from_checksum", "to_version", "to_checksum", "updated_at")
_COLUMNS = _OPERATION + _ADVANCE

_VIEW = f"""
CREATE TEMP VIEW IF NOT EXISTS appended({", ".join(_COLUMNS)})
    AS SELECT {", ".join(["NULL"] * len(_COLUMNS))}
"""
_ADVANCE_DOCUMENT = """
CREATE TEMP TRIGGER IF NOT EXISTS advance_document
    INSTEAD OF INSERT ON appended WHEN new.epoch IS NOT NULL BEGIN
    UPDATE documents
        SET version = new.to_version, checksum = new.to_checksum, updated_at = new.updated_at
        WHERE id = new.document_id AND epoch = new.epoch
        AND version = new.from_version AND checksum IS new.from_checksum;
    SELECT RAISE(ABORT, 'missed') WHERE changes() = 0;
END
"""
_STORE_OPERATION = f"""
CREATE TEMP TRIGGER IF NOT EXISTS store_operation
    INSTEAD OF INSERT ON appended WHEN new.version IS NOT NULL BEGIN
    INSERT INTO operations ({", ".join(_OPERATION)})
        VALUES ({", ".join(f"new.{name}" for name in _OPERATION)});
END
"""

AT_ONCE = 32
"""So many operations are one statement; of more, the documents are advanced so many at a time."""

# Few texts, so that they stay prepared.
_SIZES = (64, 16, 4, 1)


def _inserting(into: str, columns: int, rows: int) -> str:
    row = f"({', '.join('?' * columns)})"
    return f"INSERT INTO {into} VALUES {', '.join([row] * rows)}"


_APPEND = {rows: _inserting("appended", len(_COLUMNS), rows) for rows in range(1, AT_ONCE + 1)}
_INSERT = {
    rows: _inserting(f"operations ({', '.join(_OPERATION)})", len(_OPERATION), rows)
    for rows in _SIZES
}

Row = tuple[Any, ...]

_NO_OPERATION: Row = (None,) * (len(_OPERATION) - 1)
_NO_ADVANCE: Row = (None,) * len(_ADVANCE)


def append_at_once(
    connection: Connection, batch: Sequence[Append], heads: Mapping[int, int | None]
) -> list[list[int]]:
    """Store each append, in a transaction of its own.

    Args:
        connection: one to SQLite, with no transaction begun.
        heads: as by `append_each`.

    Returns:
        For each append, the checksums of its operations.

    Raises:
        VersionConflict: a document is no longer at its version; nothing was stored.
        sqlite3.Error: the driver's own; see `faults`.
    """
    driver = _prepared(connection)
    heads = _all_heads(driver, batch, heads)
    parts = [part_of(append, heads) for append in batch]
    try:
        if sum(len(part.checksums) for part in parts) <= AT_ONCE:
            _append(driver, [row for part in parts for row in _rows(part)])
        else:
            _append_many(driver, parts)
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_TRIGGER:
            raise VersionConflict from None
        raise
    return [part.checksums for part in parts]


def _prepared(connection: Connection) -> sqlite3.Connection:
    """The driver's connection, with the view and its triggers, which it keeps for as long as it is
    open."""
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    if _VIEW not in connection.info:
        for statement in (_VIEW, _ADVANCE_DOCUMENT, _STORE_OPERATION):
            driver.execute(statement).close()
        connection.info[_VIEW] = True
    return driver


def _all_heads(
    driver: sqlite3.Connection, batch: Sequence[Append], known: Mapping[int, int | None]
) -> Mapping[int, int | None]:
    unknown = [append.key for append in batch if append.key not in known]
    if not unknown:
        return known
    marks = ", ".join("?" * len(unknown))
    found = driver.execute(f"SELECT id, checksum FROM documents WHERE id IN ({marks})", unknown)
    return {**known, **dict(found.fetchall())}


def _rows(part: Part) -> Iterator[Row]:
    advance = _advance(part)
    for operation in _operations(part):
        yield operation + advance
        advance = _NO_ADVANCE


def _advance(part: Part) -> Row:
    append, previous, checksums = part
    end = append.version + len(checksums)
    now = append.operations[-1].created_at
    return (append.epoch, append.version, previous, end, checksums[-1], now)


def _operations(part: Part) -> Iterator[Row]:
    append = part.append
    for record, checksum in zip(append.operations, part.checksums, strict=True):
        yield (append.key, *astuple(record)[:-1], checksum)


def _append(driver: sqlite3.Connection, rows: Sequence[Row]) -> None:
    driver.execute(_APPEND[len(rows)], tuple(chain(*rows)))


def _append_many(driver: sqlite3.Connection, parts: Sequence[Part]) -> None:
    advances = [(part.append.key, *_NO_OPERATION, *_advance(part)) for part in parts]
    operations = [row for part in parts for row in _operations(part)]
    driver.execute("BEGIN IMMEDIATE")
    try:
        for begin in range(0, len(advances), AT_ONCE):
            _append(driver, advances[begin : begin + AT_ONCE])
        begin = 0
        for size in _SIZES:
            while len(operations) - begin >= size:
                rows = operations[begin : begin + size]
                driver.execute(_INSERT[size], tuple(chain(*rows)))
                begin += size
        driver.execute("COMMIT")
    except BaseException:
        if driver.in_transaction:
            driver.execute("ROLLBACK")
        raise
