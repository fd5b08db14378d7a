"""Transactions that mend a document: its checksums, and the end of its log."""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, select, update

from . import tables
from .checksums import operation_checksum
from .documents import EPOCH_BYTES
from .inspection import inspect_operations

__all__ = ["drop_after", "renew_epochs", "write_checksums"]

PAGE_OPERATIONS = 5000

_documents = tables.documents.c
_operations = tables.operations.c
_snapshots = tables.snapshots.c


def write_checksums(connection: Connection, key: int, epoch: str) -> int:
    """Compute the whole chain of a document anew; returns how many checksums were others before.

    For a log of which it is known that nothing but checksums is wrong. A server that has the
    document open misses its next append, and takes the chain from here.
    """
    query: Select[Any] = select(
        _documents.compacted_version, _documents.compacted_checksum, _documents.checksum
    )
    document = connection.execute(
        query.where(_documents.id == key, _documents.epoch == epoch)
    ).one_or_none()
    if document is None:
        return 0
    version, previous = document.compacted_version, document.compacted_checksum
    written = 0
    statement = (
        update(tables.operations)
        .where(_operations.document_id == key, _operations.version == bindparam("of_version"))
        .values(checksum=bindparam("anew"))
    )
    while page := inspect_operations(connection, key, version, PAGE_OPERATIONS):
        others = []
        for stored in page:
            previous = operation_checksum(previous, key, stored.record)
            if stored.checksum != previous:
                others.append({"of_version": stored.record.version, "anew": previous})
        if others:
            connection.execute(statement, others)
        written += len(others)
        version = page[-1].record.version
    if document.checksum != previous:
        connection.execute(
            update(tables.documents).where(_documents.id == key).values(checksum=previous)
        )
        written = max(written, 1)
    return written


def drop_after(connection: Connection, key: int, epoch: str, version: int) -> int:
    """Make `version` a document's newest; returns how many operations went.

    The document gets a new epoch: editors that have seen what is gone must not take the document
    for the one they knew.
    """
    of_document = (_documents.id == key, _documents.epoch == epoch, _documents.version > version)
    begin = connection.execute(
        select(_documents.compacted_version, _documents.compacted_checksum).where(*of_document)
    ).one_or_none()
    if begin is None:
        return 0
    last = connection.scalar(
        select(_operations.checksum).where(
            _operations.document_id == key, _operations.version == version
        )
    )
    connection.execute(
        update(tables.documents)
        .where(*of_document)
        .values(
            version=version,
            epoch=secrets.token_urlsafe(EPOCH_BYTES),
            checksum=begin.compacted_checksum if version == begin.compacted_version else last,
        )
    )
    connection.execute(
        delete(tables.snapshots).where(_snapshots.document_id == key, _snapshots.version > version)
    )
    return connection.execute(
        delete(tables.operations).where(
            _operations.document_id == key, _operations.version > version
        )
    ).rowcount


def renew_epochs(connection: Connection) -> int:
    """Give every document a new epoch; returns how many there are."""
    keys = list(connection.scalars(select(_documents.id)))
    if keys:
        connection.execute(
            update(tables.documents)
            .where(_documents.id == bindparam("key"))
            .values(epoch=bindparam("anew")),
            [{"key": key, "anew": secrets.token_urlsafe(EPOCH_BYTES)} for key in keys],
        )
    return len(keys)
