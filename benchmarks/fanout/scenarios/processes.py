"""Several processes: what a second one brings today.

Nothing is shared between them but the database. So a proxy that sends each document to one process
makes the most of them. A document that two of them serve stays whole, since the database decides
the order; but each shows its people only what it has accepted itself, until one of its edits finds
the version taken.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from collab.client import connect

from ...server import ServerProcess
from ..client import LoadFailed
from ..load import Figures, Load
from ..options import Options
from .pairs import Pair

__all__ = ["documents_on", "one_document"]

SUMMED = ("edits_per_second", "deliveries_per_second", "server_cpu_percent")
AVERAGED = ("server_cpu_us_per_edit", "latency_p50_ms", "latency_p99_ms", "generator_cpu_percent")


@asynccontextmanager
async def _servers(databases: Sequence[Path]) -> AsyncIterator[list[ServerProcess]]:
    async with AsyncExitStack() as stack:
        started = []
        for number, path in enumerate(databases):
            server = ServerProcess(f"sqlite:///{path}")
            server.log = path.parent / f"log-{number}"
            await server.start()
            stack.push_async_callback(server.kill)
            started.append(server)
        yield started


async def documents_on(folder: Path, options: Options, databases: Sequence[str]) -> Figures:
    """As many documents as in S3 in all, spread over a process for each database; several may be
    the same."""
    async with _servers([folder / name for name in databases]) as servers:
        loads = [Load(each, options, stores=True) for each in servers]
        share = max(1, options.documents // len(loads))
        made = []
        for place, load in enumerate(loads):
            pairs = [Pair(load, f"pair-{place}-{number}") for number in range(share)]
            await load.join(client for pair in pairs for client in pair.clients)
            made += pairs
        for pair in made:
            pair.begin()
        found = await asyncio.gather(*(load.measure(options.seconds) for load in loads))
        for pair in made:
            pair.end()
        for load in loads:
            await load.close()
    summed = {key: sum(each[key] for each in found) for key in SUMMED}
    return summed | {key: sum(each[key] for each in found) / len(found) for key in AVERAGED}


async def one_document(folder: Path, options: Options) -> Figures:
    """Two editors of one document, each on a process of its own, typing at the same time.

    Raises:
        LoadFailed: an acknowledged edit is gone, or is there twice.
    """
    path = folder / "collab.db"
    edits = options.shared_edits
    async with _servers([path, path]) as servers:
        wall, cpu = time.perf_counter(), sum(each.cpu_seconds() for each in servers)
        await asyncio.gather(
            *(_type(each.url, letter, edits) for each, letter in zip(servers, "ab", strict=True))
        )
        wall = time.perf_counter() - wall
        cpu = sum(each.cpu_seconds() for each in servers) - cpu
        seen = [await _content(each.url) for each in servers]
    async with _servers([path]) as (server,):
        content = await _content(server.url)
    if sorted(content) != ["a"] * edits + ["b"] * edits:
        raise LoadFailed(f"{len(content)} characters were stored, not {2 * edits}")
    return {
        "edits_per_second": 2 * edits / wall,
        "server_cpu_us_per_edit": cpu / (2 * edits) * 1e6,
        "not_shown_by_a_process": 2 * edits - min(map(len, seen)),
    }


async def _type(url: str, letter: str, edits: int) -> None:
    async with connect(url, "shared", leave_timeout=60) as editor:
        for _ in range(edits):
            editor.edit({"ops": [{"insert": letter}]})
            await editor.saved()


async def _content(url: str) -> str:
    async with connect(url, "shared") as editor:
        return str(editor.content)
