"""Editors of one document, and whether they and the log agree in the end."""

from __future__ import annotations

import asyncio
import json
import urllib.request
from collections.abc import Set
from typing import Any

from collab.ot import get_type
from tests.killedserver import KilledServer
from tests.soak.restless import RestlessEditor

__all__ = ["Room"]

ANSWER_SECONDS = 120
"""A thread that waits for an answer can't be cancelled: it must end by itself."""


class Room:
    """One document, named by its type, and its editors.

    Args:
        seed: decides what they do.
        editors: how many.
    """

    def __init__(self, server: KilledServer, cases: Any, seed: str, editors: int) -> None:
        self.doc_type = get_type(cases.name)
        self.editors = [RestlessEditor(server, cases, f"editor-{n}", seed) for n in range(editors)]
        self.head = 0
        self._server = server

    async def _read(self, path: str = "") -> Any:
        url = f"{self._server.url}/api/documents/{self.doc_type.name}{path}"

        def get() -> Any:
            with urllib.request.urlopen(url, timeout=ANSWER_SECONDS) as answer:
                return json.load(answer)

        return await asyncio.to_thread(get)

    async def _read_operations(self) -> list[dict[str, Any]]:
        operations: list[dict[str, Any]] = []
        while page := (await self._read(f"/operations?after={len(operations)}&limit=500"))[
            "operations"
        ]:
            operations += page
        return operations

    async def come_to_rest(self) -> None:
        await asyncio.gather(*(editor.come_to_rest() for editor in self.editors))
        self.head = (await self._read())["version"]
        await asyncio.gather(*(editor.come_to_rest(self.head) for editor in self.editors))

    async def check(self, tolerated: Set[str] = frozenset()) -> None:
        """All hold the same, and the log holds each edit once.

        Args:
            tolerated: codes of errors that the editors may have been told.
        """
        document = await self._read()
        log = await self._read_operations()
        assert document["doc_type"] == self.doc_type.name
        assert document["version"] == self.head
        assert [entry["version"] for entry in log] == list(range(1, self.head + 1))
        stored = {(entry["client_id"], entry["id"]): entry["version"] for entry in log}
        assert len(stored) == len(log)
        for editor in self.editors:
            assert not editor.contradictions
            assert [each for each in editor.errors if each["code"] not in tolerated] == []
            assert editor.session.version == self.head
            assert editor.session.content == document["content"]
            for edit_id, version in editor.acknowledged.items():
                assert stored[editor.client_id, edit_id] == version
            assert len(editor.acknowledged) == editor.session.last_id
        assert sum(len(editor.acknowledged) for editor in self.editors) == self.head
        buffer = self.doc_type.buffer(self.doc_type.create())
        for entry in log:
            buffer.apply(entry["operation"])
        assert buffer.content() == document["content"]

    def __str__(self) -> str:
        connections = sum(editor.connections for editor in self.editors)
        return f"{self.doc_type.name}: {self.head} edits over {connections} connections"
