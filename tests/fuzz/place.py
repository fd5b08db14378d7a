"""One document with everybody on it, compared with a replay of its log."""

from __future__ import annotations

import json
from typing import Any

from collab.ot import get_type

from .editor import GoodEditor
from .faults import expect
from .peer import PEERS, Peer
from .wires import Line

__all__ = ["Place"]

EDITORS = 2
CONTENTS_KEPT = 6


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
        store = self.line.app.manager.store
        while len(self._log) < version:
            records = await store.operations.read(self._key, len(self._log), 500)
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
