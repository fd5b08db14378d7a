"""What is kept of operations that are compacted: which edit of which client made which version.

So an edit that is sent again years later is still recognised. Consecutive edits of one client share
a row, 24 bytes for each: the version that it made, and its fingerprint.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, insert, select

from . import tables
from .queries import Query
from .records import ClientRecord

__all__ = [
    "EDITS_PER_ROW",
    "CompactedEdit",
    "add_identities",
    "client_of_identities",
    "count_damaged_identities",
    "find_identity",
]

EDITS_PER_ROW = 1000

# Version, and the 16 bytes of a fingerprint.
_EDIT = struct.Struct(">q16s")

_identities = tables.identities.c
_ALL: Select[Any] = select(
    _identities.first_edit_id,
    _identities.last_edit_id,
    _identities.last_version,
    _identities.user_id,
    _identities.edits,
    _identities.checksum,
    _identities.client_id,
)
_NEWEST = Query(
    _ALL.where(
        _identities.document_id == bindparam("key"),
        _identities.client_id == bindparam("client_id"),
        _identities.first_edit_id <= bindparam("at_most"),
    )
    .order_by(_identities.first_edit_id.desc())
    .limit(1)
)
# No edit has a higher id.
_ANY = 2**63 - 1


class _Stored(NamedTuple):
    """A row, as `_ALL` selects it."""

    first_edit_id: int
    last_edit_id: int
    last_version: int
    user_id: str
    edits: bytes
    checksum: int
    client_id: str


class CompactedEdit(NamedTuple):
    """Of an edit; `fingerprint` is 32 hex digits."""

    version: int
    client_id: str
    client_edit_id: int
    user_id: str
    fingerprint: str


def client_of_identities(connection: Connection, key: int, client_id: str) -> ClientRecord | None:
    """The client as far as its edits are compacted."""
    row = _newest(connection, key, client_id)
    if row is None:
        return None
    return ClientRecord(client_id, row.user_id, row.last_edit_id, row.last_version)


def find_identity(
    connection: Connection, key: int, client_id: str, client_edit_id: int
) -> CompactedEdit | None:
    row = _newest(connection, key, client_id, client_edit_id)
    if row is None or client_edit_id > row.last_edit_id:
        return None
    place = (client_edit_id - row.first_edit_id) * _EDIT.size
    version, fingerprint = _EDIT.unpack_from(row.edits, place)
    return CompactedEdit(version, client_id, client_edit_id, row.user_id, fingerprint.hex())


def add_identities(connection: Connection, key: int, edits: Iterable[CompactedEdit]) -> None:
    """Keep these edits; each client's in the order of their ids."""
    by_client: dict[str, list[CompactedEdit]] = {}
    for edit in edits:
        by_client.setdefault(edit.client_id, []).append(edit)
    rows = []
    for client_id, theirs in by_client.items():
        packed = b""
        first_id = theirs[0].client_edit_id
        newest = _newest(connection, key, client_id)
        if newest is not None and _goes_on(newest, theirs):
            connection.execute(
                delete(tables.identities).where(
                    _identities.document_id == key,
                    _identities.client_id == client_id,
                    _identities.first_edit_id == newest.first_edit_id,
                )
            )
            packed, first_id = newest.edits, newest.first_edit_id
        rows += list(_rows(key, first_id, packed, theirs))
    if rows:
        connection.execute(insert(tables.identities), rows)


def _goes_on(row: _Stored, edits: Sequence[CompactedEdit]) -> bool:
    return bool(
        row.last_edit_id + 1 == edits[0].client_edit_id
        and row.last_edit_id - row.first_edit_id + 1 < EDITS_PER_ROW
    )


def _rows(
    key: int, first_id: int, packed: bytes, edits: Sequence[CompactedEdit]
) -> Iterator[dict[str, Any]]:
    """Rows of consecutive edits; the first goes on from what is packed already."""
    last: CompactedEdit | None = None
    for edit in edits:
        count = len(packed) // _EDIT.size
        if count and (count >= EDITS_PER_ROW or edit.client_edit_id != first_id + count):
            assert last is not None
            yield _row(key, first_id, packed, last)
            packed, first_id = b"", edit.client_edit_id
        packed += _EDIT.pack(edit.version, bytes.fromhex(edit.fingerprint))
        last = edit
    if last is not None:
        yield _row(key, first_id, packed, last)


def _row(key: int, first_id: int, packed: bytes, last: CompactedEdit) -> dict[str, Any]:
    return {
        "document_id": key,
        "client_id": last.client_id,
        "first_edit_id": first_id,
        "last_edit_id": last.client_edit_id,
        "last_version": last.version,
        "user_id": last.user_id,
        "edits": packed,
        "checksum": _checksum(
            key, last.client_id, first_id, last.client_edit_id, last.version, last.user_id, packed
        ),
    }


def _checksum(key: int, client_id: str, *rest: Any) -> int:
    *numbers, packed = rest
    digest = blake2b(f"{key} {client_id} {numbers}".encode(errors="surrogateescape"), digest_size=8)
    digest.update(packed)
    return int.from_bytes(digest.digest(), "big", signed=True)


def count_damaged_identities(connection: Connection, key: int) -> int:
    """How many rows are not what was stored."""
    rows = connection.execute(_ALL.where(_identities.document_id == key))
    return sum(row.checksum != _checksum(key, row.client_id, *row[:5]) for row in rows)


def _newest(
    connection: Connection, key: int, client_id: str, at_most: int = _ANY
) -> _Stored | None:
    """Of the client's rows, the newest that begins with the edit `at_most` or below."""
    row = _NEWEST.first(connection, key=key, client_id=client_id, at_most=at_most)
    return None if row is None else _Stored(*row)
