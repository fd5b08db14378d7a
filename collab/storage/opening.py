"""The transaction that reads whatever it takes to open a document and let an editor in."""

from __future__ import annotations

from sqlalchemy import Connection

from .documents import find_document
from .log import find_client, operations_after
from .records import ClientRecord, DocumentRecord, Opening
from .snapshots import latest_snapshot

__all__ = ["find_editor", "open_document"]


def open_document(
    connection: Connection, doc_id: str, client_id: str | None, limit: int, at_most: int | None
) -> Opening | None:
    """A document, its latest snapshot, at most `limit` operations after that, and what is stored of
    an editor; None if there is no such document.

    Args:
        at_most: a snapshot of a higher version is passed over.

    Raises:
        SnapshotDamaged, DocumentDamaged: as by `latest_snapshot` and `operations_after`.
    """
    record = find_document(connection, doc_id)
    if record is None:
        return None
    snapshot = latest_snapshot(connection, record.key, at_most)
    begin = 0 if snapshot is None else snapshot.version
    operations = operations_after(connection, record.key, begin, limit)
    client = None if client_id is None else find_client(connection, record.key, client_id)
    return Opening(record, snapshot, operations, client)


def find_editor(
    connection: Connection, doc_id: str, client_id: str
) -> tuple[DocumentRecord | None, ClientRecord | None]:
    """A document and what is stored of an editor of it; None of either that is not there."""
    record = find_document(connection, doc_id)
    if record is None:
        return None, None
    return record, find_client(connection, record.key, client_id)
