"""The cost of opening a document with a long history: `python -m benchmarks.opening`.

Starts the real server for each round and connects by WebSocket. It opens a small document, so that
one-time work of the process is not counted; then the long document, cold; then it resumes the long
document from some edits ago. CPU is that of the server process, including all threads and the
kernel. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import statistics
import sys
import tempfile
import time
from typing import Any, NamedTuple

import uvloop
from websockets.asyncio.client import connect

from collab.storage import Database, DatabaseStore

from .server import ServerProcess
from .typed import make_document

__all__ = ["Opening", "measure"]

MISSED = 37


class Opening(NamedTuple):
    cpu_milliseconds: float
    wall_milliseconds: float
    frames: int
    received_bytes: int


async def measure(url: str, content: str, version: int) -> tuple[Opening, Opening]:
    """Open the document `long` cold, then resume it from `MISSED` edits ago."""
    server = ServerProcess(url, log_level="error")
    await server.start()
    try:
        await _open(server, "small", 1)
        cold, (state,) = await _open(server, "long", 1)
        if (state["content"], state["version"]) != (content, version):
            raise RuntimeError("the document was not opened as it was stored")
        query = f"?epoch={state['epoch']}&version={version - MISSED}"
        resumed, frames = await _open(server, f"long{query}", 1 + MISSED)
        if [each["version"] for each in frames[1:]] != list(
            range(version - MISSED + 1, version + 1)
        ):
            raise RuntimeError("the document was not resumed from where it was left")
        return cold, resumed
    finally:
        await server.stop()


async def _open(
    server: ServerProcess, path: str, expected: int
) -> tuple[Opening, list[dict[str, Any]]]:
    # Work that the last connection left must not be counted for this one.
    await asyncio.sleep(0.2)
    cpu, wall = server.cpu_seconds(), time.perf_counter()
    url = f"{server.url.replace('http', 'ws', 1)}/ws/documents/{path}"
    async with connect(url, max_size=None, compression=None) as ws:
        texts = [await ws.recv() for _ in range(expected)]
        wall = time.perf_counter() - wall
        await asyncio.sleep(0.1)
        cpu = server.cpu_seconds() - cpu
    size = sum(len(text) for text in texts)
    return Opening(cpu * 1e3, wall * 1e3, len(texts), size), [json.loads(text) for text in texts]


async def run(folder: str, edits: int, size: int, rounds: int) -> None:
    url = f"sqlite:///{folder}/opening.db"
    database = Database(url)
    await database.open()
    store = DatabaseStore(database)
    await make_document(store, "small", 10, 100)
    content = await make_document(store, "long", edits, size)
    await database.close()
    found = [await measure(url, content, edits) for _ in range(rounds)]
    say(f"{edits} edits, {size} characters, 999 edits after the snapshot; medians of {rounds}")
    for name, openings in zip(("cold", "resumed"), zip(*found, strict=True), strict=True):
        cpu, wall, frames, received = (
            statistics.median(column) for column in zip(*openings, strict=True)
        )
        say(f"{name:8} {cpu:6.1f} ms CPU {wall:6.1f} ms wall {frames:4} frames {received:9} bytes")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--edits", type=int, default=260_000)
    parser.add_argument("--size", type=int, default=100_000, help="characters of the content")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        uvloop.run(run(folder, arguments.edits, arguments.size, arguments.rounds))


if __name__ == "__main__":
    main()
