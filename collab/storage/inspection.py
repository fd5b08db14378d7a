"""Transactions that look at what is stored as it is, damaged or not: nothing is raised for damage.

Text that is none comes with the bytes that are wrong as lone surrogates (PEP 383), which no sound
row holds.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, func, select, text

from . import tables
from .compacted_edits import count_damaged_identities
from .documents import DOCUMENT_COLUMNS
from .operation_log import OPERATION_COLUMNS
from .records import DocumentRecord, OperationRecord
from .snapshots import read_snapshot, snapshot_is_sound

__all__ = [
    "StoredDocument",
    "StoredOperation",
    "StoredSnapshot",
    "database_problems",
    "inspect_document",
    "inspect_keys",
    "inspect_operations",
    "inspect_snapshot",
]

MAX_PROBLEMS = 100

_documents = tables.documents.c
_operations = tables.operations.c
_snapshots = tables.snapshots.c


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document's row, and what else there is of it.

    `checksum` and `compacted_checksum` are of the operations that made the newest version and the
    one that the log begins after; `newest_operation` is the highest version in the log, None if it
    is empty; `snapshots` are versions, ascending.
    """

    record: DocumentRecord
    checksum: int | None
    compacted_checksum: int | None
    newest_operation: int | None
    snapshots: tuple[int, ...]
    damaged_identities: int


@dataclass(frozen=True, slots=True)
class StoredOperation:
    record: OperationRecord
    checksum: int | None


@dataclass(frozen=True, slots=True)
class StoredSnapshot:
    """`content` is JSON text in UTF-8, if it is sound."""

    version: int
    content: bytes
    is_sound: bool


def inspect_keys(connection: Connection, after: int, limit: int) -> list[int]:
    """The keys of at most `limit` documents above `after`, ascending."""
    query = select(_documents.id).where(_documents.id > after).order_by(_documents.id)
    return list(connection.scalars(query.limit(limit)))


def inspect_document(connection: Connection, key: int) -> StoredDocument | None:
    query: Select[Any] = select(*DOCUMENT_COLUMNS, _documents.compacted_checksum)
    with _any_text(connection):
        row = connection.execute(query.where(_documents.id == key)).one_or_none()
        if row is None:
            return None
        newest = connection.scalar(
            select(func.max(_operations.version)).where(_operations.document_id == key)
        )
        versions = connection.scalars(
            select(_snapshots.version)
            .where(_snapshots.document_id == key)
            .order_by(_snapshots.version)
        )
        *values, compacted_checksum = row
        record = DocumentRecord(*values)
        return StoredDocument(
            record,
            record.checksum,
            compacted_checksum,
            newest,
            tuple(versions),
            count_damaged_identities(connection, key),
        )


def inspect_operations(
    connection: Connection, key: int, after: int, limit: int
) -> list[StoredOperation]:
    """At most `limit` operations of versions above `after`, ascending."""
    query: Select[Any] = select(*OPERATION_COLUMNS)
    page = query.where(_operations.document_id == key, _operations.version > after)
    with _any_text(connection):
        rows = connection.execute(page.order_by(_operations.version).limit(limit)).all()
    return [StoredOperation(OperationRecord(*row), row.checksum) for row in rows]


def inspect_snapshot(connection: Connection, key: int, version: int) -> StoredSnapshot | None:
    row = read_snapshot(connection, key, version)
    if row is None:
        return None
    return StoredSnapshot(row.version, row.content, snapshot_is_sound(key, row))


def database_problems(connection: Connection) -> list[str]:
    """What the database itself finds wrong with its file; nothing where it can't be asked."""
    if connection.dialect.name != "sqlite":
        return []
    found = [
        str(line)
        for line in connection.scalars(text(f"PRAGMA integrity_check({MAX_PROBLEMS})"))
        if line != "ok"
    ]
    strays: dict[str, int] = {}
    for row in connection.execute(text("PRAGMA foreign_key_check")):
        strays[row[0]] = strays.get(row[0], 0) + 1
    found += [f"{count} rows of {table} belong to no document" for table, count in strays.items()]
    return found


@contextlib.contextmanager
def _any_text(connection: Connection) -> Iterator[None]:
    """Have SQLite's driver take text that is none."""
    if connection.dialect.name != "sqlite":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.text_factory = _decode
    try:
        yield
    finally:
        driver.text_factory = str


def _decode(data: bytes) -> str:
    return data.decode(errors="surrogateescape")
