"""Rounds of hostile inputs one after the other on one server; a fault is made small."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from collab.app import Collab

from .faults import Fault, expect
from .inputs import Input
from .playing import BATCH, Round, fuzz_settings
from .watching import Watch, held, holders

__all__ = ["ROUND", "Finding", "Server", "fuzz", "replay", "shrink", "with_server"]

ROUND = 5000
"""So many inputs share their documents."""

SHRINK_SECONDS = 120.0
CLOSING_SECONDS = 30.0
"""So long may it take on a busy machine until what is closed has ended."""

KEPT_BLOCKS = 20_000
"""So many more blocks of memory may be in use after a round than after the first: what is cached,
and what the allocator's own pools make of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The seed of the round, what was wrong, and the inputs that show it."""

    seed: str
    fault: str
    inputs: list[Input]


class Server:
    """The application, watched."""

    def __init__(self, app: Collab, watch: Watch) -> None:
        self.app = app
        self._watch = watch
        self._baseline = 0
        self._held = held()

    def check_log(self) -> None:
        complaints, self._watch.complaints = self._watch.complaints, []
        expect(not complaints, "logged", *complaints[:3])

    async def check_memory(self) -> None:
        """Nothing is held of a round that has ended, and what is in use does not grow."""
        deadline = time.monotonic() + CLOSING_SECONDS
        while more := self._still_held():
            # Documents that were deleted are closed by tasks, one with its snapshot half written.
            expect(time.monotonic() < deadline, "still held", more, holders())
            await asyncio.sleep(0.05)
        blocks = sys.getallocatedblocks()
        self._baseline = self._baseline or blocks
        expect(blocks < self._baseline + KEPT_BLOCKS, "memory grows", self._baseline, blocks)

    def _still_held(self) -> dict[str, int]:
        return {name: n for name, n in held().items() if n > self._held.get(name, 0)}


@contextlib.asynccontextmanager
async def with_server() -> AsyncIterator[Server]:
    """A server on a database of its own."""
    watch = Watch()
    with tempfile.TemporaryDirectory() as folder, watch.on():
        app = Collab(fuzz_settings(f"sqlite:///{folder}/fuzz.db"))
        async with app.running():
            yield Server(app, watch)


async def replay(inputs: Sequence[Input], seed: str = "replay") -> str:
    """Play inputs on a new server; what was wrong, or nothing."""
    async with with_server() as server:
        return await replay_on(server, inputs, seed)


async def replay_on(server: Server, inputs: Sequence[Input], seed: str, name: str = "") -> str:
    round_ = Round(server.app, seed, name)
    try:
        for start in range(0, len(inputs), BATCH):
            await play(server, round_, inputs[start : start + BATCH])
        await round_.end()
        del round_
        await server.check_memory()
    except Exception as fault:
        return describe(fault)
    return ""


async def play(server: Server, round_: Round, inputs: Sequence[Input]) -> None:
    await round_.play(inputs)
    await round_.check()
    server.check_log()


def describe(fault: Exception) -> str:
    return str(fault) if isinstance(fault, Fault) else f"{type(fault).__name__}: {fault}"


async def fuzz(
    inputs: int, seed: int, tell: Callable[[int], None] = lambda done: None
) -> Finding | None:
    """Play so many inputs that are drawn from a seed, up to the first fault.

    Args:
        tell: is called with how many have been played, about every second.
    """
    told = time.monotonic()
    async with with_server() as server:
        for done in range(0, inputs, ROUND):
            name = f"{seed}-{done // ROUND}"
            random = Random(name)
            round_: Any = Round(server.app, name)
            end = min(inputs, done + ROUND)
            try:
                while done + len(round_.played) < end:
                    count = min(BATCH, end - done - len(round_.played))
                    await play(server, round_, round_.batch(count, random))
                    if time.monotonic() - told > 1:
                        told = time.monotonic()
                        tell(done + len(round_.played))
                await round_.end()
                played, round_ = round_.played, None
                server.check_log()
                await server.check_memory()
            except Exception as fault:
                return Finding(name, describe(fault), round_.played if round_ else played)
    return None


async def shrink(finding: Finding) -> Finding:
    """The same fault from as few inputs as are found in `SHRINK_SECONDS`."""
    deadline = time.monotonic() + SHRINK_SECONDS
    trials = itertools.count(1)
    inputs, fault = finding.inputs, finding.fault
    async with with_server() as server:
        piece = len(inputs)
        while piece and time.monotonic() < deadline:
            for start in range(0, len(inputs), piece):
                fewer = inputs[:start] + inputs[start + piece :]
                name = f"{finding.seed}-trial-{next(trials)}"
                shown = await replay_on(server, fewer, finding.seed, name)
                if shown and shown.partition(":")[0] == fault.partition(":")[0]:
                    inputs, fault = fewer, shown
                    break
                if time.monotonic() > deadline:
                    break
            else:
                piece //= 2
    return Finding(finding.seed, fault, inputs)
