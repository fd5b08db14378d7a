"""Transactions that append operations to several documents at once.

The order of a document's operations is settled here: its version is compared and set in the same
transaction that inserts them, and so is the checksum at the end of their chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import BigInteger, Connection, bindparam, insert, select, update

from . import tables
from .checksums import chain
from .records import Append
from .rows import BulkStatement

__all__ = ["Missed", "append_each", "append_together"]

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

# The same two for SQLite, whose driver's own SQL costs a third of the above.
_SQLITE_INSERT = BulkStatement(
    "INSERT INTO operations (document_id, version, operation, client_id, client_edit_id, user_id, "
    "fingerprint, created_at, checksum) VALUES {rows}",
    columns=9,
)
_SQLITE_ADVANCE = BulkStatement(
    "UPDATE documents SET version = given.column4, updated_at = given.column5, "
    "checksum = given.column7 "
    "FROM (VALUES {rows}) AS given WHERE documents.id = given.column1 "
    "AND documents.epoch = given.column2 AND documents.version = given.column3 "
    "AND documents.checksum IS given.column6",
    columns=7,
)


class Missed(Exception):
    """An append of a batch found its document elsewhere: the transaction must be undone."""


class _Part(NamedTuple):
    """An append, the checksum that it builds on, and those of its operations."""

    append: Append
    previous: int | None
    checksums: list[int]


def append_each(
    connection: Connection, batch: Sequence[Append], heads: Mapping[int, int | None]
) -> list[int | None]:
    """Store each append whose document is still at its version.

    Args:
        heads: by document key, the checksums of the newest operations, as far as they are known.

    Returns:
        For each append, the checksum of its last operation; None if it was not stored.
    """
    heads = _all_heads(connection, batch, heads)
    stored: list[int | None] = []
    for append in batch:
        part = _part(append, heads)
        hit = _advance(connection, [part]) == 1
        if hit:
            _insert(connection, [part])
            heads[append.key] = part.checksums[-1]
        stored.append(part.checksums[-1] if hit else None)
    return stored


def append_together(
    connection: Connection, batch: Sequence[Append], heads: Mapping[int, int | None]
) -> list[int | None]:
    """The same in few statements.

    Raises:
        Missed: not all of them could be stored.
    """
    heads = _all_heads(connection, batch, heads)
    parts = [_part(append, heads) for append in batch]
    if _advance(connection, parts) != len(parts):
        raise Missed
    _insert(connection, parts)
    return [part.checksums[-1] for part in parts]


def _all_heads(
    connection: Connection, batch: Sequence[Append], known: Mapping[int, int | None]
) -> dict[int, int | None]:
    heads = dict(known)
    unknown = [append.key for append in batch if append.key not in heads]
    if unknown:
        query = select(_documents.id, _documents.checksum).where(_documents.id.in_(unknown))
        heads.update((row.id, row.checksum) for row in connection.execute(query))
    return heads


def _part(append: Append, heads: Mapping[int, int | None]) -> _Part:
    previous = heads.get(append.key)
    return _Part(append, previous, chain(previous, append.key, append.operations))


def _advance(connection: Connection, parts: Sequence[_Part]) -> int:
    rows = [_advance_row(part) for part in parts]
    if connection.dialect.name == "sqlite":
        return _SQLITE_ADVANCE.run(connection, rows)
    names = (
        "key",
        "of_epoch",
        "from_version",
        "to_version",
        "now",
        "from_checksum",
        "to_checksum",
    )
    return connection.execute(
        _ADVANCE, [dict(zip(names, row, strict=True)) for row in rows]
    ).rowcount


def _advance_row(part: _Part) -> tuple[int, str, int, int, float, int | None, int]:
    append, previous, checksums = part
    version = append.version
    for record in append.operations:
        version += 1
        if record.version != version:
            raise ValueError(f"got an operation of version {record.version}, expected {version}")
    now = append.operations[-1].created_at
    return append.key, append.epoch, append.version, version, now, previous, checksums[-1]


def _insert(connection: Connection, parts: Sequence[_Part]) -> None:
    rows = [
        (
            part.append.key,
            record.version,
            record.operation,
            record.client_id,
            record.client_edit_id,
            record.user_id,
            record.fingerprint,
            record.created_at,
            checksum,
        )
        for part in parts
        for record, checksum in zip(part.append.operations, part.checksums, strict=True)
    ]
    if connection.dialect.name == "sqlite":
        _SQLITE_INSERT.run(connection, rows)
    else:
        names = [column.name for column in tables.operations.columns]
        connection.execute(_INSERT, [dict(zip(names, row, strict=True)) for row in rows])
