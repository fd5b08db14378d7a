"""The cost of an edit without the kernel's network stack: `python -m benchmarks.edits`.

Measures the real protocol class, documents, committer and SQLite file. Only the TCP sockets are
replaced, by transports that accept all data at once. Each writer sends its next edit after the
acknowledgement of the last. CPU is that of the process, including the writer thread. `--profile`
prints a profile of the event loop's thread.
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import cProfile
import os
import pstats
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import uvicorn
import uvloop
from uvicorn.server import ServerState

from collab import Settings, create_app
from collab.app import Collab
from collab.server.protocol import WebSocketProtocol
from collab.server.serving import spare_collector

__all__ = ["Figures", "measure"]


class Scenario(NamedTuple):
    name: str
    documents: int
    writers: int
    """Per document."""
    readers: int
    """Per document."""
    edits: int


class Figures(NamedTuple):
    cpu_microseconds: float
    """Per edit that is acknowledged and delivered to all other clients of its document."""
    edits_per_second: float


SCENARIOS = (
    Scenario("one writer, 100 readers", 1, 1, 100, 1000),
    Scenario("room of 20 writers", 1, 20, 0, 10_000),
    Scenario("200 documents with a writer and a reader", 200, 1, 1, 10_000),
)


class Transport(asyncio.Transport):
    """Accepts all data at once, and reports acknowledgements."""

    def __init__(self, on_frames: Callable[[bytes], None]) -> None:
        super().__init__({"sockname": ("127.0.0.1", 1), "peername": ("127.0.0.1", 2)})
        self._on_frames = on_frames
        self._closing = False

    def write(self, data: Any) -> None:
        self._on_frames(data)

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        pass

    def get_write_buffer_size(self) -> int:
        return 0

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def is_closing(self) -> bool:
        return self._closing

    def close(self) -> None:
        self._closing = True

    abort = close


class Acknowledged(list["Client"]):
    """The writers whose edit is acknowledged, and the future that waits for one."""

    bell: asyncio.Future[None] | None = None

    def add(self, client: Client) -> None:
        self.append(client)
        if self.bell is not None and not self.bell.done():
            self.bell.set_result(None)


class Client:
    """A connection that has joined a document; a writer if `next_edit` is called."""

    def __init__(self, config: uvicorn.Config, doc_id: str, acked: Acknowledged) -> None:
        self.doc_id = doc_id
        self.joined = asyncio.get_running_loop().create_future()
        self.version = 0
        self._acked = acked
        self._id = 0
        self._protocol = WebSocketProtocol(config, ServerState(), {})
        self._protocol.connection_made(Transport(self._take))
        key = base64.b64encode(os.urandom(16)).decode()
        self._protocol.data_received(
            f"GET /ws/documents/{doc_id} HTTP/1.1\r\nHost: test\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )

    def _take(self, data: bytes) -> None:
        if b'"type":"ack"' in data:
            self._acked.add(self)
        elif not self.joined.done() and b'"type":"document_state"' in data:
            self.joined.set_result(None)

    def next_edit(self, version: int) -> None:
        self._id += 1
        place = {"retain": self._id % (version + 1)} if version else None
        components = f'{{"retain":{place["retain"]}}},' if place and place["retain"] else ""
        text = (
            f'{{"type":"edit","id":{self._id},"version":{version},'
            f'"operation":{{"ops":[{components}{{"insert":"x"}}]}}}}'
        ).encode()
        mask = b"\x00\x00\x00\x00"
        size = len(text)
        head = bytes((0x81, 0x80 | size)) if size < 126 else b"\x81\xfe" + size.to_bytes(2, "big")
        self._protocol.data_received(head + mask + text)

    def leave(self) -> None:
        self._protocol.connection_lost(None)


async def measure(scenario: Scenario, profiler: cProfile.Profile | None = None) -> Figures:
    """Run a scenario once."""
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(database=f"sqlite:///{Path(folder) / 'edits.db'}")
        app = create_app(settings)
        async with app.running():
            return await _run(app, scenario, profiler)


async def _next(acked: Acknowledged) -> None:
    acked.bell = asyncio.get_running_loop().create_future()
    await acked.bell


async def _run(app: Collab, scenario: Scenario, profiler: cProfile.Profile | None) -> Figures:
    config = uvicorn.Config(
        app, ws=WebSocketProtocol, ws_per_message_deflate=False, lifespan="off", log_config=None
    )
    config.load()
    acked = Acknowledged()
    clients = []
    for number in range(scenario.documents):
        for place in range(scenario.writers + scenario.readers):
            client = Client(config, f"document-{number}", acked)
            await client.joined
            clients.append(client)
            if place < scenario.writers:
                acked.append(client)
    documents = app.manager.documents
    left = scenario.edits

    async def run(edits: int) -> None:
        while edits > 0:
            ready, acked[:] = acked[:], []
            for client in ready:
                client.next_edit(documents[client.doc_id].history.head)
            edits -= len(ready)
            if not acked:
                await _next(acked)

    await run(left // 5)
    spare_collector()
    if profiler is not None:
        profiler.enable()
    begin_cpu, begin = time.process_time(), time.perf_counter()
    await run(left)
    cpu, wall = time.process_time() - begin_cpu, time.perf_counter() - begin
    if profiler is not None:
        profiler.disable()
    while len(acked) < scenario.writers * scenario.documents:
        await _next(acked)
    for client in clients:
        client.leave()
    return Figures(cpu / left * 1e6, left / wall)


def main(arguments: list[str] | None = None) -> int:
    """Measure all scenarios, or those whose name contains a given word, and print a table."""
    parser = argparse.ArgumentParser(prog="benchmarks.edits", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args(arguments)
    sys.stdout.write(f"{'scenario':<42}{'CPU us/edit':>12}{'edits/s':>10}\n")
    for scenario in SCENARIOS:
        if options.only not in scenario.name:
            continue
        profiler = cProfile.Profile() if options.profile else None
        runs = [uvloop.run(measure(scenario, profiler)) for _ in range(options.repeat)]
        cpu = statistics.median(run.cpu_microseconds for run in runs)
        pace = statistics.median(run.edits_per_second for run in runs)
        sys.stdout.write(f"{scenario.name:<42}{cpu:>12.1f}{pace:>10.0f}\n")
        sys.stdout.flush()
        if profiler is not None:
            pstats.Stats(profiler).sort_stats("tottime").print_stats(35)
    return 0


if __name__ == "__main__":
    sys.exit(main())
