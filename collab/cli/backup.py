"""`collab backup` and `collab restore`"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..maintenance.backup import back_up
from ..maintenance.backup import restore as put_back
from ..maintenance.opening import existing_file, sqlite_file
from ..settings import Settings
from .options import given, setting_options

__all__ = ["backup", "restore"]

INSTEAD = "back up another database with its own tools, such as pg_dump"
PATH = click.Path(path_type=Path, dir_okay=False)


@click.command(short_help="Copy the database while it is in use.")
@setting_options("database")
@click.argument("file", type=PATH)
def backup(file: Path, **options: Any) -> None:
    """Copy the SQLite database to FILE, as it is at one instant. A server may run, and nobody
    waits.

    The copy is verified before it gets its name; to verify what is in it, too, run `collab check`
    on it. For another database, use its own tools, such as pg_dump.
    """
    settings = Settings(**given(options))
    source = sqlite_file(settings, INSTEAD)
    existing_file(settings)
    click.echo(f"{file}: {back_up(source, file)} bytes")


@click.command(short_help="Make the database of a backup.")
@setting_options("database")
@click.argument("file", type=PATH)
@click.option(
    "--replace",
    is_flag=True,
    help="Put the database that is there aside. Only while no server runs.",
)
def restore(file: Path, replace: bool, **options: Any) -> None:
    """Make the SQLite database of the backup FILE, which stays as it is.

    Every document counts as another one than before: who comes back to it gets it as it is in the
    backup, and what an editor has typed since is kept there, not merged.
    """
    settings = Settings(**given(options))
    target = sqlite_file(settings, "restore another database with its own tools")
    aside = put_back(file, target, replace=replace)
    if aside is not None:
        click.echo(f"the database that was there is now {aside}")
    click.echo(f"{target}: restored from {file}")
