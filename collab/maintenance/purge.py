"""Removal of old tombstones of deleted documents and of old damaged snapshots."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from ..storage import Database
from ..storage.snapshots import purge_damaged
from ..storage.tombstones import purge_tombstones

__all__ = ["Purged", "purge"]


class Purged(NamedTuple):
    """The number of removed tombstones and of deleted damaged snapshots."""

    tombstones: int
    snapshots: int


async def purge(database: Database, before: float) -> Purged:
    """Remove tombstones and damaged snapshots older than `before`, in seconds since the epoch, UTC.

    Raises:
        StorageUnavailable: the database can't be written; nothing has changed.
    """

    def both(connection: Connection) -> Purged:
        return Purged(purge_tombstones(connection, before), purge_damaged(connection, before))

    return await database.write(both)
