"""Restores of large documents by one network address: it has its share of the event loop and no
more, and no turn of the loop is long."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from collab.app import Collab
from collab.frames import encode_json

from .honest import LONGEST_TURN_SECONDS, MeasuredServer, attacked
from .test_floods import HONEST, QUARTER, UNLIMITED
from .test_reads import LARGE_MEMORY_BYTES, stored

NUMBERS = 3_000_000
FEW_NUMBERS = 500_000
LETTERS = 900_000


async def two_versions(app: Collab, doc_id: str, doc_type: str, contents: list[Any]) -> None:
    """Make a document that has these contents at its versions 1 and 2."""
    key = await stored(app, doc_id, doc_type, [[], []])
    for version, content in enumerate(contents, 1):
        await app.manager.store.snapshots.add(key, version, encode_json(content))


async def prepare(app: Collab) -> None:
    """The documents `numbers`, 3,000,000 others in each version; `near`, where the first and the
    last number differ; and `letters`, which one edit can bring back."""
    numbers = [number % 100 for number in range(NUMBERS)]
    others = [number + 1 for number in numbers]
    await two_versions(app, "numbers", "json", [numbers, others])
    few = numbers[:FEW_NUMBERS]
    await two_versions(app, "near", "json", [few, [7, *few[1:-1], 7]])
    await two_versions(app, "letters", "text", ["x" * LETTERS, "y" * LETTERS])


async def test_restores_take_a_quarter_of_the_event_loop_at_most_in_short_turns(
    tmp_path: Path,
) -> None:
    report = await attacked(
        tmp_path,
        "restores",
        MeasuredServer,
        prepare,
        restores_per_second=UNLIMITED,
        restores_burst=UNLIMITED,
        address_requests_per_second=UNLIMITED,
        address_requests_burst=UNLIMITED,
    )
    print("restores", report)  # noqa: T201
    assert report.loop_share < QUARTER + HONEST, str(report)
    assert report.longest_turn_seconds < LONGEST_TURN_SECONDS, str(report)
    assert report.memory_bytes < LARGE_MEMORY_BYTES, str(report)
