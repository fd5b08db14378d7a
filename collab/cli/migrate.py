"""`collab migrate`"""

from __future__ import annotations

from typing import Any

import click

from ..maintenance.opening import check_kept
from ..settings import Settings
from ..storage import migrate as run_migrations
from .options import given, setting_options

__all__ = ["migrate"]


@click.command(short_help="Migrate a database to the current schema.")
@setting_options("database")
def migrate(**options: Any) -> None:
    """Migrate a database to the schema of this program.

    `collab serve` migrates an SQLite file automatically. Any other database is migrated with this
    command only, so that the operator chooses the time.
    """
    settings = Settings(**given(options))
    check_kept(settings)
    run_migrations(settings.database)
    click.echo("The database has the current schema.")
