"""Checksums that tell what was stored from what a failing disk made of it.

The operations of a document are a chain: each one's checksum covers the one before it, so that a
row that was changed, swapped or put back from an older copy shows. A snapshot's covers its
document and version beside its content. They are 64 bits of BLAKE2b (RFC 7693), without a key: a
guard against accidents, not against somebody who can write to the database.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

from .records import OperationRecord

__all__ = ["chain", "operation_checksum", "snapshot_checksum"]

_BYTES = 8


def operation_checksum(previous: int | None, key: int, record: OperationRecord) -> int:
    """Of an operation, over the checksum of the one before it.

    Args:
        previous: None if there is none before it, or that one was stored before there were
            checksums: then the chain begins here, with the document's `key`.

    Returns:
        A whole number of 64 bits, signed.
    """
    # The user's id may hold anything, so it stands where nothing can be taken for it.
    text = (
        f"{key if previous is None else previous} {record.version} {record.client_id} "
        f"{record.client_edit_id} {record.fingerprint} {record.operation} {record.user_id}"
    )
    return int.from_bytes(blake2b(text.encode(), digest_size=_BYTES).digest(), "big", signed=True)


def chain(previous: int | None, key: int, records: Iterable[OperationRecord]) -> list[int]:
    """The checksums of operations that follow each other."""
    checksums = []
    for record in records:
        previous = operation_checksum(previous, key, record)
        checksums.append(previous)
    return checksums


def snapshot_checksum(key: int, version: int, content: bytes) -> int:
    """Of a snapshot; `content` is its JSON text in UTF-8. A whole number of 64 bits, signed."""
    digest = blake2b(f"{key} {version} ".encode(), digest_size=_BYTES)
    digest.update(content)
    return int.from_bytes(digest.digest(), "big", signed=True)
