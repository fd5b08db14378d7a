"""Documents with a long history of typing, written directly to the database."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from typing import Any

from collab.frames import encode_json
from collab.ot import get_type
from collab.storage import Append, OperationRecord, Store

__all__ = ["keystroke", "make_document"]

PARAGRAPH = "The quick brown fox jumps over the lazy dog. "
SNAPSHOT_INTERVAL = 1000
BATCH_OPERATIONS = 1000
AUTHORS = 20


def keystroke(number: int, size: int) -> dict[str, Any]:
    """Insert one letter and delete another in a text, whose size stays `size`."""
    place = number * 7919 % (size - 4)
    letter = chr(97 + number % 26)
    return {"ops": [{"retain": place}, {"insert": letter}, {"retain": 3}, {"delete": 1}]}


async def make_document(store: Store, doc_id: str, edits: int, size: int) -> str:
    """Store a document of `size` characters and `edits` edits; returns its content.

    Its newest snapshot is as old as possible: 999 edits.
    """
    record = await store.catalog.create_document(doc_id, "text")
    buffer = get_type("text").buffer("")
    snapshot_version = max(1, edits - SNAPSHOT_INTERVAL + 1)
    operations = enumerate(_operations(edits, size), 1)
    while batch := list(itertools.islice(operations, BATCH_OPERATIONS)):
        version = batch[0][0] - 1
        records = tuple(_record(number, operation) for number, operation in batch)
        if [] in await store.operations.append(
            [Append(record.key, record.epoch, version, records)]
        ):
            raise RuntimeError(f"document {doc_id} could not be made")
        for number, operation in batch:
            buffer.apply(operation)
            if number == snapshot_version:
                await store.snapshots.add(record.key, number, encode_json(buffer.content()))
    return str(buffer.content())


def _operations(edits: int, size: int) -> Iterator[dict[str, Any]]:
    text = (PARAGRAPH * (size // len(PARAGRAPH) + 1))[:size]
    yield {"ops": [{"insert": text}]}
    for number in range(2, edits + 1):
        yield keystroke(number, size)


def _record(version: int, operation: Any) -> OperationRecord:
    author = f"client-{version % AUTHORS:013x}"
    return OperationRecord(
        version=version,
        operation=encode_json(operation),
        client_id=author,
        client_edit_id=version,
        user_id="user-1",
        fingerprint=f"{version:032x}",
        created_at=time.time(),
    )
