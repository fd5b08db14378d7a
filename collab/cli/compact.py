"""`collab compact`"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import click

from ..documents.document_types import DocumentTypes
from ..installed_types import register_installed_types
from ..maintenance.compact import Compaction, Retention, compact_documents, vacuum
from ..maintenance.opening import existing_file, opened, sqlite_file
from ..settings import Settings
from ..storage import DAY_SECONDS
from .options import DAYS, given, setting_options

__all__ = ["compact"]


@click.command(short_help="Remove the oldest operations of documents.")
@setting_options("database")
@click.option(
    "--keep-operations",
    type=click.IntRange(min=0, max=2**53 - 1),
    help="Number of a document's newest operations that are kept.",
)
@click.option("--keep-days", type=DAYS, help="Operations younger than this are kept.")
@click.option("--dry-run", is_flag=True, help="Only print what would be removed.")
@click.option(
    "--vacuum",
    "with_vacuum",
    is_flag=True,
    help="Then shrink the SQLite file. Only while no server runs.",
)
def compact(
    keep_operations: int | None,
    keep_days: float | None,
    dry_run: bool,
    with_vacuum: bool,
    **options: Any,
) -> None:
    """Remove the operations of each document that neither option keeps, and store a snapshot in
    their place. A server may run.

    The content is kept, and so is the identity of each edit, so that an edit that is sent again is
    still recognised. Versions before the snapshot can't be shown or restored any more.
    """
    if keep_operations is None and keep_days is None:
        raise click.UsageError("give --keep-operations, --keep-days or both")
    settings = Settings(**given(options))
    register_installed_types()
    file = sqlite_file(settings, "other databases vacuum on their own") if with_vacuum else None
    existing_file(settings)
    since = None if keep_days is None else time.time() - keep_days * DAY_SECONDS
    retention = Retention(keep_operations, since)

    async def run() -> bool:
        operations = size = failed = 0
        async with opened(settings) as database:
            types = DocumentTypes(settings)
            async for each in compact_documents(database, types, retention, dry_run=dry_run):
                if each.problem is not None:
                    click.echo(f"{each.doc_id}: not compacted: {each.problem}", err=True)
                    failed += 1
                    continue
                say(each)
                operations += each.part.operations
                size += each.part.bytes
        done = "would be removed" if dry_run else "removed"
        click.echo(f"{operations} operations {done}, {size} bytes")
        return not failed

    is_done = asyncio.run(run())
    if file is not None and not dry_run:
        click.echo(f"{vacuum(file)} bytes freed")
    if not is_done:
        sys.exit(1)


def say(compaction: Compaction) -> None:
    part = compaction.part
    click.echo(
        f"{compaction.doc_id}: {part.operations} operations up to version {part.version}, "
        f"{part.bytes} bytes"
    )
