"""Appending to PostgreSQL in one statement, which is a transaction of its own.

It compares and sets each document's epoch, version and checksum, and stores the operations of those
that matched: one round trip, and no transaction that a process could leave open. It waits for no
other append. Of a document whose row is locked it stores nothing; that is tried again.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ...append import Part, log_refused, part_of
from ...backend import Stored
from ...faults import REFUSED
from ...records import Append
from .faults import translated_driver_faults

__all__ = ["append_at_once"]

logger = logging.getLogger(__name__)

# Between the tries of a document whose row is locked; each wait is random, so that two programs
# don't keep meeting.
FIRST_DELAY_SECONDS = 0.001
LAST_DELAY_SECONDS = 0.05

_GIVEN = """
    unnest($1::int[], $2::text[], $3::bigint[], $4::bigint[]) WITH ORDINALITY
        AS given(key, epoch, version, checksum, number)
    JOIN documents ON documents.id = given.key
    WHERE documents.epoch = given.epoch AND documents.version = given.version
        AND documents.checksum IS NOT DISTINCT FROM given.checksum
"""
# A new `updated_at` moves the row in its index, which costs more than all the rest of the update:
# it moves when it is a second old.
_APPEND = f"""
WITH matched AS (
    SELECT given.number, documents.id FROM {_GIVEN}
    FOR NO KEY UPDATE OF documents SKIP LOCKED
),
advanced AS (
    UPDATE documents
    SET version = new.version, checksum = new.checksum, updated_at = CASE
        WHEN abs(new.updated_at - documents.updated_at) < 1 THEN documents.updated_at
        ELSE new.updated_at
    END
    FROM matched
    JOIN unnest($5::bigint[], $6::bigint[], $7::float8[]) WITH ORDINALITY
        AS new(version, checksum, updated_at, number) USING (number)
    WHERE documents.id = matched.id
    RETURNING matched.number, documents.id
),
stored AS (
    INSERT INTO operations (
        document_id, version, operation, client_id, client_edit_id, user_id, fingerprint,
        created_at, checksum
    )
    SELECT
        advanced.id, version, operation, client_id, client_edit_id, user_id, fingerprint,
        created_at, checksum
    FROM unnest(
        $8::bigint[], $9::bigint[], $10::text[], $11::text[], $12::bigint[], $13::text[],
        $14::text[], $15::float8[], $16::bigint[]
    ) AS new(
        number, version, operation, client_id, client_edit_id, user_id, fingerprint, created_at,
        checksum
    )
    JOIN advanced USING (number)
)
SELECT number FROM advanced
"""
_STILL_MATCHING = f"SELECT given.number FROM {_GIVEN}"
_HEADS = "SELECT id, checksum FROM documents WHERE id = ANY($1::int[])"

Waiting = dict[int, Part]
"""The parts of a batch that are not stored yet, by their places in it."""


async def append_at_once(
    connection: Any, batch: Sequence[Append], heads: Mapping[int, int | None], lock_seconds: float
) -> Stored:
    """Store each append whose document is still at its version.

    Args:
        connection: asyncpg's.
        heads: by document key, the checksums of the newest operations, as far as they are known.
        lock_seconds: how long to try again while other programs hold the lock of a document's row.

    Returns:
        For each append, the checksums of its operations; none if it was not stored.

    Raises:
        StorageUnavailable: the database can't be used, or the outcome is unknown.
    """
    stored: Stored = [[] for _ in batch]
    waiting = await _parts(connection, batch, heads)
    deadline = asyncio.get_running_loop().time() + lock_seconds
    delay = FIRST_DELAY_SECONDS
    while waiting:
        for number in await _store(connection, waiting):
            stored[number] = waiting.pop(number).checksums
        if waiting:
            waiting = await _locked(connection, waiting)
        if not waiting:
            break
        if asyncio.get_running_loop().time() >= deadline:
            logger.warning("%d documents are locked by other programs", len(waiting))
            break
        await asyncio.sleep(random.uniform(0, delay))
        delay = min(2 * delay, LAST_DELAY_SECONDS)
    return stored


async def _parts(
    connection: Any, batch: Sequence[Append], known: Mapping[int, int | None]
) -> Waiting:
    heads = dict(known)
    unknown = [append.key for append in batch if append.key not in heads]
    if unknown:
        with translated_driver_faults():
            heads.update((row[0], row[1]) for row in await connection.fetch(_HEADS, unknown))
    parts = {}
    for number, append in enumerate(batch):
        try:
            parts[number] = part_of(append, heads)
        except REFUSED as error:
            log_refused(append, error)
    return parts


async def _store(connection: Any, waiting: Waiting) -> list[int]:
    """The places of the parts that were stored. Those that the database refuses wait no longer."""
    numbers = list(waiting)
    try:
        with translated_driver_faults():
            rows = await connection.fetch(_APPEND, *_values(waiting.values()))
    except REFUSED as error:
        if len(numbers) > 1:
            # It refuses all of them together: which of them is found out one by one.
            return await _store_each(connection, waiting)
        log_refused(waiting.pop(numbers[0]).append, error)
        return []
    return [numbers[row[0] - 1] for row in rows]


async def _store_each(connection: Any, waiting: Waiting) -> list[int]:
    stored = []
    for number in list(waiting):
        alone = {number: waiting[number]}
        stored += await _store(connection, alone)
        if not alone:
            del waiting[number]
    return stored


async def _locked(connection: Any, missed: Waiting) -> Waiting:
    """Those of the parts whose documents are where they were: only their rows were locked."""
    numbers = list(missed)
    given = _columns([_given(part) for part in missed.values()])
    with translated_driver_faults():
        rows = await connection.fetch(_STILL_MATCHING, *given)
    return {numbers[row[0] - 1]: missed[numbers[row[0] - 1]] for row in rows}


def _values(parts: Iterable[Part]) -> list[Sequence[Any]]:
    """The columns of the statement: of parts, then of operations."""
    of_parts, operations = [], []
    for number, part in enumerate(parts, 1):
        append, _previous, checksums = part
        last = append.operations[-1]
        of_parts.append((*_given(part), last.version, checksums[-1], last.created_at))
        operations += [
            (
                number,
                record.version,
                record.operation,
                record.client_id,
                record.client_edit_id,
                record.user_id,
                record.fingerprint,
                record.created_at,
                checksum,
            )
            for record, checksum in zip(append.operations, checksums, strict=True)
        ]
    return _columns(of_parts) + _columns(operations)


def _given(part: Part) -> tuple[Any, ...]:
    append = part.append
    return append.key, append.epoch, append.version, part.previous


def _columns(rows: Sequence[tuple[Any, ...]]) -> list[Sequence[Any]]:
    return list(zip(*rows, strict=True))
