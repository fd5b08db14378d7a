"""Documents distributed over several processes, each with its own database.

This models a proxy that routes each document to one process. A second process on the same SQLite
database does not start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from ...server import ServerProcess
from ..load import Figures, Load
from ..options import Options
from .pairs import Pair

__all__ = ["documents_on"]

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
    """The documents of S3, distributed over one process per database."""
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
