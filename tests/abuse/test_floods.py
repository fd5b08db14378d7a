"""Floods of one network address: whatever it sends, it has its share of the event loop and no more,
no turn of it is long, and an honest editor of another address types on.

Share and turns are CPU time of the loop's thread, which is the same on a busy machine.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from .honest import LONGEST_TURN_SECONDS, MeasuredServer, attacked

QUARTER = 0.25
HONEST = 0.05
"""What the honest editor's own edits take, at most."""

SMALL_MEMORY_BYTES = 64_000_000
"""What the server may grow by where documents are small."""

# As many frames as it likes: its share of the event loop is what limits it.
UNLIMITED = 1_000_000


@pytest.mark.parametrize(
    ("attack", "settings"),
    [
        (
            "presence_flood",
            {"presences_per_second": UNLIMITED, "presences_burst": UNLIMITED},
        ),
        ("edits_to_many_readers", {}),
        ("nonsense_flood", {"max_bad_frames": UNLIMITED}),
        ("old_edits_on_new_connections", {}),
        (
            "old_presences",
            {"presences_per_second": UNLIMITED, "presences_burst": UNLIMITED},
        ),
        ("joins", {"joins_per_second": UNLIMITED, "joins_burst": UNLIMITED}),
        (
            "requests",
            {
                "address_requests_per_second": UNLIMITED,
                "address_requests_burst": UNLIMITED,
            },
        ),
    ],
)
async def test_a_flood_takes_a_quarter_of_the_event_loop_at_most(
    tmp_path: Path, attack: str, settings: dict[str, Any]
) -> None:
    report = await attacked(tmp_path, attack, MeasuredServer, **settings)
    print(attack, report)  # noqa: T201
    assert report.loop_share < QUARTER + HONEST, str(report)
    assert report.longest_turn_seconds < LONGEST_TURN_SECONDS, str(report)
    assert report.memory_bytes < SMALL_MEMORY_BYTES, str(report)
