"""Many clients that join one document within a second."""

from __future__ import annotations

import asyncio
import time

from ..load import Figures, Load, latencies
from ..machine import written

__all__ = ["joins"]

DOC_ID = "joins"


async def joins(load: Load, count: int) -> Figures:
    """Spread the joins evenly. The server's write system calls are counted until all clients have
    been notified."""
    host = load.client(DOC_ID, 0)
    await load.join([host])
    loop, server = asyncio.get_running_loop(), load.server
    clients = [load.client(DOC_ID, number) for number in range(1, count + 1)]
    cpu, (writes, size) = server.cpu_seconds(), written(server.pid)
    begin = loop.time()

    async def join(number: int) -> float:
        await asyncio.sleep(begin + number / count * load.options.join_seconds - loop.time())
        asked = time.perf_counter()
        await clients[number].join(server.url)
        return time.perf_counter() - asked

    waited = await asyncio.gather(*map(join, range(count)))
    # The last joins are sent after the next presence interval.
    await asyncio.sleep(load.options.settle_seconds / 3)
    cpu, (writes_after, size_after) = server.cpu_seconds() - cpu, written(server.pid)
    load.require_health()
    return {
        "joins": count,
        "writes_per_join": (writes_after - writes) / count,
        "bytes_per_join": (size_after - size) / count,
        "cpu_us_per_join": cpu / count * 1e6,
        **latencies(waited),
    }
