"""`collab backup` and `collab restore`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..maintenance.backup import back_up
from ..maintenance.backup import restore as restore_backup
from ..maintenance.opening import existing_file, sqlite_file
from ..settings import Settings
from .options import given, setting_options

__all__ = ["backup", "restore"]

INSTEAD = "back up another database with its own tools, such as pg_dump"
PATH = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Back up the database while it is in use.")
@setting_options("database")
@click.argument("file", type=PATH)
def backup(file: Path, **options: Any) -> None:
    """Copy the SQLite database to FILE, as of one point in time. A server may run, and is not
    blocked.

    The copy is verified before it gets its name. To verify the documents in it as well, run `collab
    check` on it. For another database, use its own tools, such as pg_dump.
    """
    settings = Settings(**given(options))
    source = sqlite_file(settings, INSTEAD)
    existing_file(settings)
    click.echo(f"{file}: {back_up(source, file)} bytes")


@click.command(short_help="Restore the database from a backup.")
@setting_options("database")
@click.argument("file", type=PATH)
@click.option(
    "--replace",
    is_flag=True,
    help="Rename the existing database. Only while no server runs.",
)
def restore(file: Path, replace: bool, **options: Any) -> None:
    """Restore the SQLite database from the backup FILE, which is not changed.

    Every document gets a new identity: a client that reconnects receives the content of the backup.
    Edits that an editor has made since then are kept in that editor and not merged.
    """
    settings = Settings(**given(options))
    target = sqlite_file(settings, "restore another database with its own tools")
    aside = restore_backup(file, target, replace=replace)
    if aside is not None:
        click.echo(f"the previous database is now {aside}")
    click.echo(f"{target}: restored from {file}")
