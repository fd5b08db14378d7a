"""Transactions on tombstones: the ids of deleted documents."""

from __future__ import annotations

import time

from sqlalchemy import Connection, delete, insert, select

from . import tables
from .records import DocumentRecord

__all__ = ["add_tombstone", "has_tombstone", "purge_tombstones", "remove_tombstone"]

_tombstones = tables.tombstones.c


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


def has_tombstone(connection: Connection, doc_id: str) -> bool:
    query = select(_tombstones.doc_id).where(_tombstones.doc_id == doc_id)
    return connection.scalar(query) is not None


def remove_tombstone(connection: Connection, doc_id: str) -> None:
    connection.execute(delete(tables.tombstones).where(_tombstones.doc_id == doc_id))


def purge_tombstones(connection: Connection, before: float) -> int:
    """Forget who was deleted before then; how many that were."""
    return connection.execute(
        delete(tables.tombstones).where(_tombstones.deleted_at < before)
    ).rowcount
