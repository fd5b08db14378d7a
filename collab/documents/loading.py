"""A document's content from storage: the latest snapshot, then the operations after it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..errors import CollabError, DocumentDamaged, DocumentDeleted, NoSuchDocument
from ..limits.budget import next_turn
from ..ot.types import Buffer, OperationType
from ..storage import DocumentRecord, Opening, OperationRecord, SnapshotRecord, Store
from .content import decode_content, fill_buffer

__all__ = [
    "PAGE_OPERATIONS",
    "Loaded",
    "begin_loading",
    "check_version",
    "load_content",
    "load_on",
    "load_opened",
    "load_snapshot",
    "read_operations",
]

PAGE_OPERATIONS = 1000

TURN_OPERATIONS = 64
TURN_CHARACTERS = 32_768
"""So many operations, or so much of their text, are applied in one turn of the event loop."""


class Loaded(NamedTuple):
    """Content, the version that it is of, and that of the snapshot it began with; 0 if none.

    `checksum` is that of the operation that made `version`, as far as it was read.
    """

    buffer: Buffer
    version: int
    snapshot_version: int
    checksum: int | None = None


def check_version(record: DocumentRecord, version: int | None) -> int:
    """The version that is asked for, or the newest.

    Raises:
        NoSuchDocument: the document has no such version yet, or it is no longer kept.
    """
    if version is None:
        return record.version
    if version > record.version:
        raise NoSuchDocument(
            f"document {record.doc_id!r} has no version {version}: it is at {record.version}"
        )
    if version < record.compacted_version:
        raise NoSuchDocument(
            f"version {version} of document '{record.doc_id}' is no longer kept: "
            f"the oldest is {record.compacted_version}"
        )
    return version


async def load_content(
    store: Store,
    record: DocumentRecord,
    doc_type: OperationType,
    version: int | None = None,
) -> Loaded:
    """The content at `version`, or the newest, whatever the record says.

    Raises:
        NoSuchDocument: there is no such version, or what made it up is no longer kept.
        DocumentDeleted: the document was deleted meanwhile.
        DocumentDamaged: it can't be read from what is stored of it.
        StorageUnavailable: the database can't be read.
    """
    if version is not None:
        check_version(record, version)
    snapshot = await load_snapshot(store, record, version)
    return await load_on(store, record, await begin_loading(doc_type, snapshot), version)


async def load_snapshot(
    store: Store, record: DocumentRecord, version: int | None
) -> SnapshotRecord | None:
    """The snapshot that loading begins with; None for an empty document.

    Raises:
        NoSuchDocument: what made up this version is no longer kept.
    """
    snapshot = await store.snapshots.latest(record.key, version)
    if snapshot is None and record.compacted_version and version is not None:
        raise NoSuchDocument(f"version {version} of document '{record.doc_id}' is no longer kept")
    return snapshot


async def load_opened(store: Store, opening: Opening, doc_type: OperationType) -> Loaded:
    """The newest content, from what was read with the document's record.

    Raises:
        DocumentDeleted, DocumentDamaged, StorageUnavailable: as by `load_content`.
    """
    begun = await begin_loading(doc_type, opening.snapshot)
    return await load_on(store, opening.record, begun, None, opening.operations)


async def begin_loading(doc_type: OperationType, snapshot: SnapshotRecord | None) -> Loaded:
    """The content of a snapshot, or the empty one."""
    if snapshot is None:
        return Loaded(doc_type.buffer(doc_type.create()), 0, 0)
    # Checked when it was stored, maybe under wider limits than today's.
    content = await decode_content(snapshot.content)
    return Loaded(await fill_buffer(doc_type, content), snapshot.version, snapshot.version)


async def load_on(
    store: Store,
    record: DocumentRecord,
    begun: Loaded,
    version: int | None,
    page: Sequence[OperationRecord] | None = None,
) -> Loaded:
    """What is begun with the operations after it, up to `version`, or all; its buffer is changed.

    Args:
        page: the first of the operations, if they are known.

    Raises:
        DocumentDeleted, DocumentDamaged, StorageUnavailable: as by `load_content`.
    """
    buffer, reached, start, checksum = begun
    if reached == record.version:
        checksum = record.checksum
    while version is None or reached < version:
        limit = PAGE_OPERATIONS if version is None else min(PAGE_OPERATIONS, version - reached)
        if page is None:
            page = await store.operations.read(record.key, reached, limit)
        if page:
            await _apply(buffer, page)
            reached, checksum = page[-1].version, page[-1].checksum
        # Large operations come in short pages.
        if not page or (len(page) < limit and reached >= record.version):
            break
        page = None
    if reached < (record.version if version is None else min(version, record.version)):
        raise await _missing(store, record, reached)
    return Loaded(buffer, reached, start, checksum)


async def _apply(buffer: Buffer, page: Sequence[OperationRecord]) -> None:
    characters = 0
    for number, stored in enumerate(page, 1):
        buffer.apply(await decode_content(stored.operation))
        characters += len(stored.operation)
        if number % TURN_OPERATIONS == 0 or characters >= TURN_CHARACTERS:
            characters = 0
            await next_turn()


async def _missing(store: Store, record: DocumentRecord, reached: int) -> CollabError:
    current = await store.catalog.find_document(record.doc_id)
    if current is None or current.key != record.key:
        return DocumentDeleted("the document was deleted")
    return DocumentDamaged(
        f"the document is damaged: there is nothing that leads from version {reached} "
        f"to {record.version}; `collab check` tells more"
    )


async def read_operations(
    store: Store, key: int, after: int, up_to: int, max_bytes: int | None = None
) -> list[OperationRecord]:
    """The operations of versions `after + 1` to `up_to`; the caller bounds their number.

    Those after the page in which they exceed `max_bytes` are left out.
    """
    records: list[OperationRecord] = []
    size = 0
    while after < up_to:
        page = await store.operations.read(key, after, min(PAGE_OPERATIONS, up_to - after))
        if not page:
            break
        records += page
        size += sum(len(record.operation) for record in page)
        if max_bytes is not None and size > max_bytes:
            break
        after = page[-1].version
    return records
