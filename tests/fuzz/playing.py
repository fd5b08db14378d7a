"""One round: hostile peers and well-behaved editors on the same documents, and what must hold."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from random import Random
from typing import Any

from collab.app import Collab
from collab.settings import Settings
from tests.ot.json_cases import JsonCases
from tests.ot.richtext_cases import RichTextCases
from tests.ot.text_cases import TextCases

from .faults import expect
from .inputs import Input, make_input
from .peer import Peer
from .place import Place
from .wires import Line

__all__ = ["BATCH", "Round", "fuzz_settings"]

TYPES: list[Any] = [TextCases(), RichTextCases(), JsonCases()]
BATCH = 100
PATIENCE_SECONDS = 30


def fuzz_settings(database: str) -> Settings:
    """Limits so narrow that each of them is met."""
    return Settings(
        database=database,
        max_operation_bytes=4096,
        max_presence_bytes=512,
        max_frame_bytes=16384,
        max_document_size=3000,
        max_history_operations=64,
        max_transform_operations=200,
        snapshot_interval_operations=50,
        max_outbox_frames=256,
        document_idle_seconds=0,
        presence_interval_seconds=0,
        edits_burst=10**9,
        presences_burst=10**9,
    )


class Round:
    """Three documents, one of each type; `play` inputs, `check`, and `end` at last.

    Args:
        seed: of what the good editors do and of when the server comes to its turn.
        name: what is different in the documents' ids, if not the seed.
    """

    def __init__(self, app: Collab, seed: str, name: str = "") -> None:
        self.played: list[Input] = []
        self._line = Line.to(app, app.settings.max_frame_bytes)
        self._random = Random(seed)
        self._places = {cases.name: Place(self._line, cases, name or seed) for cases in TYPES}

    # -- inputs ---------------------------------------------------------------------------------

    def batch(self, count: int, random: Random) -> list[Input]:
        """Inputs that are made with what the peers know now."""
        inputs: list[Input] = []
        while len(inputs) < count:
            place = random.choice(list(self._places.values()))
            peer = random.choice(place.peers)
            bursting = random.random() < 0.1
            inputs += [
                make_input(place.cases.name, peer.number, peer, bursting, random)
                for _ in range(random.randint(2, 40) if bursting else 1)
            ]
        return inputs[:count]

    async def play(self, inputs: Iterable[Input]) -> None:
        for each in inputs:
            self.played.append(each)
            await self._act(each)
            if self._random.random() < 0.2:
                place = self._random.choice(list(self._places.values()))
                editor = self._random.choice(place.editors)
                editor.edit(self._random)
                editor.pump()
            if self._random.random() < 0.3:
                await asyncio.sleep(0)

    async def _act(self, each: Input) -> None:
        peer = self._places[each.document].peers[each.peer]
        if each.kind == "join":
            await self._rejoin(peer, each.payload.decode())
            return
        if each.kind in ("leave", "vanish"):
            peer.leave(each.kind == "vanish")
            return
        peer.look()
        if peer.wire is None:
            await self._rejoin(peer, f"client_id=h{peer.number}&user_id=hostile")
        if peer.wire is None:
            return
        if each.kind in ("text", "burst"):
            peer.text(each.payload, each.kind == "text")
        elif each.kind == "binary":
            peer.binary(each.payload)
        elif each.kind == "bytes":
            peer.raw(each.payload)
        else:
            peer.stall()

    async def _rejoin(self, peer: Peer, query: str) -> None:
        peer.leave(vanish=True)
        peer.join(query)
        await self._until(lambda: peer.look() or peer.wire is None or peer.stream is not None)

    # -- rest -----------------------------------------------------------------------------------

    async def check(self) -> None:
        """Let everything come to rest, and see that all is well."""
        peers = [peer for place in self._places.values() for peer in place.peers]
        for peer in peers:
            peer.go_on()
            peer.end_group()
        await self._until(lambda: self._rests(peers))
        for place in self._places.values():
            await place.check()

    def _rests(self, peers: list[Peer]) -> bool:
        for peer in peers:
            peer.look()
        heads = []
        for place in self._places.values():
            for editor in place.editors:
                editor.pump()
            document = self._line.app.manager.documents.get(place.doc_id)
            head = document.history.accepted if document is not None else -1
            heads += [
                editor.session.joined
                and not editor.session.unsaved
                and editor.session.version == head
                for editor in place.editors
            ]
        return all(heads) and all(peer.has_rest for peer in peers)

    async def _until(self, holds: Any) -> None:
        bell = self._line.bell
        async with asyncio.timeout(PATIENCE_SECONDS):
            while True:
                bell.clear()
                if holds():
                    return
                await bell.wait()

    async def end(self) -> None:
        """Everybody leaves, and the documents are deleted."""
        manager = self._line.app.manager
        for place in self._places.values():
            for peer in place.peers:
                peer.leave(vanish=True)
            for editor in place.editors:
                editor.wire.vanish()
        while tasks := self._line.state.tasks:
            await asyncio.wait(tasks)
        for place in self._places.values():
            await manager.delete_document(place.doc_id)
        await manager.sweep(time.monotonic())
        expect(not manager.connections, "connections are left", len(manager.connections))
        expect(not len(manager.documents), "documents are left", list(manager.documents))
        expect(not self._line.state.connections, "sockets are left", self._line.state.connections)
