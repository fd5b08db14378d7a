"""A document's content from storage: the latest snapshot, then the operations after it."""

from __future__ import annotations

import msgspec

from ..ot.types import Buffer, OperationType
from ..storage import OperationRecord, Repository

__all__ = ["load_content", "read_operations"]

PAGE_OPERATIONS = 1000


async def load_content(
    repository: Repository, key: int, doc_type: OperationType, version: int | None = None
) -> tuple[Buffer, int]:
    """The content at `version`, or the newest, and the version that it is of.

    Raises:
        StorageUnavailable: the database can't be read.
    """
    snapshot = await repository.latest_snapshot(key, version)
    if snapshot is None:
        buffer, reached = doc_type.buffer(doc_type.create()), 0
    else:
        content = doc_type.create(msgspec.json.decode(snapshot.content))
        buffer, reached = doc_type.buffer(content), snapshot.version
    while page := await repository.operations_after(key, reached, PAGE_OPERATIONS):
        for record in page:
            if version is not None and record.version > version:
                return buffer, reached
            buffer.apply(msgspec.json.decode(record.operation))
            reached = record.version
    return buffer, reached


async def read_operations(
    repository: Repository, key: int, after: int, up_to: int
) -> list[OperationRecord]:
    """The operations of versions `after + 1` to `up_to`; the caller bounds their number."""
    records: list[OperationRecord] = []
    while after < up_to:
        page = await repository.operations_after(key, after, min(PAGE_OPERATIONS, up_to - after))
        if not page:
            break
        records += page
        after = page[-1].version
    return records
