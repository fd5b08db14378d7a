"""Let the beginning of documents' logs go, by age or by count."""

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
    """What stays: the newest `operations`, and what is younger than `since` (seconds since the
    epoch, UTC). None of either: that doesn't count; what one of them keeps, stays."""

    operations: int | None = None
    since: float | None = None


@dataclass(frozen=True, slots=True)
class Compaction:
    """What a document can do without; if it could not be let go, `problem` says why."""

    doc_id: str
    part: Droppable
    problem: str | None = None


async def compact_documents(
    database: Database, types: DocumentTypes, retention: Retention, *, dry_run: bool
) -> AsyncIterator[Compaction]:
    """Compact each document that can do without something, in the order in which they were made.

    One that can't be compacted is left as it is, and the others are not. With `dry_run` nothing is
    changed.

    Raises:
        StorageUnavailable: the database can't be written; what is left of the logs is sound.
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
    """What a document can do without; None if that is nothing."""
    return await store.operations.droppable(record.key, retention.operations, retention.since)


async def compact_document(
    store: Store, types: DocumentTypes, record: DocumentRecord, version: int
) -> bool:
    """Let the operations up to `version` go; False if the document is not there any more.

    Raises:
        WrongDocType: this program doesn't know its type.
        DocumentDamaged: its content at that version can't be had; nothing has changed.
        StorageUnavailable: the database can't be written; what is left of the log is sound.
    """
    loaded = await load_content(store, record, types.get(record.doc_type), version)
    content = await encode_content(loaded.buffer.content())
    return await store.operations.compact(record.key, record.epoch, version, content)


def vacuum(file: Path) -> int:
    """Give the room that is free in an SQLite file back; how many bytes that was.

    It takes as much free room on the disk as the file has when it is done.

    Raises:
        ConfigurationError: somebody has the file open.
        StorageUnavailable: the disk is full, the file can't be written.
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
