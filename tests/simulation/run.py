"""One run, from its first step to the proof that everything has come to rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import Random

from .checks import check_at_rest, check_idle, check_left, check_log
from .client import SimulatedClient, WatchedSession, dialler
from .loop import Process, Stalled, VirtualLoop
from .names import simulated_names
from .steps import Scenario, plan
from .violation import Violation
from .world import IDLE_SECONDS, World

__all__ = ["Outcome", "outcome_of", "run"]

REST_SECONDS = 300.0
# Longer than it takes anybody to find out that the other side is gone.
NOTICED_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended: `violation` is None if all held. `versions` and `seconds` (virtual) and
    `turns` of the loop are the same for the same scenario."""

    violation: Violation | None
    versions: int
    crashes: int
    seconds: float
    turns: int
    story: tuple[str, ...]


def run(scenario: Scenario) -> Outcome:
    """The same outcome for the same scenario, whatever machine and hour."""
    loop, process = VirtualLoop(), Process("world")
    clients: list[SimulatedClient] = []
    editor_names = {"open_websocket": dialler(clients), "Session": WatchedSession}
    with simulated_names(loop, str(scenario.seed), **editor_names) as errors:
        living = _Life(scenario, loop, process, clients)
        violation = living.live()
        if violation is None and errors:
            violation = Violation("logged", errors[0].getMessage() + _cause(errors[0]))
        if violation is None and loop.faults:
            violation = Violation("task", loop.faults[0])
    return Outcome(
        violation, living.versions, living.crashes, loop.time(), loop.turns, tuple(loop.story)
    )


def outcome_of(seed: int) -> tuple[int, Outcome]:
    """The seed, and how its run ended, without the story: for another process."""
    return seed, replace(run(plan(seed)), story=())


def _cause(record: logging.LogRecord) -> str:
    return f" {record.exc_info[1]!r}" if record.exc_info else ""


class _Life:
    """The world of one run, from its beginning to the burial of what is left of it."""

    def __init__(
        self,
        scenario: Scenario,
        loop: VirtualLoop,
        process: Process,
        clients: list[SimulatedClient],
    ) -> None:
        self._scenario = scenario
        self._loop = loop
        self._process = process
        self._clients = clients
        self._world: World | None = None
        self.versions = 0
        self.crashes = 0

    def live(self) -> Violation | None:
        violation = None
        try:
            self._loop.run(self._live(), self._process)
        except Violation as found:
            violation = found
        except Stalled as stalled:
            violation = Violation("stalled", str(stalled))
        except Exception as error:
            violation = Violation("raised", f"{type(error).__name__}: {error}")
        try:
            self._loop.run(self._end(), self._process)
        except Stalled as stalled:
            violation = violation or Violation("stalled", f"at the end: {stalled}")
        return violation

    async def _live(self) -> None:
        self._world = world = World(self._scenario, self._loop, self._process)
        self._clients.extend(world.clients)
        for step in self._scenario.steps:
            await world.take(step)
        await self._heal(world)
        await self._rest(world)
        check_log(world)
        check_at_rest(world)
        await self._leave(world)

    async def _heal(self, world: World) -> None:
        world.store.faults.clear()
        world.store.reads_fail = False
        for client in world.clients:
            client.reading.set()
            client.come_back()

    async def _rest(self, world: World) -> None:
        """Everybody is back, saves what there is, makes one more edit, and sees everything."""
        await self._until(world, "rest", lambda: all(each.rests for each in world.clients))
        for client in world.clients:
            client.edit(Random(client.number))
        await asyncio.sleep(NOTICED_SECONDS)
        await self._until(world, "rest", lambda: all(each.rests for each in world.clients))
        await self._until(world, "converge", lambda: _all_at_head(world))
        await asyncio.sleep(1)
        world.check()

    async def _leave(self, world: World) -> None:
        for client in world.clients:
            client.leave()
        await self._until(
            world, "leave", lambda: all(each.socket is None for each in world.clients)
        )
        await asyncio.sleep(IDLE_SECONDS - 1)
        check_idle(world)
        await asyncio.sleep(4)
        check_left(world)
        world.check()

    async def _until(self, world: World, what: str, holds: Callable[[], bool]) -> None:
        end = self._loop.time() + REST_SECONDS
        while not holds():
            world.check()
            if self._loop.time() > end:
                raise Violation("no rest", f"they don't {what} within {REST_SECONDS:g} s")
            await asyncio.sleep(0.1)
        world.check()

    async def _end(self) -> None:
        """Leave nothing behind, also after a violation."""
        world = self._world
        if world is None:
            return
        self.versions = sum(len(world.store.log(doc_id).entries) for doc_id in world.doc_ids)
        self.crashes = world.server.crashes
        for client in world.clients:
            await client.end()
        server = world.server
        server.bury()
        # A manager that closes waits for whoever doesn't take its farewell.
        await asyncio.sleep(NOTICED_SECONDS)
        ghosts = server.ghosts
        world.store.close()
        if ghosts:
            raise Stalled(f"{ghosts} tasks of dead servers don't end when they are cancelled")


def _all_at_head(world: World) -> bool:
    return all(
        client.editor is not None
        and client.editor.version == len(world.store.log(client.doc_id).entries)
        for client in world.clients
    )
