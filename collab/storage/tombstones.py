"""Transactions on tombstones: the ids of deleted documents."""

from __future__ import annotations

import time

from sqlalchemy import Connection, bindparam, delete, insert, select

from . import tables
from .queries import Query
from .records import DocumentRecord

__all__ = [
    "add_tombstone",
    "deleted_by",
    "forget_tombstones",
    "has_tombstone",
    "purge_tombstones",
    "remove_tombstone",
]

FORGOTTEN_AT_ONCE = 1000

_tombstones = tables.tombstones.c
_BY_ID = Query(select(_tombstones.user_id).where(_tombstones.doc_id == bindparam("doc_id")))


def add_tombstone(connection: Connection, document: DocumentRecord, user_id: str) -> None:
    remove_tombstone(connection, document.doc_id)
    connection.execute(
        insert(tables.tombstones),
        {
            "doc_id": document.doc_id,
            "epoch": document.epoch,
            "user_id": user_id,
            "deleted_at": time.time(),
        },
    )


def deleted_by(connection: Connection, doc_id: str) -> str | None:
    """The user who deleted the document of this id; None if there is no tombstone."""
    row = _BY_ID.first(connection, doc_id=doc_id)
    return None if row is None else str(row[0])


def has_tombstone(connection: Connection, doc_id: str) -> bool:
    return deleted_by(connection, doc_id) is not None


def remove_tombstone(connection: Connection, doc_id: str) -> None:
    connection.execute(delete(tables.tombstones).where(_tombstones.doc_id == doc_id))


def forget_tombstones(connection: Connection, before: float) -> None:
    """Forget up to 1000 of those who were deleted before then, the oldest first: few enough for
    nobody to wait, and many more than come."""
    oldest = (
        select(_tombstones.doc_id)
        .where(_tombstones.deleted_at < before)
        .order_by(_tombstones.deleted_at)
        .limit(FORGOTTEN_AT_ONCE)
    )
    connection.execute(
        delete(tables.tombstones).where(_tombstones.doc_id.in_(oldest.scalar_subquery()))
    )


def purge_tombstones(connection: Connection, before: float) -> int:
    """Forget who was deleted before then; how many that were."""
    return connection.execute(
        delete(tables.tombstones).where(_tombstones.deleted_at < before)
    ).rowcount
