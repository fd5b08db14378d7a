"""Everything of one run, and what each step does to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

from collab.documents.document import Document
from collab.errors import CollabError
from collab.settings import Settings

from .client import SimulatedClient
from .loop import Process, VirtualLoop
from .server import SimulatedServer
from .steps import CLIENTS, Scenario, Step, has_small_documents
from .store import Disk
from .violation import Violation
from .writing import Alphabet

__all__ = ["World"]

IDLE_SECONDS = 3.0

# What no document reaches; and so small that documents are full again and again.
DOCUMENT_SIZE = 10_000_000
SMALL_SIZE = 60


class World:
    """Five clients, one server, one store. `violations` has what was seen to go wrong."""

    def __init__(self, scenario: Scenario, loop: VirtualLoop, process: Process) -> None:
        seed = scenario.seed
        self.loop = loop
        self.process = process
        self.violations: list[Violation] = []
        random = Random(f"{seed} world")
        self.settings = _settings(
            random, SMALL_SIZE if has_small_documents(seed) else DOCUMENT_SIZE
        )
        self.documents = ["text", random.choice(("text", "json", "richtext"))]
        self.store = Disk()
        self.server = SimulatedServer(
            self.settings, self.store, loop, process, scenario, self.violations.append
        )
        self.clients = [
            SimulatedClient(number, self.documents, self.server, loop, process, str(seed))
            for number in range(CLIENTS)
        ]
        alphabet = Alphabet()
        for client in self.clients:
            client.reports = self.violations
            client.begin(alphabet)

    @property
    def doc_ids(self) -> list[str]:
        return [f"the-{name}" for name in dict.fromkeys(self.documents)]

    @property
    def open_documents(self) -> list[Document]:
        server = self.server.current
        return [] if server is None else list(server.manager.documents.values())

    async def take(self, step: Step) -> None:
        """Raises the first `Violation` that was seen."""
        await asyncio.sleep(step.wait)
        self.loop.tell("step:", step.action, self.clients[step.client].client_id)
        ACTIONS[step.action](self, self.clients[step.client], Random(step.choice))
        self.check()

    def check(self) -> None:
        if self.violations:
            raise self.violations[0]


def _settings(random: Random, document_size: int) -> Settings:
    """Small limits, so that their ends are reached."""
    return Settings(
        # Work is measured in real time, which says nothing here.
        address_loop_share=1000,
        max_document_size=document_size,
        max_commit_operations=random.choice((1, 3, 1000)),
        snapshot_interval_operations=random.choice((3, 10, 1000)),
        max_history_operations=random.choice((4, 20, 2000)),
        max_transform_operations=random.choice((10, 5000)),
        document_idle_seconds=IDLE_SECONDS,
        max_open_documents=random.choice((2, 1000)),
        presence_interval_seconds=random.choice((0.0, 0.05)),
        max_outbox_frames=random.choice((16, 2048)),
        drain_timeout_seconds=5.0,
        shutdown_timeout_seconds=2.0,
    )


# -- steps --------------------------------------------------------------------------------------


def cut(_: World, client: SimulatedClient, __: Random) -> None:
    if client.socket is not None:
        client.socket.wire.cut()


def stall(_: World, client: SimulatedClient, random: Random) -> None:
    if client.socket is not None:
        client.socket.wire.stall(random.uniform(0.1, 8))


def leave(_: World, client: SimulatedClient, __: Random) -> None:
    client.leave()


def crash(world: World, _: SimulatedClient, __: Random) -> None:
    world.server.crash()


def lose(world: World, _: SimulatedClient, random: Random) -> None:
    world.server.lose(random)


def sweep(world: World, _: SimulatedClient, __: Random) -> None:
    """Evict what nobody uses."""
    server = world.server.current
    if server is not None:
        world.loop.start(server.manager.documents.evict_idle(world.loop.time()), server.process)


def snapshot(world: World, _: SimulatedClient, random: Random) -> None:
    """Read a document, which takes its content while edits are on their way."""
    server = world.server.current
    if server is not None:
        world.loop.start(_read(world, random.choice(world.doc_ids)), server.process)


async def _read(world: World, doc_id: str) -> None:
    server = world.server.current
    assert server is not None
    try:
        _, version, content = await server.manager.read_document(doc_id)
    except CollabError:
        return
    log = world.store.log(doc_id)
    if version > len(log.entries) or content != log.contents[version]:
        world.violations.append(Violation("read", f"{doc_id} at {version} was read as {content!r}"))


def _set_reads(fail: bool) -> Action:
    def act(world: World, _: SimulatedClient, __: Random) -> None:
        world.store.reads_fail = fail

    return act


def _fault(name: str) -> Action:
    def act(world: World, _: SimulatedClient, __: Random) -> None:
        world.store.faults.append(name)

    return act


Action = Callable[[World, SimulatedClient, Random], None]
ACTIONS: dict[str, Action] = {
    "edit": lambda _, client, random: client.edit(random),
    "undo": lambda _, client, __: client.undo(),
    "move": lambda _, client, random: client.move(random),
    "repeat": lambda _, client, __: client.repeat(),
    "repeat_acknowledged": lambda _, client, random: client.repeat_acknowledged(random),
    "leave": leave,
    "come_back": lambda _, client, random: client.come_back(random.randrange(2)),
    "vanish": lambda _, client, __: client.vanish(),
    "cut": cut,
    "stall": stall,
    "stop_reading": lambda _, client, __: client.reading.clear(),
    "read_on": lambda _, client, __: client.reading.set(),
    "crash": crash,
    "lose": lose,
    "restart": lambda world, _, __: world.server.restart(),
    "pause": lambda world, _, random: world.server.pause(random.uniform(0.1, 12)),
    "sweep": sweep,
    "snapshot": snapshot,
    "reads_fail": _set_reads(True),
    "reads_work": _set_reads(False),
    **{
        name: _fault(name)
        for name in (
            "refuse", "forget", "hang_stored", "hang_lost", "crash_before", "crash_after",
            "crash_told",
        )
    },
}  # fmt: skip
