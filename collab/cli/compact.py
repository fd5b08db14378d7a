"""`collab compact`"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import click

from ..care.compact import Retention, compact_document, droppable, vacuum
from ..care.opening import existing_file, opened, sqlite_file
from ..documents.document_types import DocumentTypes
from ..errors import DocumentDamaged, WrongDocType
from ..installed_types import register_installed_types
from ..settings import Settings
from ..storage import Database, DocumentRecord, Repository
from ..storage.inspection import inspect_document, inspect_keys
from .options import given, setting_options

__all__ = ["compact"]

DAY_SECONDS = 86_400.0
PAGE_DOCUMENTS = 500


@click.command(short_help="Let the beginning of documents' histories go.")
@setting_options("database")
@click.option(
    "--keep-operations",
    type=click.IntRange(min=0),
    help="So many of a document's newest operations stay.",
)
@click.option(
    "--keep-days", type=click.FloatRange(min=0), help="Operations younger than this stay."
)
@click.option("--dry-run", is_flag=True, help="Only say what would go.")
@click.option(
    "--vacuum",
    "with_vacuum",
    is_flag=True,
    help="Then make an SQLite file smaller. Only while no server runs.",
)
def compact(
    keep_operations: int | None,
    keep_days: float | None,
    dry_run: bool,
    with_vacuum: bool,
    **options: Any,
) -> None:
    """Let each document's operations go that are neither among its newest nor young, and keep a
    snapshot in their place. A server may run.

    The content stays, and so does the identity of each edit: one that is sent again is still
    recognised. Versions before the snapshot can't be shown or restored any more.
    """
    if keep_operations is None and keep_days is None:
        raise click.UsageError("say what stays: --keep-operations, --keep-days or both")
    settings = Settings(**given(options))
    register_installed_types()
    file = sqlite_file(settings, "other databases vacuum by themselves") if with_vacuum else None
    existing_file(settings)
    since = None if keep_days is None else time.time() - keep_days * DAY_SECONDS
    retention = Retention(keep_operations, since)

    async def run() -> bool:
        async with opened(settings) as database:
            return await compact_all(database, DocumentTypes(settings), retention, dry_run)

    is_done = asyncio.run(run())
    if file is not None and not dry_run:
        click.echo(f"{vacuum(file)} bytes were given back")
    if not is_done:
        sys.exit(1)


async def compact_all(
    database: Database, types: DocumentTypes, retention: Retention, dry_run: bool
) -> bool:
    """Whether every document could be compacted."""
    repository = Repository(database)
    operations = size = failed = after = 0
    while keys := await database.read(inspect_keys, after, PAGE_DOCUMENTS):
        for key in keys:
            stored = await database.read(inspect_document, key)
            part = stored and await droppable(repository, stored.record, retention)
            if not stored or not part:
                continue
            if not dry_run and not await compact_one(
                repository, types, stored.record, part.version
            ):
                failed += 1
                continue
            click.echo(
                f"{stored.record.doc_id}: {part.operations} operations up to version "
                f"{part.version}, {part.bytes} bytes"
            )
            operations += part.operations
            size += part.bytes
        after = keys[-1]
    would = "would have gone" if dry_run else "have gone"
    click.echo(f"{operations} operations {would}, {size} bytes of them")
    return not failed


async def compact_one(
    repository: Repository, types: DocumentTypes, record: DocumentRecord, version: int
) -> bool:
    try:
        await compact_document(repository, types, record, version)
    except (DocumentDamaged, WrongDocType) as error:
        click.echo(f"{record.doc_id}: left as it is: {error.message}", err=True)
        return False
    return True
