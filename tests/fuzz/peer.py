"""A hostile peer, and whether the server keeps to the protocol with it."""

from __future__ import annotations

import itertools
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import msgspec

from .faults import expect
from .groups import Group, Seen, check_group
from .judge import BAD, judge
from .wires import LOST, AsgiWire, FrameWire

if TYPE_CHECKING:
    from .place import Place

__all__ = ["PEERS", "Peer"]

PEERS = 3
INTERNAL = "an internal error"
UNLIKELY = frozenset({"storage_unavailable", "rate_limited", "read_only", "forbidden"})

_seen = msgspec.json.Decoder(Seen)


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
        if len(payload) > settings.max_frame_bytes and self.wire.speaks_bytes:
            group.codes.add(1009)
            group.ends = True
        if not group.ends:
            limits = (settings.max_operation_bytes, settings.max_presence_bytes)
            verdict = judge(payload, max_edit_bytes=limits[0], max_presence_bytes=limits[1])
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

    def raw(self, data: bytes) -> None:
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
        if self._bad_run >= self.place.settings.max_bad_frames:
            allowed.add(1008)
        expect(code != 1011, INTERNAL, code, list(self._groups)[:2])
        expect(code in allowed, "closed", code, self._bad_run, list(self._groups)[:2])
