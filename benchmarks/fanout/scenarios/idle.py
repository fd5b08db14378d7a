"""S5: idle connections: the memory of each, and the CPU time of all."""

from __future__ import annotations

import asyncio
import time

from ..client import LoadFailed
from ..load import Figures, Load
from ..machine import memory

__all__ = ["idle"]


async def idle(load: Load, connections: int) -> Figures:
    options, server = load.options, load.server
    await asyncio.sleep(options.settle_seconds / 3)
    before = memory(server.pid)
    clients = [
        load.client(f"idle-{number % options.idle_documents}", number)
        for number in range(connections)
    ]
    wall, cpu = time.perf_counter(), server.cpu_seconds()
    await load.join(clients)
    wall, cpu = time.perf_counter() - wall, server.cpu_seconds() - cpu
    await asyncio.sleep(options.settle_seconds)
    after = memory(server.pid)
    idle_cpu = server.cpu_seconds()
    await asyncio.sleep(options.idle_seconds)
    idle_cpu = server.cpu_seconds() - idle_cpu
    load.require_health()
    if any(each.closed.done() for each in clients):
        raise LoadFailed("the server closed connections that did nothing")
    return {
        "connections": connections,
        "connect_seconds": wall,
        "cpu_us_per_connect": cpu / connections * 1e6,
        "resident_before_mb": before.resident / 1024,
        "resident_after_mb": after.resident / 1024,
        "resident_kb_per_connection": (after.resident - before.resident) / connections,
        "proportional_kb_per_connection": (after.proportional - before.proportional) / connections,
        "idle_cpu_percent": idle_cpu / options.idle_seconds * 100,
    }
