"""S6: joining a document that was typed keystroke by keystroke, after a restart of the server."""

from __future__ import annotations

import asyncio
import statistics
import time

from ..client import LoadFailed
from ..load import Figures, Load
from .pairs import Pair

__all__ = ["cold_join"]

DOC_ID = "cold"
PAUSE_SECONDS = 0.2


async def cold_join(load: Load) -> Figures:
    grown = await _grow(load, load.options.grown_edits)
    await load.close()
    restart = time.perf_counter()
    await load.server.stop()
    await load.server.start()
    restart = time.perf_counter() - restart
    joins = [await _join(load, number) for number in range(load.options.cold_joins)]
    if any(each["characters"] != load.options.grown_edits for each in joins):
        raise LoadFailed(f"not all of {load.options.grown_edits} characters were there again")
    return {
        **grown,
        "restart_ms": restart * 1e3,
        "first_join_ms": joins[0]["ms"],
        "first_join_cpu_ms": joins[0]["cpu_ms"],
        "join_ms": statistics.median(each["ms"] for each in joins),
        "join_bytes": joins[0]["bytes"],
    }


async def _grow(load: Load, edits: int) -> Figures:
    pair = Pair(load, DOC_ID)
    await load.join(pair.clients)
    wall, cpu = time.perf_counter(), load.server.cpu_seconds()
    await pair.type(edits)
    wall, cpu = time.perf_counter() - wall, load.server.cpu_seconds() - cpu
    await load.drain_room(pair.clients)
    return {
        "grown_edits": edits,
        "edits_per_second": edits / wall,
        "server_cpu_us_per_edit": cpu / edits * 1e6,
    }


async def _join(load: Load, number: int) -> Figures:
    await asyncio.sleep(PAUSE_SECONDS)
    client = load.client(DOC_ID, 1000 + number)
    wall, cpu = time.perf_counter(), load.server.cpu_seconds()
    await client.join(load.server.url)
    wall = time.perf_counter() - wall
    await client.close()
    cpu = load.server.cpu_seconds() - cpu
    return {
        "ms": wall * 1e3,
        "cpu_ms": cpu * 1e3,
        "bytes": client.received_bytes,
        "characters": client.content_length,
    }
