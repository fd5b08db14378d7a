"""`collab delete` and `collab purge`"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import click
from sqlalchemy import Connection

from ..care.opening import opened
from ..settings import Settings
from ..storage import Repository
from ..storage.snapshots import purge_damaged
from ..storage.tombstones import purge_tombstones
from .options import given, setting_options

__all__ = ["delete", "purge"]

DAY_SECONDS = 86_400.0


@click.command(short_help="Delete a document for good.")
@setting_options("database")
@click.argument("doc_id")
@click.option("--yes", is_flag=True, help="Don't ask.")
def delete(doc_id: str, yes: bool, **options: Any) -> None:
    """Delete a document with its whole history.

    Its id is remembered, so that joining it doesn't make it anew. While a server runs, rather use
    its HTTP API (DELETE /api/documents/DOC_ID), by which who has the document open is told at once;
    here, they are when they next edit.
    """
    settings = Settings(**given(options))
    if not yes:
        click.confirm(f"Delete '{doc_id}' with its whole history?", abort=True)

    async def run() -> None:
        async with opened(settings) as database:
            await Repository(database).delete_document(doc_id)

    asyncio.run(run())
    click.echo(f"{doc_id}: deleted")


@click.command(short_help="Forget old deletions and set-aside snapshots.")
@setting_options("database")
@click.option(
    "--older-than-days", type=click.FloatRange(min=0), required=True, help="What is older goes."
)
def purge(older_than_days: float, **options: Any) -> None:
    """Forget the ids of documents that were deleted, so that joining one makes it anew, and delete
    the snapshots that were set aside because they were damaged."""
    settings = Settings(**given(options))
    before = time.time() - older_than_days * DAY_SECONDS

    def both(connection: Connection) -> tuple[int, int]:
        return purge_tombstones(connection, before), purge_damaged(connection, before)

    async def run() -> tuple[int, int]:
        async with opened(settings) as database:
            return await database.write(both)

    ids, snapshots = asyncio.run(run())
    click.echo(f"{ids} deleted documents forgotten, {snapshots} damaged snapshots deleted")
