"""`collab delete` and `collab purge`"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import click

from ..care.opening import opened
from ..care.purge import Purged
from ..care.purge import purge as purge_older
from ..settings import Settings
from ..storage import DAY_SECONDS, Repository
from .options import given, setting_options

__all__ = ["delete", "purge"]


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
            repository = Repository(database, tombstone_days=settings.tombstone_days)
            await repository.delete_document(doc_id)

    asyncio.run(run())
    click.echo(f"{doc_id}: deleted")


@click.command(short_help="Forget old deletions and set-aside snapshots.")
@setting_options("database")
@click.option(
    "--older-than-days",
    type=click.FloatRange(min=0),
    help="What is older goes; the setting tombstone_days, if left out.",
)
def purge(older_than_days: float | None, **options: Any) -> None:
    """Forget the ids of documents that were deleted, so that joining one makes it anew, and delete
    the snapshots that were set aside because they were damaged."""
    settings = Settings(**given(options))
    days = settings.tombstone_days if older_than_days is None else older_than_days
    before = time.time() - days * DAY_SECONDS

    async def run() -> Purged:
        async with opened(settings) as database:
            return await purge_older(database, before)

    gone = asyncio.run(run())
    click.echo(
        f"{gone.tombstones} deleted documents forgotten, {gone.snapshots} damaged snapshots deleted"
    )
