"""Transactions on operations: append to several documents at once, read back.

The order of a document's operations is settled here: its version is compared and set in the same
transaction that inserts them.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, insert, select, update

from . import tables
from .records import Append, ClientRecord, OperationRecord
from .rows import BulkStatement

__all__ = ["append_each", "append_together", "find_client", "find_edit", "operations_after"]

_operations = tables.operations.c
_documents = tables.documents.c
_ALL = select(
    _operations.version,
    _operations.operation,
    _operations.client_id,
    _operations.client_edit_id,
    _operations.user_id,
    _operations.fingerprint,
    _operations.created_at,
)
_INSERT = insert(tables.operations)
_ADVANCE = (
    update(tables.documents)
    .where(
        _documents.id == bindparam("key"),
        _documents.epoch == bindparam("of_epoch"),
        _documents.version == bindparam("from_version"),
    )
    .values(version=bindparam("to_version"), updated_at=bindparam("now"))
)


# The same two for SQLite, whose driver's own SQL costs a third of the above.
_SQLITE_INSERT = BulkStatement(
    "INSERT INTO operations (document_id, version, operation, client_id, client_edit_id, user_id, "
    "fingerprint, created_at) VALUES {rows}",
    columns=8,
)
_SQLITE_ADVANCE = BulkStatement(
    "UPDATE documents SET version = given.column4, updated_at = given.column5 "
    "FROM (VALUES {rows}) AS given WHERE documents.id = given.column1 "
    "AND documents.epoch = given.column2 AND documents.version = given.column3",
    columns=5,
)


def append_each(connection: Connection, batch: Sequence[Append]) -> list[bool]:
    """Store each append whose document is still at its version; say which were."""
    stored = [_advance(connection, [append]) == 1 for append in batch]
    _insert(connection, [append for append, hit in zip(batch, stored, strict=True) if hit])
    return stored


def append_together(connection: Connection, batch: Sequence[Append]) -> bool:
    """The same in few statements. False if one of them missed: the transaction must be undone."""
    if _advance(connection, batch) != len(batch):
        return False
    _insert(connection, batch)
    return True


def _advance(connection: Connection, batch: Sequence[Append]) -> int:
    rows = [_advance_row(append) for append in batch]
    if connection.dialect.name == "sqlite":
        return _SQLITE_ADVANCE.run(connection, rows)
    names = ("key", "of_epoch", "from_version", "to_version", "now")
    return connection.execute(
        _ADVANCE, [dict(zip(names, row, strict=True)) for row in rows]
    ).rowcount


def _advance_row(append: Append) -> tuple[int, str, int, int, float]:
    version = append.version
    for record in append.operations:
        version += 1
        if record.version != version:
            raise ValueError(f"got an operation of version {record.version}, expected {version}")
    return append.key, append.epoch, append.version, version, append.operations[-1].created_at


def _insert(connection: Connection, batch: Sequence[Append]) -> None:
    rows = [
        (
            append.key,
            record.version,
            record.operation,
            record.client_id,
            record.client_edit_id,
            record.user_id,
            record.fingerprint,
            record.created_at,
        )
        for append in batch
        for record in append.operations
    ]
    if not rows:
        return
    if connection.dialect.name == "sqlite":
        _SQLITE_INSERT.run(connection, rows)
    else:
        names = [column.name for column in tables.operations.columns]
        connection.execute(_INSERT, [dict(zip(names, row, strict=True)) for row in rows])


def operations_after(
    connection: Connection, key: int, version: int, limit: int
) -> list[OperationRecord]:
    rows = connection.execute(
        _ALL.where(_operations.document_id == key, _operations.version > version)
        .order_by(_operations.version)
        .limit(limit)
    )
    return [OperationRecord(*row) for row in rows]


def find_client(connection: Connection, key: int, client_id: str) -> ClientRecord | None:
    """Two lookups in the index of (document, client, edit), however many edits there are."""
    edits = (
        select(_operations.user_id, _operations.client_edit_id, _operations.version)
        .where(_operations.document_id == key, _operations.client_id == client_id)
        .limit(1)
    )
    newest = connection.execute(edits.order_by(_operations.client_edit_id.desc())).one_or_none()
    if newest is None:
        return None
    first = connection.execute(edits.order_by(_operations.client_edit_id)).one()
    return ClientRecord(client_id, first.user_id, newest.client_edit_id, newest.version)


def find_edit(
    connection: Connection, key: int, client_id: str, client_edit_id: int
) -> OperationRecord | None:
    row = connection.execute(
        _ALL.where(
            _operations.document_id == key,
            _operations.client_id == client_id,
            _operations.client_edit_id == client_edit_id,
        )
    ).one_or_none()
    return None if row is None else OperationRecord(*row)
