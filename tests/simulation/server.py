"""The server: the program's own manager and committer, which are started, crashed and started."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from collab.auth import User
from collab.manager import DocumentManager
from collab.settings import Settings
from collab.storage import Committer, DatabaseStore

from .direct import DirectSocket
from .loop import Process, VirtualLoop
from .network import ServerSocket, Wire
from .steps import Scenario
from .store import Disk, SimulatedDatabase
from .violation import Violation
from .witness import StreamWitness

__all__ = ["Generation", "SimulatedServer"]


class Generation:
    """One life of the server, from its start to its crash or orderly end."""

    def __init__(
        self,
        number: int,
        settings: Settings,
        disk: Disk,
        loop: VirtualLoop,
        server: SimulatedServer,
    ) -> None:
        self.process = Process(f"server {number}")
        self.wires: dict[Wire, None] = {}
        random = Random(f"{server.seed} database {number}")
        self.database = SimulatedDatabase(disk, loop, random, lambda: server.crash(self))
        store = DatabaseStore(self.database)
        self.committer = Committer(store, settings.max_commit_operations)
        self.manager = DocumentManager(settings, store, self.committer)

    async def start(self) -> None:
        await self.committer.start()
        await self.manager.start()

    async def close(self) -> None:
        await self.manager.close()
        await self.committer.close()


class SimulatedServer:
    """Comes back until `bury`: some seconds after its end the next generation begins.

    `current` is None while it is down. The dead stay in `dead`, stopped, until `bury`.
    """

    def __init__(
        self,
        settings: Settings,
        store: Disk,
        loop: VirtualLoop,
        world: Process,
        scenario: Scenario,
        report: Callable[[Violation], None],
    ) -> None:
        self.seed = seed = str(scenario.seed)
        self.current: Generation | None = None
        self.dead: list[Generation] = []
        self.crashes = 0
        self._settings = settings
        self._store = store
        self._loop = loop
        self._world = world
        self._report = report
        self._random = Random(f"{seed} server")
        self._links = Random(f"{seed} direct")
        self._direct = scenario.direct
        self._number = 0
        self._is_over = False
        self.start()

    @property
    def has_lost(self) -> bool:
        """Whether the database has lost what was acknowledged."""
        return self._store.losses > 0

    def start(self) -> None:
        self._number += 1
        self.current = Generation(self._number, self._settings, self._store, self._loop, self)
        self._loop.start(self.current.start(), self.current.process)

    def accept(self, wire: Wire, doc_id: str, query: dict[str, str]) -> None:
        """A new connection; raises `ConnectionRefusedError` while the server is down."""
        generation = self.current
        if generation is None:
            raise ConnectionRefusedError
        witness = StreamWitness(self._store, doc_id, query)

        def watch(text: str) -> None:
            self._loop.tell(f"server {self._number} to", query["client_id"], text)
            try:
                witness.watch(text)
            except Violation as violation:
                self._report(violation)

        self._loop.tell(f"server {self._number} is joined by", query)
        socket: ServerSocket
        if self._links.random() < self._direct:
            socket = DirectSocket(wire, query, watch, report=self._report)
        else:
            socket = ServerSocket(wire, query, watch)
        generation.wires[wire] = None
        wire.up.on_read = lambda item: self._loop.tell(f"from {query['client_id']}:", item)
        self._loop.start(self._serve(generation, socket, doc_id), generation.process)

    async def _serve(self, generation: Generation, socket: ServerSocket, doc_id: str) -> None:
        try:
            await generation.manager.serve(socket, doc_id, User(socket.query_params["user_id"]))
        except Exception as error:
            self._report(Violation("raised", f"a connection ended with {error!r}"))
        finally:
            socket.end()
            generation.wires.pop(socket.wire, None)

    def crash(self, generation: Generation | None = None) -> None:
        """The process dies at once. Of an older generation, nothing is left to die."""
        dying = self.current
        if dying is None or generation not in (None, dying):
            return
        self.current = None
        self.crashes += 1
        self._loop.tell(dying.process.name, "dies")
        self._loop.stop_process(dying.process)
        dying.database.gone = True
        for wire in list(dying.wires):
            wire.server_died()
        self.dead.append(dying)
        self._start_later()

    def lose(self, random: Random) -> None:
        """The process dies, and with it what it has begun; and its newest commits are lost."""
        self.crash()
        for generation in self.dead:
            self._loop.stop_process(generation.process)
            generation.database.gone = True
        self._store.lose(random)

    def restart(self) -> None:
        """An orderly end, then the next start."""
        generation = self.current
        if generation is None:
            return
        closing = self._loop.start(generation.close(), generation.process)
        closing.add_done_callback(lambda _: self._closed(generation), context=self._world.context)

    def _closed(self, generation: Generation) -> None:
        if self.current is generation:
            self.current = None
            self.dead.append(generation)
            self._start_later()

    def _start_later(self) -> None:
        delay = self._random.choice((0.0, 0.3, 2.0))
        self._loop.call_later(delay, self._start_again, context=self._world.context)

    def _start_again(self) -> None:
        if self.current is None and not self._is_over:
            self.start()

    def pause(self, seconds: float) -> None:
        """As by SIGSTOP, and SIGCONT later."""
        generation = self.current
        if generation is not None:
            self._loop.stop_process(generation.process)
            self._loop.call_later(seconds, self._continue, generation, context=self._world.context)

    def _continue(self, generation: Generation) -> None:
        if generation is self.current:
            self._loop.continue_process(generation.process)

    def bury(self) -> None:
        """The last one dies, too; let what is left of them end: their tasks are cancelled."""
        self._is_over = True
        self.crash()
        for generation in self.dead:
            self._loop.continue_process(generation.process)
            for task in list(generation.process.tasks):
                task.cancel()

    @property
    def ghosts(self) -> int:
        """Tasks of the dead that have not ended yet."""
        return sum(len(generation.process.tasks) for generation in self.dead)
