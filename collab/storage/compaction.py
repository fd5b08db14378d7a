"""Transactions that let the beginning of a document's log go, a part at a time.

What is kept of an operation is its identity, and of all of them together the snapshot that the rest
of the log begins with. A part is small enough for editors not to notice that it is written.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, select, update

from . import tables
from .compacted_edits import CompactedEdit, add_identities
from .snapshots import add_snapshot

__all__ = ["PART_OPERATIONS", "Droppable", "compact_part", "droppable"]

PART_OPERATIONS = 5000

_documents = tables.documents.c
_operations = tables.operations.c
_snapshots = tables.snapshots.c


class Droppable(NamedTuple):
    """What a document can do without: the operations up to `version`, and what their texts take."""

    version: int
    operations: int
    bytes: int


def droppable(
    connection: Connection, key: int, keep_operations: int | None, keep_after: float | None
) -> Droppable | None:
    """What may go; None if that is nothing.

    Args:
        keep_operations: so many of the newest stay; None for any number.
        keep_after: what is younger stays (seconds since the epoch, UTC); None for any age.
    """
    document = connection.execute(
        select(_documents.version, _documents.compacted_version).where(_documents.id == key)
    ).one_or_none()
    if document is None:
        return None
    version = document.version
    if keep_operations is not None:
        version = min(version, document.version - keep_operations)
    if keep_after is not None:
        young = select(func.min(_operations.version)).where(
            _operations.document_id == key, _operations.created_at >= keep_after
        )
        first = connection.scalar(young)
        version = version if first is None else min(version, first - 1)
    if version <= document.compacted_version:
        return None
    dropped = connection.execute(
        select(func.count(), func.sum(func.length(_operations.operation))).where(
            _operations.document_id == key, _operations.version <= version
        )
    ).one()
    return Droppable(version, int(dropped[0]), int(dropped[1] or 0))


def compact_part(
    connection: Connection, key: int, epoch: str, version: int, content: str
) -> int | None:
    """Let up to 5000 operations go, of those up to `version`.

    Args:
        content: the content (JSON text) at `version`.

    Returns:
        The version that the log begins after now; None if there is no such document.
    """
    query: Select[Any] = select(_documents.compacted_version, _documents.version)
    of_document = (_documents.id == key, _documents.epoch == epoch)
    document = connection.execute(query.where(*of_document)).one_or_none()
    if document is None or document.version < version:
        return None
    if document.compacted_version >= version:
        return int(document.compacted_version)
    reached: int = min(version, document.compacted_version + PART_OPERATIONS)
    part = (_operations.document_id == key, _operations.version <= reached)
    add_identities(connection, key, _identities(connection, part))
    last = select(_operations.checksum).where(
        _operations.document_id == key, _operations.version == reached
    )
    connection.execute(
        update(tables.documents)
        .where(_documents.id == key)
        .values(compacted_version=reached, compacted_checksum=last.scalar_subquery())
    )
    connection.execute(delete(tables.operations).where(*part))
    # In every part: a server that stores snapshots meanwhile lets the older ones go.
    here = (_snapshots.document_id == key, _snapshots.version == version)
    if connection.scalar(select(func.count()).select_from(tables.snapshots).where(*here)) == 0:
        add_snapshot(connection, key, version, content)
    connection.execute(
        delete(tables.snapshots).where(_snapshots.document_id == key, _snapshots.version < reached)
    )
    return reached


def _identities(connection: Connection, part: Any) -> list[CompactedEdit]:
    query: Select[Any] = select(
        _operations.version,
        _operations.client_id,
        _operations.client_edit_id,
        _operations.user_id,
        _operations.fingerprint,
    )
    return [
        CompactedEdit(*row)
        for row in connection.execute(query.where(*part).order_by(_operations.version))
    ]
