"""Transactions on snapshots."""

from __future__ import annotations

import time

from sqlalchemy import Connection, insert, select

from . import tables
from .records import SnapshotRecord

__all__ = ["add_snapshot", "latest_snapshot"]

_snapshots = tables.snapshots.c


def latest_snapshot(connection: Connection, key: int, at_most: int | None) -> SnapshotRecord | None:
    query = select(_snapshots.version, _snapshots.content).where(_snapshots.document_id == key)
    if at_most is not None:
        query = query.where(_snapshots.version <= at_most)
    row = connection.execute(query.order_by(_snapshots.version.desc()).limit(1)).one_or_none()
    return None if row is None else SnapshotRecord(*row)


def add_snapshot(connection: Connection, key: int, version: int, content: str) -> None:
    """Raises IntegrityError if there is one of this version, or no such document."""
    connection.execute(
        insert(tables.snapshots),
        {"document_id": key, "version": version, "content": content, "created_at": time.time()},
    )
