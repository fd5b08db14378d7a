"""Resuming a document sends what was missed, and nothing else."""

from __future__ import annotations

from collab.storage import Database, Repository

from ...typed import make_document
from ..client import LoadFailed
from ..load import Figures, Load
from ..options import Options

__all__ = ["prepare", "resume"]

DOC_ID = "resume"


async def prepare(database: str, options: Options) -> None:
    opened = Database(database)
    await opened.open()
    await make_document(
        Repository(opened), DOC_ID, options.resumed_edits, options.resumed_characters
    )
    await opened.close()


async def resume(load: Load, missed: int | None) -> Figures:
    """By one after the other; None: they join anew, without what they had."""
    first = load.client(DOC_ID, 0)
    await load.join([first])
    head = first.version
    query = "" if missed is None else f"&epoch={first.epoch}&version={head - missed}"
    rounds = load.options.resumes
    received = 0
    cpu = load.server.cpu_seconds()
    for number in range(1, rounds + 1):
        client = load.client(DOC_ID, number)
        await client.join(load.server.url, query)
        await load.drain(lambda client=client: head - client.version)
        await client.close()
        received += client.received_bytes
        if client.received != (missed or 0):
            raise LoadFailed(f"{client.received} changes came, not the {missed} that were missed")
    cpu = load.server.cpu_seconds() - cpu
    return {"bytes_received": received / rounds, "cpu_us": cpu / rounds * 1e6}
