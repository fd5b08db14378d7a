"""The log of each document's operations: appended in one transaction for all documents, read back
checked against their checksums."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Any, cast

from sqlalchemy import Connection, Integer, Select, bindparam, select

from ..errors import DocumentDamaged
from . import compaction, tables
from .append import VersionConflict, append_each, log_refused
from .checksum_cache import ChecksumCache
from .checksums import operation_checksum
from .compacted_edits import client_of_identities, find_identity
from .compaction import Droppable
from .database import Database
from .faults import REFUSED
from .queries import Query
from .records import Append, ClientRecord, OperationRecord

__all__ = [
    "OPERATION_COLUMNS",
    "DatabaseOperationLog",
    "find_checksum",
    "find_client",
    "find_edit",
    "holds_edit",
    "operations_after",
    "verified",
]

# A page is not held in memory whole however large its operations are.
PAGE_BYTES = 1_048_576

logger = logging.getLogger(__name__)

_operations = tables.operations.c
_documents = tables.documents.c
# As an `OperationRecord` takes them.
OPERATION_COLUMNS = (
    _operations.version,
    _operations.operation,
    _operations.client_id,
    _operations.client_edit_id,
    _operations.user_id,
    _operations.fingerprint,
    _operations.created_at,
    _operations.checksum,
)
# Places in a row of these.
_VERSION, _OPERATION, _CHECKSUM = 0, 1, 7
_ALL: Select[Any] = select(*OPERATION_COLUMNS)
_PAGE = Query(
    _ALL.where(
        _operations.document_id == bindparam("key"), _operations.version >= bindparam("version")
    )
    .order_by(_operations.version)
    .limit(bindparam("limit", type_=Integer))
)
_BEGIN = Query(
    select(_documents.compacted_version, _documents.compacted_checksum).where(
        _documents.id == bindparam("key")
    )
)
_CHECKSUM_OF = Query(
    select(_operations.checksum).where(
        _operations.document_id == bindparam("key"), _operations.version == bindparam("version")
    )
)
_DOCUMENT_TO_WRITE = (
    select(_documents.id).where(_documents.id == bindparam("key")).with_for_update()
)
_BY_CLIENT = (_operations.document_id == bindparam("key")) & (
    _operations.client_id == bindparam("client_id")
)
_first = tables.operations.alias("first").c
_NEWEST_EDIT = Query(
    select(
        select(_first.user_id)
        .where(_first.document_id == bindparam("key"), _first.client_id == bindparam("client_id"))
        .order_by(_first.client_edit_id)
        .limit(1)
        .scalar_subquery(),
        _operations.client_edit_id,
        _operations.version,
    )
    .where(_BY_CLIENT)
    .order_by(_operations.client_edit_id.desc())
    .limit(1)
)
_EDIT = Query(_ALL.where(_BY_CLIENT, _operations.client_edit_id == bindparam("client_edit_id")))


def operations_after(
    connection: Connection, key: int, version: int, limit: int
) -> list[OperationRecord]:
    """At most `limit` operations after `version`, in order; none if those are no longer kept, fewer
    where they are large.

    Raises:
        DocumentDamaged: they are not what was stored.
    """
    # The one before them comes with them: their chain goes on from its checksum.
    rows = _page(_PAGE.rows(connection, key=key, version=version, limit=limit + 1))
    if rows and rows[0][_VERSION] == version:
        return verified(key, version, rows[0][_CHECKSUM], rows[1:])
    if not rows:
        return []
    begin = _BEGIN.first(connection, key=key)
    if begin is None:
        return []
    compacted_version, compacted_checksum = begin
    if version < compacted_version:
        return []
    previous = compacted_checksum if version == compacted_version else None
    return verified(key, version, previous, rows[:limit])


def find_checksum(connection: Connection, key: int, version: int) -> int | None:
    """The checksum of the operation that made `version`; None if it has none, or is no longer
    kept."""
    row = _CHECKSUM_OF.first(connection, key=key, version=version)
    if row is not None:
        return cast(int | None, row[0])
    begin = _BEGIN.first(connection, key=key)
    return begin[1] if begin is not None and begin[0] == version else None


def _page(found: Generator[Sequence[Any]]) -> list[Sequence[Any]]:
    """The first rows, at least two if there are, up to `PAGE_BYTES` of operations."""
    rows: list[Sequence[Any]] = []
    size = 0
    for row in found:
        rows.append(row)
        size += len(row[_OPERATION])
        if size >= PAGE_BYTES and len(rows) > 1:
            found.close()
            break
    return rows


def verified(
    key: int, version: int, previous: int | None, rows: Iterable[Sequence[Any]]
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
        record, checksum = OperationRecord(*row), row[_CHECKSUM]
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
    newest = _NEWEST_EDIT.first(connection, key=key, client_id=client_id)
    if newest is None:
        return client_of_identities(connection, key, client_id)
    return ClientRecord(client_id, *newest)


def holds_edit(connection: Connection, key: int, client_id: str, client_edit_id: int) -> bool:
    """As `find_edit`. Where several write at once, who writes to this document is waited for."""
    connection.execute(_DOCUMENT_TO_WRITE, {"key": key}).first()
    return find_edit(connection, key, client_id, client_edit_id) is not None


def find_edit(
    connection: Connection, key: int, client_id: str, client_edit_id: int
) -> OperationRecord | None:
    """The operation that an edit became; where that is compacted, `operation` is "null"."""
    row = _EDIT.first(connection, key=key, client_id=client_id, client_edit_id=client_edit_id)
    if row is not None:
        return OperationRecord(*row)
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


class DatabaseOperationLog:
    """See `store.OperationLog`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._checksums = ChecksumCache()

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        if not batch:
            return []
        heads = self._checksums.pop(batch)
        try:
            return self._noted(batch, await self._database.append(batch, heads))
        except VersionConflict:
            with contextlib.suppress(*REFUSED):
                return await self._append_each(batch, heads)
        except REFUSED:
            pass
        return [await self._append_alone(append, heads) for append in batch]

    async def _append_each(
        self, batch: Sequence[Append], heads: Mapping[int, int | None]
    ) -> list[list[int]]:
        return self._noted(batch, await self._database.write(append_each, batch, heads))

    async def _append_alone(self, append: Append, heads: Mapping[int, int | None]) -> list[int]:
        try:
            return (await self._append_each([append], heads))[0]
        except REFUSED as error:
            log_refused(append, error)
            return []

    def _noted(self, batch: Sequence[Append], stored: list[list[int]]) -> list[list[int]]:
        for append, checksums in zip(batch, stored, strict=True):
            if checksums:
                self._checksums.put(append, checksums[-1])
        return stored

    async def read(self, key: int, version: int, limit: int) -> list[OperationRecord]:
        return await self._database.read(operations_after, key, version, limit)

    async def find_checksum(self, key: int, version: int) -> int | None:
        return await self._database.read(find_checksum, key, version)

    async def find_client(self, key: int, client_id: str) -> ClientRecord | None:
        return await self._database.read(find_client, key, client_id)

    async def find_edit(
        self, key: int, client_id: str, client_edit_id: int
    ) -> OperationRecord | None:
        return await self._database.read(find_edit, key, client_id, client_edit_id)

    async def holds_edit(self, key: int, client_id: str, client_edit_id: int) -> bool:
        await self._database.settle()
        return await self._database.write(holds_edit, key, client_id, client_edit_id)

    async def droppable(
        self, key: int, keep_operations: int | None, keep_after: float | None
    ) -> Droppable | None:
        return await self._database.read(compaction.droppable, key, keep_operations, keep_after)

    async def compact(self, key: int, epoch: str, version: int, content: str) -> bool:
        reached: int | None = 0
        while reached is not None and reached < version:
            reached = await self._database.write(
                compaction.compact_part, key, epoch, version, content
            )
        return reached is not None
