"""One server under load: its clients, and the measurement."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable, Iterable, Sequence

from ..server import ServerProcess
from .client import Client, LoadFailed
from .feed import Feed, Record
from .machine import busy_seconds
from .options import Options

__all__ = ["Figures", "Load"]

Figures = dict[str, float]

JOINING_AT_ONCE = 50
DRAIN_SECONDS = 15.0
ADDRESS_CLIENTS = 500


class Load:
    """The clients of one run against one server.

    Args:
        stores: whether the server stores documents, so that their contents can be checked.
    """

    def __init__(self, server: ServerProcess, options: Options, stores: bool) -> None:
        self.server = server
        self.options = options
        self.stores = stores
        self.record = Record()
        self.began = asyncio.Event()
        """Set at the start of the measurement."""
        self.clients: list[Client] = []
        self._feeds: dict[str, Feed] = {}

    def client(self, doc_id: str, number: int) -> Client:
        feed = self._feeds.setdefault(doc_id, Feed(self.record))
        # The server limits the connections per address, so clients use many addresses.
        address = f"127.0.0.{1 + len(self.clients) // ADDRESS_CLIENTS}"
        client = Client(feed, doc_id, number, address)
        self.clients.append(client)
        return client

    async def join(self, clients: Iterable[Client]) -> None:
        """Join the first client of each document, then all others, a bounded number at a time."""
        firsts: dict[str, Client] = {}
        others = [each for each in clients if firsts.setdefault(each.doc_id, each) is not each]
        for part in (list(firsts.values()), others):
            await self._join_all(part)

    async def _join_all(self, clients: Sequence[Client]) -> None:
        turn = asyncio.Semaphore(JOINING_AT_ONCE)

        async def join(client: Client) -> None:
            async with turn:
                await client.join(self.server.url)

        await asyncio.gather(*map(join, clients))

    async def measure(self, seconds: float) -> Figures:
        """Measure for `seconds` after a warm-up, under continued load.

        Raises:
            LoadFailed: a client observed an error.
        """
        await asyncio.sleep(self.options.warm_seconds)
        record = self.record
        commits_before = await asyncio.to_thread(self.server.commits)
        before = self._clocks()
        record.is_on = True
        self.began.set()
        await asyncio.sleep(seconds)
        record.is_on = False
        after = self._clocks()
        self.require_health()
        commits_after = await asyncio.to_thread(self.server.commits)
        commits, committing, committed = (
            now - then for now, then in zip(commits_after, commits_before, strict=True)
        )
        wall, cpu, loop, own, busy = (now - then for now, then in zip(after, before, strict=True))
        return {
            "seconds": wall,
            "edits": record.edits,
            "deliveries": record.deliveries,
            "edits_per_second": record.edits / wall,
            "deliveries_per_second": record.deliveries / wall,
            "server_cpu_us_per_edit": _share(cpu * 1e6, record.edits),
            "server_cpu_us_per_delivery": _share(cpu * 1e6, record.deliveries),
            "loop_cpu_us_per_delivery": _share(loop * 1e6, record.deliveries),
            "deliveries_per_read": _share(record.deliveries, record.chunks),
            "server_cpu_percent": cpu / wall * 100,
            "generator_cpu_percent": own / wall * 100,
            "others_cpu_percent": max(0.0, busy - cpu - own) / wall * 100,
            "commit_ms": _share(committing * 1e3, commits),
            "edits_per_commit": _share(committed, commits),
            **latencies(record.latencies),
        }

    def _clocks(self) -> tuple[float, float, float, float, float]:
        return (
            time.perf_counter(),
            self.server.cpu_seconds(),
            self.server.loop_cpu_seconds(),
            time.process_time(),
            busy_seconds(),
        )

    def require_health(self) -> None:
        if self.record.failures:
            raise self.record.failures[0]
        if self.record.gaps:
            raise LoadFailed(f"{self.record.gaps} changes came out of order or not at all")

    async def drain(self, missing: Callable[[], int]) -> None:
        """Wait until no deliveries are missing.

        Raises:
            LoadFailed: some are still missing after `DRAIN_SECONDS`.
        """
        deadline = time.perf_counter() + DRAIN_SECONDS
        while (left := missing()) > 0:
            self.require_health()
            if time.perf_counter() > deadline:
                raise LoadFailed(f"{left} deliveries are missing after {DRAIN_SECONDS:.0f} s")
            await asyncio.sleep(0.01)

    async def drain_room(self, clients: Sequence[Client]) -> None:
        """Wait until each client of one document has received every edit and every `ack`."""
        total = sum(each.edits for each in clients)
        await self.drain(
            lambda: sum(
                total - each.edits - each.received + each.edits - each.acknowledged
                for each in clients
            )
        )
        await self.check(clients[0].doc_id, total)

    async def check(self, doc_id: str, length: int) -> None:
        """Check with a new client that a document has as many characters as were typed.

        Raises:
            LoadFailed: the number differs.
        """
        self.require_health()
        if not self.stores:
            return
        reader = self.client(doc_id, 900_000 + len(self.clients))
        await reader.join(self.server.url)
        await reader.close()
        if reader.content_length != length:
            raise LoadFailed(f"{doc_id} has {reader.content_length} characters, not {length}")

    async def close(self) -> None:
        await asyncio.gather(*(each.close() for each in self.clients))
        self.clients.clear()
        self._feeds.clear()


def _share(whole: float, count: float) -> float:
    return whole / count if count else math.nan


def latencies(seconds: Iterable[float]) -> Figures:
    """Percentiles in milliseconds, without edits whose sending time is unknown."""
    found = sorted(each for each in seconds if each == each)
    if not found:
        return {}
    last = len(found) - 1
    named = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "maximum": 1.0}
    return {f"latency_{name}_ms": found[round(last * q)] * 1e3 for name, q in named.items()}
