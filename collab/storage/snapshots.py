"""Transactions on snapshots: each is read back only if it is what was stored."""

from __future__ import annotations

import contextlib
import itertools
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import (
    Connection,
    LargeBinary,
    Select,
    bindparam,
    cast,
    delete,
    func,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from ..errors import StorageUnavailable
from . import tables
from .checksums import snapshot_checksum
from .database import Database
from .queries import Query
from .records import SnapshotRecord

__all__ = [
    "DAMAGED_KEPT",
    "DatabaseSnapshots",
    "SnapshotDamaged",
    "Spacing",
    "add_snapshot",
    "latest_snapshot",
    "prune_snapshots",
    "purge_damaged",
    "read_snapshot",
    "set_aside_snapshot",
    "snapshot_is_sound",
]

logger = logging.getLogger(__name__)

T = TypeVar("T")

DAMAGED_KEPT = 10
"""So many snapshots that were set aside are kept of one document."""

THINNED = 100

UNSPACED = 2**53
"""More operations than any document has."""

_snapshots = tables.snapshots.c
_damaged = tables.damaged_snapshots.c


def _newest(content: Any) -> Select[Any]:
    """The newest one of version `at_most` or below."""
    return (
        select(_snapshots.version, content, _snapshots.checksum)
        .where(
            _snapshots.document_id == bindparam("key"),
            _snapshots.version <= bindparam("at_most"),
        )
        .order_by(_snapshots.version.desc())
        .limit(1)
    )


# As bytes: what a disk has damaged need not be text any more.
_NEWEST = Query(
    _newest(func.convert_to(_snapshots.content, "UTF8", type_=LargeBinary)),
    on_sqlite=_newest(cast(_snapshots.content, LargeBinary)),
)
# No document has a higher one.
_ANY = 2**63 - 1


class _Stored(NamedTuple):
    """A snapshot as it is stored, damaged or not."""

    version: int
    content: bytes
    checksum: int | None


class SnapshotDamaged(Exception):
    """The newest snapshot that was asked for is not what was stored."""

    def __init__(self, key: int, version: int) -> None:
        super().__init__(f"the snapshot of version {version} is damaged")
        self.key = key
        self.version = version


def latest_snapshot(connection: Connection, key: int, at_most: int | None) -> SnapshotRecord | None:
    """The newest one, of version `at_most` or below if given.

    Raises:
        SnapshotDamaged: it is not what was stored.
    """
    row = _read(connection, key, _ANY if at_most is None else at_most)
    if row is None:
        return None
    if not snapshot_is_sound(key, row):
        raise SnapshotDamaged(key, row.version)
    return SnapshotRecord(row.version, row.content.decode())


class Spacing(NamedTuple):
    """How far the older snapshots of a document may lie apart: `operations`, or so many that they
    take no more than `bytes_per_operation`."""

    operations: int
    bytes_per_operation: int

    def of(self, size: int) -> int:
        """In operations, of a content of so many bytes."""
        return max(self.operations, size // self.bytes_per_operation)


def add_snapshot(
    connection: Connection,
    key: int,
    version: int,
    content: str,
    kept: int | None = None,
    spacing: int = 0,
) -> None:
    """Store a snapshot, and let go what `prune_snapshots` says; nothing without `kept`.

    Raises IntegrityError if there is one of this version, or no such document.
    """
    connection.execute(
        insert(tables.snapshots),
        {
            "document_id": key,
            "version": version,
            "content": content,
            "created_at": time.time(),
            "checksum": snapshot_checksum(key, version, content.encode()),
        },
    )
    if kept is not None:
        prune_snapshots(connection, key, kept, spacing)


def prune_snapshots(connection: Connection, key: int, kept: int, spacing: int = 0) -> int:
    """Of all but the newest `kept`, delete as many as can go so that each version is at most
    `spacing` operations after a snapshot, or the beginning of the log; returns how many.

    With a spacing of 0 all go. What the log begins with stays. Bound: the newest 100 of the older
    ones are looked at, since those before them were thinned before.
    """
    of_document = _snapshots.document_id == key
    newest = select(_snapshots.version).where(of_document).order_by(_snapshots.version.desc())
    oldest_kept = connection.scalar(newest.offset(kept - 1).limit(1))
    if oldest_kept is None:
        return 0
    begin = connection.scalar(
        select(tables.documents.c.compacted_version).where(tables.documents.c.id == key)
    )
    older = list(connection.scalars(newest.where(_snapshots.version < oldest_kept).limit(THINNED)))
    previous = older.pop() if len(older) == THINNED and spacing else begin
    dropped = []
    for following, version in reversed(list(itertools.pairwise([oldest_kept, *older]))):
        if version != begin and (not spacing or following - previous <= spacing):
            dropped.append(version)
        else:
            previous = version
    if not dropped:
        return 0
    return connection.execute(
        delete(tables.snapshots).where(of_document, _snapshots.version.in_(dropped))
    ).rowcount


def purge_damaged(connection: Connection, before: float) -> int:
    """Delete the snapshots that were set aside before then; how many that were."""
    return connection.execute(
        delete(tables.damaged_snapshots).where(_damaged.found_at < before)
    ).rowcount


def read_snapshot(connection: Connection, key: int, version: int) -> _Stored | None:
    """The one of this version as it is stored."""
    row = _read(connection, key, version)
    return row if row is not None and row.version == version else None


def _read(connection: Connection, key: int, at_most: int) -> _Stored | None:
    row = _NEWEST.first(connection, key=key, at_most=at_most)
    return None if row is None else _Stored(*row)


def set_aside_snapshot(
    connection: Connection, key: int, version: int, *, though_sound: bool = False
) -> bool:
    """Move a damaged snapshot to where nobody opens it. False if it is sound, or gone.

    Bound: of one document, the newest 10 stay there.
    """
    row = read_snapshot(connection, key, version)
    if row is None or (snapshot_is_sound(key, row) and not though_sound):
        return False
    connection.execute(
        insert(tables.damaged_snapshots),
        {
            "document_id": key,
            "version": version,
            "content": row.content,
            "checksum": row.checksum,
            "found_at": time.time(),
        },
    )
    connection.execute(
        delete(tables.snapshots).where(_snapshots.document_id == key, _snapshots.version == version)
    )
    newest = select(_damaged.id).where(_damaged.document_id == key).order_by(_damaged.id.desc())
    oldest_kept = connection.scalar(newest.offset(DAMAGED_KEPT - 1).limit(1))
    if oldest_kept is not None:
        connection.execute(
            delete(tables.damaged_snapshots).where(
                _damaged.document_id == key, _damaged.id < oldest_kept
            )
        )
    return True


def snapshot_is_sound(key: int, row: _Stored) -> bool:
    """Whether a row of `read_snapshot` is what was stored, as far as its checksum tells."""
    if row.checksum is not None:
        return bool(row.checksum == snapshot_checksum(key, row.version, row.content))
    # Of the time before there were checksums.
    try:
        row.content.decode()
        msgspec.json.decode(row.content)
    except ValueError:
        return False
    return True


class DatabaseSnapshots:
    """See `store.Snapshots`.

    Args:
        kept: this many of a document's newest snapshots are kept; None for all.
        spacing: how far the older ones may lie apart; None where none are kept.
    """

    def __init__(self, database: Database, kept: int | None, spacing: Spacing | None) -> None:
        self._database = database
        self._kept = kept
        self._spacing = spacing

    async def latest(self, key: int, at_most: int | None = None) -> SnapshotRecord | None:
        return await self.past_damage(latest_snapshot, key, at_most=at_most)

    async def past_damage(
        self, read: Callable[..., T], *args: Any, at_most: int | None = None
    ) -> T:
        """What `read` finds when damaged snapshots are set aside, one after the other."""
        while True:
            try:
                return await self._database.read(read, *args, at_most)
            except SnapshotDamaged as damage:
                logger.error(
                    "document key %d: %s: it is set aside; the content is read from an earlier "
                    "snapshot and the operations after it",
                    damage.key,
                    damage,
                )
                at_most = damage.version - 1
                # Where nothing can be written, it is passed over all the same.
                with contextlib.suppress(StorageUnavailable):
                    await self._database.write(set_aside_snapshot, damage.key, damage.version)

    async def add(self, key: int, version: int, content: str) -> None:
        spacing = 0 if self._spacing is None else self._spacing.of(len(content))
        with contextlib.suppress(IntegrityError):
            await self._database.write(add_snapshot, key, version, content, self._kept, spacing)

    async def add_old(self, key: int, version: int, content: str) -> None:
        with contextlib.suppress(IntegrityError):
            await self._database.write(add_snapshot, key, version, content)

    def spacing(self, snapshot: SnapshotRecord | None) -> int:
        spacing = self._spacing or Spacing(UNSPACED, 1)
        return spacing.of(0 if snapshot is None else len(snapshot.content))
