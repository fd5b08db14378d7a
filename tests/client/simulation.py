"""A server in one page, and lines to it that deliver when told, in order, until they are cut."""

from __future__ import annotations

import json
import zlib
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from collab.client import Change, Session
from collab.errors import InvalidOperation
from collab.frames import encode_json
from collab.ot import get_type

TEXT = get_type("text")


@dataclass
class Entry:
    """`sent` is its frame as it was sent, None of what this server was only told."""

    client_id: str
    id: int
    operation: Any
    sent: dict[str, Any] | None = None


@dataclass
class SimulatedServer:
    """`compacted` is the version that the history begins with; what fits into one edit is what the
    real server takes by default. One that `tells_checksums` compares them, too."""

    content: Any = ""
    epoch: str = "e1"
    log: list[Entry] = field(default_factory=list)
    refusals: deque[str] = field(default_factory=deque)
    doc_type: Any = TEXT
    compacted: int = 0
    bytes_maximum: int = 1024 * 1024
    size_maximum: int = 10_000_000
    tells_checksums: bool = True

    @property
    def version(self) -> int:
        return len(self.log)

    def checksum(self, version: int) -> int | None:
        if not self.tells_checksums or version == 0:
            return None
        return zlib.crc32(repr(self.log[:version]).encode())

    def told(self, version: int) -> dict[str, Any]:
        """What a frame tells of the version that it brings."""
        checksum = self.checksum(version)
        return (
            {"version": version} if checksum is None else {"version": version, "checksum": checksum}
        )

    def knows(self, query: dict[str, str]) -> bool:
        """Whether the version that a client names is one of this history."""
        version = int(query["version"])
        if query["epoch"] != self.epoch or version > self.version:
            return False
        known = (None, str(self.checksum(version)))
        return not self.tells_checksums or query.get("checksum") in known

    def last_id(self, client_id: str) -> int:
        return sum(entry.client_id == client_id for entry in self.log)

    def last_version(self, client_id: str) -> int:
        own = [v for v, entry in enumerate(self.log, 1) if entry.client_id == client_id]
        return max(own, default=0)

    def edit(self, line: Line, frame: dict[str, Any]) -> None:
        """Accept, recognise or refuse one edit by the rules of the protocol."""
        client_id = line.client_id
        if frame["id"] <= self.last_id(client_id):
            own = [(v, e) for v, e in enumerate(self.log, 1) if e.client_id == client_id]
            version, entry = own[frame["id"] - 1]
            line.answered(frame["id"], version if entry.sent == frame else None)
            if entry.sent != frame:
                line.refuse(frame["id"], "out_of_order")
            elif version <= line.cursor:
                line.down.append({"type": "ack", "id": frame["id"], "version": version})
            return
        assert frame["id"] == self.last_id(client_id) + 1, "an id skips"
        assert frame["version"] >= self.last_version(client_id), "older than the own last edit"
        if self.refusals:
            line.refuse(frame["id"], self.refusals.popleft())
            return
        code = self.take(client_id, frame)
        line.answered(frame["id"], None if code else self.version)
        if code is not None:
            line.refuse(frame["id"], code)

    def take(self, client_id: str, frame: dict[str, Any]) -> str | None:
        """Apply an edit; or why not."""
        if len(encode_json(frame)) > self.bytes_maximum:
            return "too_large"
        if frame["version"] < self.compacted:
            return "version_gone"
        operation = frame["operation"]
        try:
            self.doc_type.check(operation)
            for entry in self.log[frame["version"] :]:
                operation = self.doc_type.transform(operation, entry.operation, "right")
            content = self.doc_type.apply(self.content, operation)
        except InvalidOperation:
            return "invalid_operation"
        if len(encode_json(content)) > self.size_maximum:
            return "document_full"
        self.content = content
        self.log.append(Entry(client_id, frame["id"], operation, frame))
        return None

    def accept(self, client_id: str, operation: Any) -> None:
        """An edit of somebody on the newest version."""
        self.content = self.doc_type.apply(self.content, operation)
        self.log.append(Entry(client_id, self.last_id(client_id) + 1, operation))


class Line:
    """One connection of one session, with what is on its way in both directions."""

    def __init__(self, server: SimulatedServer, session: Session, client_id: str) -> None:
        self.server = server
        self.session = session
        self.client_id = client_id
        self.up: deque[str] = deque()
        self.down: deque[dict[str, Any]] = deque()
        self.cursor = 0
        # The id that the stream stops at until it is answered; and one that was answered with no.
        self.expected: int | None = None
        self.disowned: int | None = None
        self.changes: list[Change] = []
        session.disconnected()
        query = session.query
        identity = {"user_id": f"user-{client_id}", "name": client_id}
        frame = {
            "type": "document_resumed",
            "doc_id": "doc",
            "epoch": server.epoch,
            "doc_type": server.doc_type.name,
            "client_id": client_id,
            "user": identity,
            "users": [],
            "last_id": server.last_id(client_id),
        }
        resumes = "version" in query
        if resumes and server.compacted <= int(query["version"]) and server.knows(query):
            self.cursor = int(query["version"])
            self.expected = int(query["inflight"]) if "inflight" in query else None
        else:
            self.cursor = server.version
            frame |= {"type": "document_state", "content": server.content}
            if resumes and server.compacted <= int(query["version"]) and server.tells_checksums:
                frame["diverged"] = True
        self.down.append({**frame, **server.told(self.cursor)})

    def send(self) -> bool:
        """The session sends what it has to send."""
        edit = self.session.outgoing()
        if edit is None:
            return False
        self.repeat()
        return True

    def repeat(self) -> None:
        """What is in flight is sent, whether or not it was before."""
        edit = self.session.inflight
        if edit is not None and edit.sent:
            self.up.append(edit.frame)

    def refuse(self, edit_id: int, code: str) -> None:
        self.down.append({"type": "error", "code": code, "message": "no", "id": edit_id})

    def answered(self, edit_id: int, version: int | None) -> None:
        """The edit of this id is stored as that version; None: it is not."""
        self.disowned = edit_id if version is None else None
        if edit_id == self.expected:
            self.expected = None

    def arrive(self) -> bool:
        """The server takes one frame."""
        if not self.up:
            return False
        self.server.edit(self, json.loads(self.up.popleft()))
        return True

    def stream(self) -> None:
        """The server writes what was committed since."""
        for entry in self.server.log[self.cursor :]:
            is_own = entry.client_id == self.client_id
            if is_own and entry.id == self.expected:
                return
            self.cursor += 1
            if is_own and entry.id != self.disowned:
                self.down.append({"type": "ack", "id": entry.id, **self.server.told(self.cursor)})
                continue
            self.down.append(
                {
                    "type": "document_change",
                    "operation": entry.operation,
                    "user_id": f"user-{entry.client_id}",
                    "client_id": entry.client_id,
                    **self.server.told(self.cursor),
                }
            )

    def deliver(self) -> Change | None:
        """The session takes one frame, if there is one."""
        return self.session.receive(self.down.popleft()) if self.down else None

    def settle(self) -> None:
        """Everything on its way arrives, and everything unsaved is saved."""
        while True:
            while self.down:
                change = self.deliver()
                if change is not None:
                    self.changes.append(change)
            self.send()
            while self.arrive():
                pass
            self.stream()
            if not self.down and not self.session.unsaved:
                return


def joined(server: SimulatedServer, client_id: str = "a") -> Line:
    """A new session that has joined."""
    line = Line(server, Session(), client_id)
    line.deliver()
    return line
