"""`collab delete` and `collab purge`"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import click

from ..maintenance.opening import existing_file, opened
from ..maintenance.purge import Purged
from ..maintenance.purge import purge as purge_older
from ..settings import Settings
from ..storage import DAY_SECONDS, DatabaseStore
from .options import DAYS, given, setting_options
from .texts import TEXT, printable

__all__ = ["delete", "purge"]


@click.command(short_help="Delete a document permanently.")
@setting_options("database")
@click.argument("doc_id", type=TEXT)
@click.option("--yes", is_flag=True, help="Don't ask.")
def delete(doc_id: str, yes: bool, **options: Any) -> None:
    """Delete a document with its whole history.

    Its id is remembered, so that joining it does not create it again. A running server disconnects
    the document's editors within seconds; with the HTTP API (DELETE /api/documents/DOC_ID),
    immediately.
    """
    settings = Settings(**given(options))
    existing_file(settings)
    if not yes:
        confirm(f"Delete '{printable(doc_id)}' with its whole history?")

    async def run() -> None:
        async with opened(settings) as database:
            store = DatabaseStore(database, tombstone_days=settings.tombstone_days)
            await store.catalog.delete_document(doc_id)

    asyncio.run(run())
    click.echo(f"{doc_id}: deleted")


def confirm(question: str) -> None:
    """Raise `ClickException` unless the answer is yes."""
    try:
        is_meant = sys.stdin is not None and click.confirm(question, err=True)
    except click.Abort:
        if sys.stdin.isatty():
            raise
        is_meant = False
    if not is_meant:
        raise click.ClickException("nothing was deleted: answer y, or give --yes")


@click.command(short_help="Forget old deletions and set-aside snapshots.")
@setting_options("database")
@click.option(
    "--older-than-days",
    type=DAYS,
    help="Minimum age.  [default: the setting tombstone_days]",
)
def purge(older_than_days: float | None, **options: Any) -> None:
    """Forget the ids of deleted documents, so that joining one creates a new document, and delete
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
