"""`collab migrate`"""

from __future__ import annotations

from typing import Any

import click

from ..maintenance.opening import check_kept
from ..settings import Settings
from ..storage import migrate as run_migrations
from .options import given, setting_options

__all__ = ["migrate"]


@click.command(short_help="Bring a database to this program's schema.")
@setting_options("database")
def migrate(**options: Any) -> None:
    """Bring a database to the schema of this program.

    `collab serve` does so by itself for its SQLite file; any other database is migrated with this
    command, so that it happens when you say so.
    """
    settings = Settings(**given(options))
    check_kept(settings)
    run_migrations(settings.database)
    click.echo("The database is at this program's schema.")
