"""Compaction: removes the oldest operations of documents, by age or by count."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from ..documents.content import encode_content
from ..documents.document_types import DocumentTypes
from ..documents.loading import load_content
from ..errors import DocumentDamaged, WrongDocType
from ..storage import Database, DatabaseStore, DocumentRecord, Store
from ..storage.compaction import Droppable
from ..storage.faults import translated_faults
from ..storage.inspection import inspect_document
from .keys import document_keys
from .opening import check_unused

__all__ = [
    "Compaction",
    "Retention",
    "compact_document",
    "compact_documents",
    "droppable",
    "vacuum",
]


@dataclass(frozen=True, slots=True)
class Retention:
    """The operations that are kept: the newest `operations`, and those stored after `since`
    (seconds since the epoch, UTC). Either may be None. An operation is kept if one rule applies."""

    operations: int | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Compaction:
    """The operations to remove from a document; `problem` says why they could not be removed."""

    doc_id: str
    part: Droppable
    problem: str | None = None


async def compact_documents(
    database: Database, types: DocumentTypes, retention: Retention, *, dry_run: bool
) -> AsyncIterator[Compaction]:
    """Compact each document that has operations to remove, in the order of creation.

    A document that can't be compacted is not changed, and the next one follows. With `dry_run`
    nothing is changed.

    Raises:
        StorageUnavailable: the database can't be written. All logs are consistent.
    """
    store = DatabaseStore(database)
    async for key in document_keys(database):
        stored = await database.read(inspect_document, key)
        part = stored and await droppable(store, stored.record, retention)
        if not stored or not part:
            continue
        problem = None
        if not dry_run:
            try:
                await compact_document(store, types, stored.record, part.version)
            except (DocumentDamaged, WrongDocType) as error:
                problem = error.message
        yield Compaction(stored.record.doc_id, part, problem)


async def droppable(store: Store, record: DocumentRecord, retention: Retention) -> Droppable | None:
    """The operations of a document that can be removed; None if there are none."""
    return await store.operations.droppable(record.key, retention.operations, retention.since)


async def compact_document(
    store: Store, types: DocumentTypes, record: DocumentRecord, version: int
) -> bool:
    """Remove the operations up to `version`; False if the document does not exist any more.

    Raises:
        WrongDocType: its type is not registered.
        DocumentDamaged: its content at that version can't be read; nothing has changed.
        StorageUnavailable: the database can't be written. The log is consistent.
    """
    loaded = await load_content(store, record, types.get(record.doc_type), version)
    content = await encode_content(loaded.buffer.content())
    return await store.operations.compact(record.key, record.epoch, version, content)


def vacuum(file: Path) -> int:
    """Return the free space in an SQLite file to the file system; returns the number of bytes.

    It needs as much free disk space as the size of the resulting file.

    Raises:
        ConfigurationError: the file is in use.
        StorageUnavailable: the disk is full, or the file can't be written.
    """
    check_unused(file)
    before = file.stat().st_size
    with translated_faults():
        connection = sqlite3.connect(file, isolation_level=None)
        try:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        finally:
            connection.close()
    return before - file.stat().st_size
