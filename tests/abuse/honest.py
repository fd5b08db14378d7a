"""An honest editor, and what a server spends while another process attacks it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket

from collab.app import Collab
from collab.settings import Settings
from tests.serverprocess import ServerProcess

from .measured import longest_turn

__all__ = ["ATTACKER", "LONGEST_TURN_SECONDS", "MeasuredServer", "Report", "attacked", "joined"]

ATTACKER = "127.0.0.2"
"""The network address that attackers come from; the honest editor comes from 127.0.0.1."""

LONGEST_TURN_SECONDS = 0.05
"""No turn of the loop may take longer, whatever an attacker does."""

TYPING_SECONDS = 0.05
ATTACK_SECONDS = 10.0
ANSWER_SECONDS = 60

DEFAULT_SHARES = {
    "address_loop_share": 0.12,
    "user_loop_share": 0.12,
}


@dataclass(frozen=True)
class Report:
    """What one attack came to.

    `loop_share` is the CPU time that the event loop's thread took per second while the attack ran,
    the honest editor's included; `longest_turn_seconds` the CPU time of the longest turn of the
    loop, where it was measured. `latencies` are the seconds from each of the honest editor's
    edits to its acknowledgement, sorted.
    """

    loop_share: float
    longest_turn_seconds: float
    memory_bytes: int
    latencies: list[float]

    def percentile(self, percent: float) -> float:
        return self.latencies[
            min(len(self.latencies) - 1, int(len(self.latencies) * percent / 100))
        ]

    def __str__(self) -> str:
        return (
            f"loop {self.loop_share:.2f}, longest turn {self.longest_turn_seconds * 1000:.1f} ms, "
            f"{len(self.latencies)} edits, p50 "
            f"{self.percentile(50) * 1000:.1f} ms, p99 {self.percentile(99) * 1000:.1f} ms, "
            f"{self.memory_bytes / 1e6:+.0f} MB"
        )


@contextlib.asynccontextmanager
async def joined(
    port: int, doc_id: str, query: str = "", address: str = ATTACKER
) -> AsyncIterator[tuple[ClientConnection, dict[str, Any]]]:
    """A connection from an address, and its first frame."""
    url = f"ws://127.0.0.1:{port}/ws/documents/{doc_id}?{query}"
    async with open_websocket(
        url, local_addr=(address, 0), max_size=None, close_timeout=1, ping_interval=None
    ) as websocket:
        yield websocket, json.loads(await websocket.recv())


class MeasuredServer(ServerProcess):
    """One whose turns of the event loop are measured."""

    module = "tests.abuse.measured"


async def attacked(
    folder: Path,
    attack: str,
    server_class: type[ServerProcess] = ServerProcess,
    prepare: Callable[[Collab], Awaitable[None]] | None = None,
    **settings: Any,
) -> Report:
    """Start a server, let an honest editor type in it, and an attack of `attacks` run for ten
    seconds.

    All that the honest editor typed is acknowledged and stored, or this fails.

    Args:
        prepare: fills the database first.
    """
    server = server_class(folder, **{**DEFAULT_SHARES, **settings})
    if prepare is not None:
        app = Collab(Settings(database=server.database))
        async with app.running():
            await prepare(app)
    with server:
        async with joined(server.port, "honest", "user_id=honest", "127.0.0.1") as (websocket, _):
            typist = Typist(websocket)
            reading = asyncio.ensure_future(typist.read())
            try:
                await typist.type_for(1.0)
                typist.latencies.clear()
                memory = resident_bytes(server.pid)
                with attacking(attack, server.port):
                    begun, cpu = time.monotonic(), loop_seconds(server.pid)
                    await typist.type_for(ATTACK_SECONDS)
                    share = (loop_seconds(server.pid) - cpu) / (time.monotonic() - begun)
                    grown = resident_bytes(server.pid) - memory
                    longest = 0.0
                    if isinstance(server, MeasuredServer):
                        longest = longest_turn(folder, begun)
                await asyncio.wait_for(typist.all_acknowledged(), ANSWER_SECONDS)
            finally:
                reading.cancel()
                await asyncio.gather(reading, return_exceptions=True)
        async with joined(server.port, "honest", "user_id=honest", "127.0.0.1") as (_, state):
            assert state["content"] == "x" * typist.typed
    return Report(share, longest, grown, sorted(typist.latencies))


@contextlib.contextmanager
def attacking(attack: str, port: int) -> Iterator[None]:
    """A process that attacks until the end, having begun when this does."""
    command = [sys.executable, "-m", "tests.abuse.attacks", attack, str(port)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == b"attacking\n"
            yield
            assert process.poll() is None, f"the attack ended by itself: {process.returncode}"
        finally:
            process.kill()


class Typist:
    """Types a letter every 50 ms, whether the last one was acknowledged or not: what waits goes out
    in one edit, as by every editor."""

    def __init__(self, websocket: ClientConnection) -> None:
        self.typed = 0
        self.latencies: list[float] = []
        self._websocket = websocket
        self._version = 0
        self._id = 0
        self._sent = 0
        self._sent_at = 0.0
        self._waiting: list[float] = []
        self._inflight: list[float] = []
        self._progress = asyncio.Event()

    async def type_for(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.typed += 1
            self._waiting.append(time.monotonic())
            await self._send()
            await asyncio.sleep(TYPING_SECONDS)

    async def _send(self) -> None:
        if self._inflight or not self._waiting:
            return
        self._inflight, self._waiting = self._waiting, []
        self._id += 1
        operation = {"ops": [{"insert": "x" * len(self._inflight)}]}
        frame = {"type": "edit", "id": self._id, "version": self._version, "operation": operation}
        await self._websocket.send(json.dumps(frame))

    async def read(self) -> None:
        async for text in self._websocket:
            frame = json.loads(text)
            if frame["type"] == "ack":
                self._version = frame["version"]
                now = time.monotonic()
                self.latencies += [now - typed for typed in self._inflight]
                self._inflight = []
                self._progress.set()
                await self._send()
            else:
                assert frame["type"] != "error", frame

    async def all_acknowledged(self) -> None:
        while self._inflight or self._waiting:
            self._progress.clear()
            await self._progress.wait()


def loop_seconds(pid: int) -> float:
    """CPU time of a process's main thread, in which the event loop runs."""
    return int(Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def resident_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmRSS")
