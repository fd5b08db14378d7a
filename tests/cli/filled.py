"""A database with documents in it, for the commands that take care of one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from collab.app import Collab
from collab.settings import Settings

__all__ = ["contents", "fill"]

EDITS = 45
JSON = {"items": [1, {"text": "zwölf 🎈"}], "n": 3}


async def _fill(url: str) -> None:
    app = Collab(Settings(database=url, snapshot_interval_operations=10, snapshots_kept=3))
    async with app.running():
        manager = app.manager
        await manager.create_document("notes")
        for number in range(1, EDITS + 1):
            operation = {"ops": [{"retain": number - 1}, {"insert": "x"}]}
            await manager.handle_edit(
                "notes", "ann", operation, number - 1, client_id="ann-1", edit_id=number
            )
        await manager.import_document("board", JSON, doc_type="json")
        await manager.import_document("rich", {"ops": [{"insert": "é😀\n"}]}, doc_type="richtext")
        await manager.create_document("empty")


def fill(file: Path) -> None:
    """Documents of each type; `notes` has 45 operations, and snapshots of 30 or so, 40 and 45."""
    asyncio.run(_fill(f"sqlite:///{file}"))


async def _contents(url: str) -> dict[str, tuple[int, Any]]:
    app = Collab(Settings(database=url))
    async with app.running():
        records, _ = await app.manager.store.catalog.list_documents(limit=1000)
        found = {}
        for record in records:
            _, version, content = await app.manager.read_document(record.doc_id)
            found[record.doc_id] = (version, content)
        return found


def contents(file: Path) -> dict[str, tuple[int, Any]]:
    """The newest version and content of each document."""
    return asyncio.run(_contents(f"sqlite:///{file}"))
