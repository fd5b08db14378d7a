"""Transactions that append operations to several documents at once.

The order of a document's operations is settled here: its version is compared and set in the same
transaction that inserts them, and so is the checksum at the end of their chain.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from msgspec.structs import asdict
from sqlalchemy import BigInteger, Connection, bindparam, insert, select, update

from . import tables
from .checksums import chain
from .records import Append

__all__ = ["Part", "VersionConflict", "append_batch", "append_each", "log_refused", "part_of"]

logger = logging.getLogger(__name__)

_documents = tables.documents.c
_INSERT = insert(tables.operations)
_ADVANCE = (
    update(tables.documents)
    .where(
        _documents.id == bindparam("key"),
        _documents.epoch == bindparam("of_epoch"),
        _documents.version == bindparam("from_version"),
        _documents.checksum.is_not_distinct_from(bindparam("from_checksum", type_=BigInteger)),
    )
    .values(
        version=bindparam("to_version"),
        updated_at=bindparam("now"),
        checksum=bindparam("to_checksum"),
    )
)


class VersionConflict(Exception):
    """An append of a batch found its document elsewhere: the transaction must be undone."""


class Part(NamedTuple):
    """An append, the checksum that it builds on, and those of its operations."""

    append: Append
    previous: int | None
    checksums: list[int]


def append_each(
    connection: Connection, batch: Sequence[Append], heads: Mapping[int, int | None]
) -> list[list[int]]:
    """Store each append whose document is still at its version.

    Args:
        heads: by document key, the checksums of the newest operations, as far as they are known.

    Returns:
        For each append, the checksums of its operations; none if it was not stored.
    """
    heads = _all_heads(connection, batch, heads)
    stored: list[list[int]] = [[] for _ in batch]
    for number in _in_order(batch):
        part = part_of(batch[number], heads)
        if _advance(connection, [part]) == 1:
            _insert(connection, [part])
            heads[part.append.key] = part.checksums[-1]
            stored[number] = part.checksums
    return stored


def append_batch(
    connection: Connection, batch: Sequence[Append], heads: Mapping[int, int | None]
) -> list[list[int]]:
    """As `append_each`, in two statements where the driver can.

    Raises:
        VersionConflict: not all of them could be stored.
    """
    # Not every driver counts the rows of many updates in one statement.
    if len(batch) == 1 or not connection.dialect.supports_sane_multi_rowcount:
        return append_each(connection, batch, heads)
    heads = _all_heads(connection, batch, heads)
    parts = [part_of(append, heads) for append in batch]
    in_order = [parts[number] for number in _in_order(batch)]
    if _advance(connection, in_order) != len(parts):
        raise VersionConflict
    _insert(connection, in_order)
    return [part.checksums for part in parts]


def _in_order(batch: Sequence[Append]) -> list[int]:
    """The places of the appends in the batch, by their documents.

    Each locks its document's row until the commit. Two programs that append to the same documents
    in opposite orders would wait for each other.
    """
    return sorted(range(len(batch)), key=lambda number: batch[number].key)


def _all_heads(
    connection: Connection, batch: Sequence[Append], known: Mapping[int, int | None]
) -> dict[int, int | None]:
    heads = dict(known)
    unknown = [append.key for append in batch if append.key not in heads]
    if unknown:
        query = select(_documents.id, _documents.checksum).where(_documents.id.in_(unknown))
        heads.update((row.id, row.checksum) for row in connection.execute(query))
    return heads


def part_of(append: Append, heads: Mapping[int, int | None]) -> Part:
    """The part of a transaction that stores an append; `heads` has its document.

    Raises:
        ValueError: its operations don't follow each other.
    """
    for version, record in enumerate(append.operations, append.version + 1):
        if record.version != version:
            raise ValueError(f"got an operation of version {record.version}, expected {version}")
    previous = heads.get(append.key)
    return Part(append, previous, chain(previous, append.key, append.operations))


def log_refused(append: Append, error: Exception) -> None:
    """Say that this append was not stored, since the database refuses one of its rows."""
    # The error's own text would show what somebody wrote.
    kind = type(error).__name__
    logger.error("document key %d after %d: %s", append.key, append.version, kind)


def _advance(connection: Connection, parts: Sequence[Part]) -> int:
    rows = [
        {
            "key": append.key,
            "of_epoch": append.epoch,
            "from_version": append.version,
            "from_checksum": previous,
            "to_version": append.version + len(append.operations),
            "to_checksum": checksums[-1],
            "now": append.operations[-1].created_at,
        }
        for append, previous, checksums in parts
    ]
    return connection.execute(_ADVANCE, rows).rowcount


def _insert(connection: Connection, parts: Sequence[Part]) -> None:
    rows = [
        {"document_id": append.key, **asdict(record), "checksum": checksum}
        for append, _previous, checksums in parts
        for record, checksum in zip(append.operations, checksums, strict=True)
    ]
    connection.execute(_INSERT, rows)
