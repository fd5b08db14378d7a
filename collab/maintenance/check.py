"""Integrity check of a database: replays every document's log and compares the stored data."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ..documents.document_types import DocumentTypes
from ..errors import NoSuchDocument, StorageError, WrongDocType
from ..ot import OperationType
from ..storage import Database, DatabaseStore
from ..storage.inspection import (
    StoredDocument,
    database_problems,
    inspect_document,
    inspect_operations,
    inspect_snapshot,
)
from .keys import document_keys
from .log_check import LogCheck
from .report import DocumentReport

__all__ = ["check_database", "check_document", "check_documents"]

PAGE_OPERATIONS = 1000
ATTEMPTS = 3


async def check_database(database: Database) -> list[str]:
    """The faults of the database file itself, one line each."""
    try:
        return await database.read(database_problems)
    except StorageError as error:
        return [error.message]


async def check_documents(
    database: Database, types: DocumentTypes, *doc_ids: str
) -> AsyncIterator[DocumentReport]:
    """Check the given documents, or all in the order of creation, and yield a report of each.

    Documents may be edited in the meantime. Each is checked at its version when its turn comes.

    Raises:
        NoSuchDocument: a given document does not exist.
    """
    if not doc_ids:
        async for key in document_keys(database):
            report = await check_document(database, types, key)
            if report is not None:
                yield report
    for doc_id in doc_ids:
        record = await DatabaseStore(database).catalog.find_document(doc_id)
        found = None if record is None else await check_document(database, types, record.key)
        if found is None:
            raise NoSuchDocument(f"there is no document '{doc_id}'")
        yield found


async def check_document(
    database: Database, types: DocumentTypes, key: int
) -> DocumentReport | None:
    """Check one document; None if it does not exist."""
    report = None
    for _ in range(ATTEMPTS):
        stored = await database.read(inspect_document, key)
        if stored is None:
            return None
        report = await _check_once(database, types, stored)
        if not report.findings:
            break
        now = await database.read(inspect_document, key)
        # A document that was compacted or repaired during the check was read inconsistently.
        if now is None or not _was_changed(stored, now):
            break
    return report


def _was_changed(before: StoredDocument, now: StoredDocument) -> bool:
    old, new = before.record, now.record
    return (
        (old.compacted_version, old.epoch) != (new.compacted_version, new.epoch)
        or (old.version == new.version and before.checksum != now.checksum)
        or not set(before.snapshots) <= set(now.snapshots)
    )


async def _check_once(
    database: Database, types: DocumentTypes, stored: StoredDocument
) -> DocumentReport:
    key, head = stored.record.key, stored.record.version
    check = LogCheck(stored, _type_of(types, stored))
    version = stored.record.compacted_version
    for snapshot in stored.snapshots:
        if snapshot < version or snapshot > head:
            check.stray_snapshot(snapshot)
    waiting = [each for each in stored.snapshots if version <= each <= head]
    check.begin(has_snapshot=waiting[:1] == [version])
    while True:
        page = await database.read(inspect_operations, key, version, PAGE_OPERATIONS)
        page = [each for each in page if each.record.version <= head]
        for operation in page:
            while waiting and waiting[0] < operation.record.version:
                found = await database.read(inspect_snapshot, key, waiting.pop(0))
                check.snapshot(found)
            check.operation(operation)
            version = operation.record.version
        if len(page) < PAGE_OPERATIONS:
            break
    for each in waiting:
        check.snapshot(await database.read(inspect_snapshot, key, each))
    return check.end()


def _type_of(types: DocumentTypes, stored: StoredDocument) -> OperationType | None:
    try:
        return types.get(stored.record.doc_type)
    except WrongDocType:
        return None
