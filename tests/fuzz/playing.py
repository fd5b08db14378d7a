"""One round: hostile peers and well-behaved editors on the same documents, and what must hold."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import parse_qs

import msgspec

from collab.app import Collab
from collab.client import Session
from collab.ot import get_type
from collab.settings import Settings
from tests.ot.json_cases import JsonCases
from tests.ot.richtext_cases import RichTextCases
from tests.ot.text_cases import TextCases

from .inputs import Input, make_input
from .judge import BAD, Verdict, judge
from .wires import LOST, AsgiWire, FrameWire, Line

__all__ = ["BATCH", "Fault", "Round", "fuzz_settings"]

TYPES = [TextCases(), RichTextCases(), JsonCases()]
BATCH = 100
PEERS = 3
EDITORS = 2
SIZE_MAXIMUM = 300
CONTENTS_KEPT = 6
PATIENCE_SECONDS = 30
INTERNAL = "an internal error"
UNLIKELY = frozenset({"storage_unavailable", "rate_limited", "read_only", "forbidden"})


def fuzz_settings(database: str) -> Settings:
    """Limits so narrow that each of them is met."""
    return Settings(
        database=database,
        operation_maximum_bytes=4096,
        presence_maximum_bytes=512,
        frame_maximum_bytes=16384,
        document_maximum_size=3000,
        history_maximum_operations=64,
        transform_maximum_operations=200,
        snapshot_interval_operations=50,
        outbox_maximum_frames=256,
        document_idle_seconds=0,
        presence_interval_seconds=0,
        edits_burst_maximum=10**9,
        presences_burst_maximum=10**9,
    )


class Fault(AssertionError):
    """Something that a promise of the protocol rules out."""


def expect(holds: bool, what: str, *about: object) -> None:
    if not holds:
        raise Fault(f"{what}: {', '.join(repr(each)[:4000] for each in about)}")


class Seen(msgspec.Struct):
    """What is looked at of a frame that a hostile peer gets."""

    type: str
    version: int = -1
    id: int | None = None
    code: str = ""
    message: str = ""
    epoch: str = ""
    last_id: int = 0
    data: Any = None


_seen = msgspec.json.Decoder(Seen)


@dataclass(repr=False)
class Group:
    """What was sent up to a barrier, and what has come for it."""

    verdicts: list[Verdict] = field(default_factory=list)
    sent: list[bytes] = field(default_factory=list)
    codes: set[int] = field(default_factory=set)
    """With which the connection may be closed now."""
    ends: bool = False
    """Whether it has to be closed."""
    barrier: int = 0
    answers: list[Seen] = field(default_factory=list)

    def __repr__(self) -> str:
        answers = [each.code or each.type for each in self.answers]
        return f"answered {answers} to {[each[:150] for each in self.sent]}"


class Peer:
    """A hostile peer: what it has sent, what the protocol says of it, and what came."""

    def __init__(self, number: int, place: Place) -> None:
        self.number = number
        self.place = place
        self.wire: FrameWire | AsgiWire | None = None
        self.client_id = ""
        self.last_id = 0
        self.epoch = ""
        self.stream: int | None = None
        self.is_taking = True
        self.is_superseded = False
        self._groups: deque[Group] = deque()
        self._open: Group | None = None
        self._bad_run = 0
        self._barriers = itertools.count(10**6)

    @property
    def cases(self) -> Any:
        return self.place.cases

    @property
    def contents(self) -> dict[int, Any]:
        return self.place.contents

    # -- doing ----------------------------------------------------------------------------------

    def join(self, query: str) -> None:
        kind = AsgiWire if self.number % PEERS == PEERS - 1 else FrameWire
        self.wire = kind(self.place.line, f"/ws/documents/{self.place.doc_id}?{query}")
        self.stream, self._bad_run = None, 0
        self._groups.clear()
        self._open = None
        self.is_taking = True
        self.is_superseded = False
        self.client_id = parse_qs(query).get("client_id", [""])[0]
        for other in self.place.peers:
            if other is not self and other.client_id == self.client_id:
                other.is_superseded = True

    def text(self, payload: bytes, barrier: bool) -> None:
        assert self.wire is not None
        group = self._group()
        try:
            payload.decode()
        except UnicodeDecodeError:
            if not self.wire.speaks_bytes:
                return
            group.codes.add(1007)
            group.ends = True
        settings = self.place.settings
        if len(payload) > settings.frame_maximum_bytes and self.wire.speaks_bytes:
            group.codes.add(1009)
            group.ends = True
        if not group.ends:
            limits = (settings.operation_maximum_bytes, settings.presence_maximum_bytes)
            verdict = judge(payload, edit_maximum_bytes=limits[0], presence_maximum_bytes=limits[1])
            group.verdicts.append(verdict)
        group.sent.append(payload)
        self.wire.send_text(payload, more=not barrier)
        if barrier:
            self.end_group()

    def binary(self, payload: bytes) -> None:
        assert self.wire is not None
        group = self._group()
        group.codes.add(1003)
        group.ends = True
        self.wire.send_binary(payload)
        self.end_group()

    def bytes(self, data: bytes) -> None:
        if not isinstance(self.wire, FrameWire):
            return
        group = self._group()
        # What it says on is in the middle of a frame, or void: it has to begin anew.
        group.codes |= {1000, 1002, 1003, 1005, 1007, 1008, 1009, LOST}
        group.codes |= {int.from_bytes(data[6:8], "big")}
        self.wire.send_bytes(data)
        self.wire.leave()
        group.ends = True

    def stall(self) -> None:
        if self.wire is not None and self.is_taking:
            self.is_taking = False
            self._group().codes.add(1013)
            self.wire.take(False)

    def go_on(self) -> None:
        if self.wire is not None and not self.is_taking:
            self.is_taking = True
            self.wire.take(True)

    def leave(self, vanish: bool) -> None:
        if self.wire is not None:
            self.wire.take(True)
            self.look()
        if self.wire is not None:
            if vanish:
                self.wire.vanish()
            else:
                self.wire.leave()
            self.wire = None

    def _group(self) -> Group:
        if self._open is None:
            self._open = Group()
            self._groups.append(self._open)
        return self._open

    def end_group(self) -> None:
        """All that was sent is answered before this."""
        if self.wire is None or self._open is None:
            return
        self._open.barrier = next(self._barriers)
        self.wire.send_text(b'{"type":"ping","data":%d}' % self._open.barrier)
        self._open = None

    # -- looking --------------------------------------------------------------------------------

    @property
    def has_rest(self) -> bool:
        """Whether nothing more is to be expected."""
        return self.wire is None or not self._groups

    def look(self) -> None:
        """Take what has come, and see that it is as the protocol says."""
        wire = self.wire
        if wire is None:
            return
        for message in wire.received():
            self._see(message)
        if wire.close_code is not None:
            self._see_close(wire.close_code)
            wire.vanish()
            self.wire = None
        elif wire.status not in (0, 101):
            expect(wire.status in (400, 403), "a join was refused with", wire.status)
            self.wire = None

    def _see(self, message: bytes) -> None:
        frame = _seen.decode(message)
        if frame.type in ("document_change", "ack"):
            late = frame.type == "ack" and self.stream is not None and frame.version <= self.stream
            if not late:
                expect(self.stream is not None, "before the first frame", message)
                expect(frame.version == (self.stream or 0) + 1, "a gap", self.stream, message)
                self.stream = frame.version
            if frame.type == "ack":
                self.last_id = max(self.last_id, frame.id or 0)
        elif frame.type in ("document_state", "document_resumed"):
            expect(self.stream is None, "a second first frame", message)
            self.stream, self.epoch, self.last_id = frame.version, frame.epoch, frame.last_id
        elif frame.type == "presence":
            expect(frame.version <= (self.stream or 0), "presence of the future", message)
        elif frame.type in ("error", "pong"):
            self._see_answer(frame)
        else:
            expect(frame.type in ("user_joined", "user_left"), "an unknown frame", message)

    def _see_answer(self, frame: Seen) -> None:
        if frame.type == "error":
            if self.stream is None:
                expect(frame.code == "wrong_doc_type", "a join was answered with", frame)
                return
            expect(frame.code != "internal", INTERNAL, frame)
            expect(frame.code not in UNLIKELY, "an error", frame)
            self._bad_run += frame.code in BAD
        else:
            self._bad_run = 0
        expect(bool(self._groups), "an answer to nothing", frame)
        group = self._groups[0]
        if frame.type == "pong" and frame.data == group.barrier and group.barrier:
            expect(not group.ends, "not closed after", group)
            self._groups.popleft()
            check_group(group)
        else:
            group.answers.append(frame)

    def _see_close(self, code: int) -> None:
        if self.stream is None and not self._groups:
            expect(code == 1008, "a join was closed with", code)
            return
        if code == 4409 and self.is_superseded:
            return
        allowed = set().union(*(group.codes for group in self._groups))
        if self._bad_run >= self.place.settings.bad_frames_maximum:
            allowed.add(1008)
        expect(code != 1011, INTERNAL, code, list(self._groups)[:2])
        expect(code in allowed, "closed", code, self._bad_run, list(self._groups)[:2])


def check_group(group: Group) -> None:
    """Each frame was answered, by what it may be answered with, and in order."""
    if len(group.verdicts) != 1:
        malformed = sum(verdict.malformed for verdict in group.verdicts)
        refused = sum(answer.type == "error" for answer in group.answers)
        expect(malformed <= refused <= len(group.verdicts), "so many refused", refused, group)
        return
    (verdict,) = group.verdicts
    expect(len(group.answers) <= 1, "more than one answer", group)
    if not group.answers:
        expect(verdict.accepted and verdict.kind != "ping", "no answer", group)
        return
    (answer,) = group.answers
    if answer.type == "pong":
        expect(verdict.accepted and verdict.kind in ("ping", ""), "a pong", group)
        return
    expect(answer.code in verdict.codes, "an error that does not fit", group)
    if verdict.edit_id is not None and answer.code != "too_large":
        expect(answer.id == verdict.edit_id, "an error without the id", group)


class GoodEditor:
    """An editor that does all as it should."""

    def __init__(self, number: int, place: Place) -> None:
        self.client_id = f"good-{number}"
        self.session = Session()
        self.sent: dict[int, tuple[int, Any]] = {}
        self.acknowledged: dict[int, int] = {}
        self._place = place
        query = f"client_id={self.client_id}&user_id=good&doc_type={place.cases.name}"
        self.wire = FrameWire(place.line, f"/ws/documents/{place.doc_id}?{query}")

    def edit(self, random: Random) -> None:
        session, cases, kind = self.session, self._place.cases, self._place.kind
        if not session.joined:
            return
        content = session.content
        if kind.buffer(content).size > SIZE_MAXIMUM:
            operation = kind.difference(content, kind.create())
        else:
            operation = cases.operation(content, random.randbytes(random.randint(1, 12)))
        session.edit(operation)

    def pump(self) -> None:
        """Take what has come, and send what there is to send."""
        for message in self.wire.received():
            frame = json.loads(message)
            if frame["type"] == "error":
                expect(frame["code"] == "document_full", "a good editor was told", frame)
                self.sent.pop(frame["id"], None)
            elif frame["type"] == "ack":
                self.acknowledged[frame["id"]] = frame["version"]
            self.session.receive(frame)
        expect(self.wire.close_code is None, "a good editor was closed", self.wire.close_code)
        edit = self.session.outgoing()
        if edit is not None:
            self.sent[edit.id] = (edit.version, edit.operation)
            self.wire.send_text(edit.frame.encode())


class Place:
    """One document, everybody on it, and a replay of its log."""

    def __init__(self, line: Line, cases: Any, name: str) -> None:
        self.line = line
        self.settings = line.app.settings
        self.cases = cases
        self.kind = get_type(cases.name)
        self.doc_id = f"{cases.name}-{name}"
        self.contents: dict[int, Any] = {0: self.kind.create()}
        self.editors = [GoodEditor(number, self) for number in range(EDITORS)]
        self.peers = [Peer(number, self) for number in range(PEERS)]
        self._key = 0
        self._log: list[Any] = []
        self._replay = self.kind.buffer(self.kind.create())
        self._next_ids: dict[str, int] = {}

    async def check(self) -> None:
        """The log, its replay, the server and the good editors agree."""
        app = self.line.app
        record, version, content = await app.manager.read_document(self.doc_id)
        self._key = record.key
        await self._read_log(version)
        expect(self._replay.content() == content, "the log's replay differs", content)
        for editor in self.editors:
            session = editor.session
            expect(session.version == version, "versions", session.version, version)
            expect(session.content == content, "a good editor differs", session.content, content)
        self.contents[version] = content
        while len(self.contents) > CONTENTS_KEPT:
            del self.contents[next(iter(self.contents))]

    async def _read_log(self, version: int) -> None:
        repository = self.line.app.manager.repository
        while len(self._log) < version:
            records = await repository.operations_after(self._key, len(self._log), 500)
            expect(bool(records), "the log ends early", len(self._log), version)
            for record in records:
                self._follow(record)

    def _follow(self, record: Any) -> None:
        expect(record.version == len(self._log) + 1, "a hole in the log", record)
        expected = self._next_ids.get(record.client_id, 1)
        expect(record.client_edit_id == expected, "ids in the log", expected, record)
        self._next_ids[record.client_id] = expected + 1
        operation = json.loads(record.operation)
        for editor in self.editors:
            if editor.client_id == record.client_id:
                self._check_edit(editor, record, operation)
        self._log.append(operation)
        self._replay.apply(operation)

    def _check_edit(self, editor: GoodEditor, record: Any, stored: Any) -> None:
        acknowledged = editor.acknowledged.pop(record.client_edit_id, None)
        expect(acknowledged == record.version, "an ack differs", acknowledged, record)
        version, operation = editor.sent.pop(record.client_edit_id)
        operation = self.kind.normalize(operation)
        for other in self._log[version:]:
            operation = self.kind.transform(operation, other, "right")
        expect(operation == stored, "an edit was changed", operation, stored)


class Round:
    """Three documents, one of each type; `play` inputs, `check`, and `end` at last.

    Args:
        seed: of what the good editors do and of when the server comes to its turn.
        name: what is different in the documents' ids, if not the seed.
    """

    def __init__(self, app: Collab, seed: str, name: str = "") -> None:
        self.played: list[Input] = []
        self._line = Line.to(app, app.settings.frame_maximum_bytes)
        self._random = Random(seed)
        self._places = {cases.name: Place(self._line, cases, name or seed) for cases in TYPES}

    # -- inputs ---------------------------------------------------------------------------------

    def batch(self, count: int, random: Random) -> list[Input]:
        """Inputs that are made with what the peers know now."""
        inputs = []
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
            peer.bytes(each.payload)
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
        expect(not manager._connections, "connections are left", len(manager._connections))
        expect(not len(manager.documents), "documents are left", list(manager.documents))
        expect(not self._line.state.connections, "sockets are left", self._line.state.connections)
