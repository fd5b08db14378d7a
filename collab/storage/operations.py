"""Transactions on operations: append to several documents at once, read back.

The order of a document's operations is settled here: its version is compared and set in the same
transaction that inserts them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from . import tables
from .records import Append, ClientRecord, OperationRecord

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


def append_each(connection: Connection, batch: Sequence[Append]) -> list[bool]:
    """Store each append whose document is still at its version; say which were."""
    stored = [connection.execute(_ADVANCE, _advance(append)).rowcount == 1 for append in batch]
    _insert(connection, [append for append, hit in zip(batch, stored, strict=True) if hit])
    return stored


def append_together(connection: Connection, batch: Sequence[Append]) -> bool:
    """The same in two statements. False if one of them missed: the transaction must be undone."""
    advanced = connection.execute(_ADVANCE, [_advance(append) for append in batch])
    if advanced.rowcount != len(batch):
        return False
    _insert(connection, batch)
    return True


def _advance(append: Append) -> dict[str, Any]:
    for version, record in enumerate(append.operations, append.version + 1):
        if record.version != version:
            raise ValueError(f"got an operation of version {record.version}, expected {version}")
    return {
        "key": append.key,
        "of_epoch": append.epoch,
        "from_version": append.version,
        "to_version": append.version + len(append.operations),
        "now": append.operations[-1].created_at,
    }


def _insert(connection: Connection, batch: Sequence[Append]) -> None:
    rows = [
        {
            "document_id": append.key,
            "version": record.version,
            "operation": record.operation,
            "client_id": record.client_id,
            "client_edit_id": record.client_edit_id,
            "user_id": record.user_id,
            "fingerprint": record.fingerprint,
            "created_at": record.created_at,
        }
        for append in batch
        for record in append.operations
    ]
    if rows:
        connection.execute(_INSERT, rows)


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
