"""S7: the server is killed under load; all acknowledged edits must be stored."""

from __future__ import annotations

import asyncio
import time

from ..load import Figures, Load
from .paced import Typist
from .pairs import Pair

__all__ = ["killed", "killed_at_a_pace"]

READ_ON_SECONDS = 0.3


async def killed(load: Load) -> Figures:
    """Kill the server while all type as fast as acknowledgements allow."""
    made = await _pairs(load)
    for pair in made:
        pair.begin()
    await asyncio.sleep(load.options.killed_seconds)
    await load.server.kill()
    for pair in made:
        pair.end()
    return await _count(load, made)


async def killed_at_a_pace(load: Load) -> Figures:
    """Kill the server while all type a few characters per second."""
    made = await _pairs(load)
    rate, count = load.options.edits_per_second, len(made)
    typists = [Typist(each.writer, rate, n / count / rate) for n, each in enumerate(made)]
    await asyncio.sleep(load.options.killed_paced_seconds)
    await load.server.kill()
    for each in typists:
        each.stop()
    return await _count(load, made)


async def _pairs(load: Load) -> list[Pair]:
    made = [Pair(load, f"killed-{number}") for number in range(load.options.killed_documents)]
    await load.join(client for pair in made for client in pair.clients)
    return made


async def _count(load: Load, made: list[Pair]) -> Figures:
    # Frames that the server sent before it died are counted.
    await asyncio.sleep(READ_ON_SECONDS)
    load.require_health()
    acknowledged = [pair.writer.acknowledged for pair in made]
    restart = time.perf_counter()
    await load.server.start()
    restart = time.perf_counter() - restart
    readers = [load.client(pair.writer.doc_id, 2) for pair in made]
    await load.join(readers)
    found = [each.content_length for each in readers]
    missing = [max(0, ours - theirs) for ours, theirs in zip(acknowledged, found, strict=True)]
    return {
        "acknowledged_edits": sum(acknowledged),
        "found_edits": sum(found),
        "missing_edits": sum(missing),
        "documents_with_loss": sum(each > 0 for each in missing),
        "restart_ms": restart * 1e3,
    }
