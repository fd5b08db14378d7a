"""Reads of large documents and of old versions by one network address: it has its share of the
event loop and no more, and no turn of the loop is long.

Share and turns are CPU time of the loop's thread, which is the same on a busy machine.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from collab.app import Collab
from collab.frames import encode_json
from collab.ot import get_type
from collab.storage import Append, OperationRecord

from .honest import LONGEST_TURN_SECONDS, MeasuredServer, attacked
from .test_floods import HONEST, QUARTER, UNLIMITED

LARGE_MEMORY_BYTES = 300_000_000
"""What the server may grow by with two open documents of 8 MB and what is loaded: up to 20 bytes
for each byte."""

LETTERS = 100_000
EDITS = 25_000
OBJECTS = 130_000


async def stored(app: Collab, doc_id: str, doc_type: str, edits: list[Any]) -> int:
    """Make a document of these edits; gives its key."""
    store = app.manager.store
    record = await store.catalog.create_document(doc_id, doc_type)
    for begin in range(0, len(edits), 1000):
        operations = tuple(
            OperationRecord(
                version, encode_json(edit), "client", version, "user", "0" * 32, time.time()
            )
            for version, edit in enumerate(edits[begin : begin + 1000], begin + 1)
        )
        assert await store.operations.append([Append(record.key, record.epoch, begin, operations)])
    return record.key


async def prepare(app: Collab) -> None:
    """The document `large` of 8 MB of JSON, and `history` of 25,000 edits, which has snapshots of
    its newest versions only."""
    objects = [
        {"id": number, "name": f"item {number}", "done": number % 2 == 0, "tags": ["a", "b"]}
        for number in range(OBJECTS)
    ]
    key = await stored(app, "large", "json", [[]])
    await app.manager.store.snapshots.add(key, 1, encode_json(objects))
    edits: list[Any] = [{"ops": [{"insert": "abcdefghij" * (LETTERS // 10)}]}]
    for number in range(1, EDITS):
        retain = number * 7919 % (LETTERS - 4)
        edits.append({"ops": [{"retain": retain}, {"insert": "x"}, {"delete": 1}]})
    key = await stored(app, "history", "text", edits)
    buffer = get_type("text").buffer("")
    for edit in edits:
        buffer.apply(edit)
    await app.manager.store.snapshots.add(key, EDITS, encode_json(buffer.content()))


@pytest.mark.parametrize("attack", ["stored_reads", "live_reads", "cold_joins", "old_reads"])
async def test_reads_take_a_quarter_of_the_event_loop_at_most_in_short_turns(
    tmp_path: Path, attack: str
) -> None:
    report = await attacked(
        tmp_path,
        attack,
        MeasuredServer,
        prepare,
        address_requests_per_second=UNLIMITED,
        address_requests_burst=UNLIMITED,
        joins_per_second=UNLIMITED,
        joins_burst=UNLIMITED,
        # The honest editor's, and one more.
        max_open_documents=2,
    )
    print(attack, report)  # noqa: T201
    assert report.loop_share < QUARTER + HONEST, str(report)
    assert report.longest_turn_seconds < LONGEST_TURN_SECONDS, str(report)
    assert report.memory_bytes < LARGE_MEMORY_BYTES, str(report)
