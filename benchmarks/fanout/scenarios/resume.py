"""Resuming a document, which sends only the missed changes."""

from __future__ import annotations

import asyncio

from collab.storage import Database, DatabaseStore

from ...typed import make_document
from ..client import Client, LoadFailed
from ..load import Figures, Load
from ..options import Options

__all__ = ["prepare", "resume"]

DOC_ID = "resume"
JOIN_SECONDS = 40


async def prepare(database: str, options: Options) -> None:
    opened = Database(database)
    await opened.open()
    await make_document(
        DatabaseStore(opened), DOC_ID, options.resumed_edits, options.resumed_characters
    )
    await opened.close()


async def resume(load: Load, missed: int | None) -> Figures:
    """Clients resume one after the other, `missed` edits behind; None for a join without state."""
    first = load.client(DOC_ID, 0)
    await load.join([first])
    head = first.version
    query = "" if missed is None else f"&epoch={first.epoch}&version={head - missed}"
    rounds = load.options.resumes
    received = 0
    cpu = load.server.cpu_seconds()
    for number in range(1, rounds + 1):
        client = load.client(DOC_ID, number)
        await _join(client, load.server.url, query, head)
        await client.close()
        received += client.received_bytes
        if client.received != (missed or 0):
            raise LoadFailed(f"{client.received} changes came, not the {missed} that were missed")
    cpu = load.server.cpu_seconds() - cpu
    return {"bytes_received": received / rounds, "cpu_us": cpu / rounds * 1e6}


async def _join(client: Client, url: str, query: str, head: int) -> None:
    """Join; returns once all changes up to `head` have arrived, so that only joins are measured."""
    there = asyncio.get_running_loop().create_future()

    def look(_changes: int) -> None:
        if client.version >= head and not there.done():
            there.set_result(None)

    client.on_changes = look
    await client.join(url, query)
    look(0)
    async with asyncio.timeout(JOIN_SECONDS):
        await there
