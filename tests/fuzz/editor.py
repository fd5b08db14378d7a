"""A well-behaved editor among hostile peers."""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

from collab.client import Session

from .faults import expect
from .wires import FrameWire

if TYPE_CHECKING:
    from .place import Place

__all__ = ["GoodEditor"]

MAX_SIZE = 300


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
        if kind.buffer(content).size > MAX_SIZE:
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
