"""What leads a document back to an old version: one edit, found in turns, within an edit's limits.

A restore that needs more than one edit may bring is refused. As several edits it would not be one:
others would see the steps, and a crash between them would leave half of it.
"""

from __future__ import annotations

import asyncio
from typing import Any

from ..errors import TooLarge
from ..frames import encode_json
from ..limits.budget import Allowance
from ..ot import Comparing
from ..ot.comparing import Search
from ..ot.meter import Meter, TooMuchWork
from ..ot.values import count
from ..settings import Settings
from .document import Document

__all__ = ["way_back"]

STEPS_OF_TURN = 2000
"""After so much work others have their turn."""


async def way_back(
    document: Document, wanted: Any, settings: Settings, allowance: Allowance | None
) -> tuple[int, Any]:
    """A committed version, and an operation that makes the content `wanted` of it.

    Args:
        allowance: what pays for it; while nothing is left of it, the search waits.

    Raises:
        TooLarge: it takes more than an edit may bring, or more work than `max_restore_cost`.
        StorageUnavailable: what is committed could not be found out.
    """
    kind = document.doc_type
    version, content = await document.content.value()
    if isinstance(kind, Comparing):
        meter = Meter(settings.max_restore_cost)
        operation = await _found(kind.compare(content, wanted, meter), meter, allowance)
    else:
        operation = kind.difference(content, wanted)
    await asyncio.sleep(0)
    _check_size(operation, settings)
    return version, operation


async def _found(search: Search[Any], meter: Meter, allowance: Allowance | None) -> Any:
    """What the search returns. Each turn holds the event loop for some milliseconds."""
    turn_ends_at = STEPS_OF_TURN
    while True:
        try:
            next(search)
        except StopIteration as end:
            return end.value
        except TooMuchWork:
            raise TooLarge(
                f"to find what differs takes more than {meter.limit} steps, which is the limit "
                "(max_restore_cost)"
            ) from None
        if meter.spent >= turn_ends_at:
            turn_ends_at = meter.spent + STEPS_OF_TURN
            await asyncio.sleep(0)
            if allowance is not None:
                await allowance.until_available()


def _check_size(operation: Any, settings: Settings) -> None:
    # Before it is written: it may be as large as two whole documents.
    values = settings.max_operation_values
    if count(operation, values) > values:
        raise TooLarge(
            f"the operation has more than {values} JSON values, which is the limit "
            "(max_operation_values)"
        )
    size, limit = _characters(operation), settings.max_operation_bytes
    if size <= limit:
        size = len(encode_json(operation).encode())
    if size > limit:
        raise TooLarge(
            f"the operation has {size} bytes or more, the limit is {limit} (max_operation_bytes)"
        )


def _characters(operation: Any) -> int:
    """How many characters its texts have: so many bytes at least."""
    waiting = [operation]
    found = 0
    while waiting:
        held = waiting.pop()
        if type(held) is str:
            found += len(held)
        elif type(held) is list:
            waiting += held
        elif type(held) is dict:
            found += sum(map(len, held))
            waiting += held.values()
    return found
