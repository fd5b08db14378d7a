"""Transactions that read a document's operations back, each one checked against its checksum."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, CursorResult, Row, Select, select

from ..errors import DocumentDamaged
from . import tables
from .checksums import operation_checksum
from .identities import client_of_identities, find_identity
from .records import ClientRecord, OperationRecord

__all__ = ["find_client", "find_edit", "operations_after", "verified"]

# A page is not held in memory whole however large its operations are.
PAGE_BYTES = 1_048_576

logger = logging.getLogger(__name__)

_operations = tables.operations.c
_documents = tables.documents.c
_ALL: Select[Any] = select(
    _operations.version,
    _operations.operation,
    _operations.client_id,
    _operations.client_edit_id,
    _operations.user_id,
    _operations.fingerprint,
    _operations.created_at,
    _operations.checksum,
)


def operations_after(
    connection: Connection, key: int, version: int, limit: int
) -> list[OperationRecord]:
    """At most `limit` operations after `version`, in order; none if those are no longer kept, fewer
    where they are large.

    Raises:
        DocumentDamaged: they are not what was stored.
    """
    # The one before them comes with them: their chain goes on from its checksum.
    rows = _page(
        connection.execute(
            _ALL.where(_operations.document_id == key, _operations.version >= version)
            .order_by(_operations.version)
            .limit(limit + 1)
        )
    )
    if rows and rows[0].version == version:
        return verified(key, version, rows[0].checksum, rows[1:])
    if not rows:
        return []
    begin = _log_begin(connection, key)
    if begin is None or version < begin.compacted_version:
        return []
    previous = begin.compacted_checksum if version == begin.compacted_version else None
    return verified(key, version, previous, rows[:limit])


def _page(result: CursorResult[Any]) -> list[Row[Any]]:
    """The first rows, at least two if there are, up to `PAGE_BYTES` of operations."""
    rows: list[Row[Any]] = []
    size = 0
    for row in result:
        rows.append(row)
        size += len(row.operation)
        if size >= PAGE_BYTES and len(rows) > 1:
            result.close()
            break
    return rows


def _log_begin(connection: Connection, key: int) -> Row[Any] | None:
    query: Select[Any] = select(_documents.compacted_version, _documents.compacted_checksum)
    return connection.execute(query.where(_documents.id == key)).one_or_none()


def verified(
    key: int, version: int, previous: int | None, rows: Iterable[Row[Any]]
) -> list[OperationRecord]:
    """The operations of these rows, if they are what was stored after `version`.

    Args:
        previous: the checksum of the operation that made `version`.

    Raises:
        DocumentDamaged: one is missing, or is not what its checksum says.
    """
    records = []
    for row in rows:
        version += 1
        values: tuple[Any, ...] = tuple(row)
        record, checksum = OperationRecord(*values[:-1]), values[-1]
        if record.version != version:
            raise _damaged(key, f"operation {version} is missing")
        # Rows of the time before there were checksums have none, and only the first may be such.
        if checksum is None:
            is_sound = previous is None
        else:
            is_sound = checksum == operation_checksum(previous, key, record)
        if not is_sound:
            raise _damaged(key, f"operation {version} or the one before it was changed")
        previous = checksum
        records.append(record)
    return records


def _damaged(key: int, what: str) -> DocumentDamaged:
    logger.error("document key %d is damaged: %s", key, what)
    return DocumentDamaged(f"the document is damaged: {what}; `collab check` tells more")


def find_client(connection: Connection, key: int, client_id: str) -> ClientRecord | None:
    """A few lookups in indexes of (document, client, edit), however many edits there are."""
    edits: Select[Any] = (
        select(_operations.user_id, _operations.client_edit_id, _operations.version)
        .where(_operations.document_id == key, _operations.client_id == client_id)
        .limit(1)
    )
    newest = connection.execute(edits.order_by(_operations.client_edit_id.desc())).one_or_none()
    if newest is None:
        return client_of_identities(connection, key, client_id)
    first = connection.execute(edits.order_by(_operations.client_edit_id)).one()
    return ClientRecord(client_id, first.user_id, newest.client_edit_id, newest.version)


def find_edit(
    connection: Connection, key: int, client_id: str, client_edit_id: int
) -> OperationRecord | None:
    """The operation that an edit became; where that is compacted, `operation` is "null"."""
    row = connection.execute(
        _ALL.where(
            _operations.document_id == key,
            _operations.client_id == client_id,
            _operations.client_edit_id == client_edit_id,
        )
    ).one_or_none()
    if row is not None:
        values: tuple[Any, ...] = tuple(row)
        return OperationRecord(*values[:-1])
    kept = find_identity(connection, key, client_id, client_edit_id)
    if kept is None:
        return None
    return OperationRecord(
        version=kept.version,
        operation="null",
        client_id=client_id,
        client_edit_id=client_edit_id,
        user_id=kept.user_id,
        fingerprint=kept.fingerprint,
        created_at=0.0,
    )
