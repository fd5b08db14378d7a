"""A document's content from storage: the latest snapshot, then the operations after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from ..errors import CollabError, DocumentDamaged, DocumentDeleted, NoSuchDocument
from ..ot.types import Buffer, OperationType
from ..storage import DocumentRecord, Opening, OperationRecord, Repository

__all__ = ["PAGE_OPERATIONS", "Loaded", "load_content", "load_opened", "read_operations"]

PAGE_OPERATIONS = 1000


class Loaded(NamedTuple):
    """Content, the version that it is of, and that of the snapshot it began with; 0 if none.

    `checksum` is that of the operation that made `version`, as far as it was read.
    """

    buffer: Buffer
    version: int
    snapshot_version: int
    checksum: int | None = None


async def load_content(
    repository: Repository,
    record: DocumentRecord,
    doc_type: OperationType,
    version: int | None = None,
) -> Loaded:
    """The content at `version`, or the newest; as far as it goes if `version` is not there yet.

    Raises:
        NoSuchDocument: what made up this version is no longer kept.
        DocumentDeleted: the document was deleted meanwhile.
        DocumentDamaged: it can't be read from what is stored of it.
        StorageUnavailable: the database can't be read.
    """
    key = record.key
    if version is not None and version < record.compacted_version:
        raise NoSuchDocument(
            f"version {version} of document '{record.doc_id}' is no longer kept: "
            f"the oldest is {record.compacted_version}"
        )
    snapshot = await repository.latest_snapshot(key, version)
    if snapshot is None and record.compacted_version and version is not None:
        raise NoSuchDocument(f"version {version} of document '{record.doc_id}' is no longer kept")
    return await _replay(repository, Opening(record, snapshot), doc_type, version)


async def load_opened(repository: Repository, opening: Opening, doc_type: OperationType) -> Loaded:
    """The newest content, from what was read with the document's record.

    Raises:
        DocumentDeleted, DocumentDamaged, StorageUnavailable: as by `load_content`.
    """
    return await _replay(repository, opening, doc_type, None, opening.operations)


async def _replay(
    repository: Repository,
    opening: Opening,
    doc_type: OperationType,
    version: int | None,
    page: Sequence[OperationRecord] | None = None,
) -> Loaded:
    """The snapshot and the operations after it; `page` are the first of them, if they are known."""
    record, snapshot = opening.record, opening.snapshot
    if snapshot is None:
        buffer, start = doc_type.buffer(doc_type.create()), 0
    else:
        # Checked when it was stored, maybe under wider limits than today's.
        buffer, start = doc_type.buffer(msgspec.json.decode(snapshot.content)), snapshot.version
    reached, checksum = start, record.checksum if start == record.version else None
    while version is None or reached < version:
        limit = PAGE_OPERATIONS if version is None else min(PAGE_OPERATIONS, version - reached)
        if page is None:
            page = await repository.operations_after(record.key, reached, limit)
        for stored in page:
            buffer.apply(msgspec.json.decode(stored.operation))
            reached, checksum = stored.version, stored.checksum
        # Large operations come in short pages.
        if not page or (len(page) < limit and reached >= record.version):
            break
        page = None
    if reached < (record.version if version is None else min(version, record.version)):
        raise await _missing(repository, record, reached)
    return Loaded(buffer, reached, start, checksum)


async def _missing(repository: Repository, record: DocumentRecord, reached: int) -> CollabError:
    current = await repository.find_document(record.doc_id)
    if current is None or current.key != record.key:
        return DocumentDeleted("the document was deleted")
    return DocumentDamaged(
        f"the document is damaged: there is nothing that leads from version {reached} "
        f"to {record.version}; `collab check` tells more"
    )


async def read_operations(
    repository: Repository, key: int, after: int, up_to: int, maximum_bytes: int | None = None
) -> list[OperationRecord]:
    """The operations of versions `after + 1` to `up_to`; the caller bounds their number.

    Those after the page in which they exceed `maximum_bytes` are left out.
    """
    records: list[OperationRecord] = []
    size = 0
    while after < up_to:
        page = await repository.operations_after(key, after, min(PAGE_OPERATIONS, up_to - after))
        if not page:
            break
        records += page
        size += sum(len(record.operation) for record in page)
        if maximum_bytes is not None and size > maximum_bytes:
            break
        after = page[-1].version
    return records
