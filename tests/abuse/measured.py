"""`collab` as a command, on asyncio's own event loop, whose long turns are written to a file:
python -m tests.abuse.measured serve …

A line has the time (`time.monotonic`) at which a turn ended, and the CPU time that it took.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any, TextIO

import uvloop

from collab.__main__ import main

__all__ = ["LONG_SECONDS", "longest_turn"]

LONG_SECONDS = 0.005
FILE = "turns"


def measure(file: TextIO) -> None:
    run = asyncio.events.Handle._run

    def measured(handle: asyncio.Handle) -> None:
        begun = time.thread_time()
        run(handle)
        seconds = time.thread_time() - begun
        if seconds >= LONG_SECONDS:
            file.write(f"{time.monotonic()} {seconds}\n")

    replaced: Any = asyncio.events.Handle
    replaced._run = measured
    uvloop.new_event_loop = asyncio.new_event_loop  # type: ignore[assignment]


def longest_turn(folder: Path, since: float) -> float:
    """Seconds of CPU time of the longest turn that ended since then (`time.monotonic`), in a server
    that ran in this folder; 0 if all were short."""
    lines = (line.split() for line in (folder / FILE).read_text().splitlines())
    return max((float(seconds) for at, seconds in lines if float(at) >= since), default=0.0)


if __name__ == "__main__":
    with open(FILE, "w", buffering=1) as opened:
        measure(opened)
        main()
