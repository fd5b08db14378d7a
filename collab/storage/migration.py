"""Bringing a database to this program's schema, and asking which one it has."""

from __future__ import annotations

import asyncio

from . import schema
from .database import Database
from .schema import head_revision

__all__ = ["check_schema", "current_revision", "head_revision", "migrate"]


def migrate(url: str, *, busy_timeout_seconds: float = 5.0) -> str:
    """Bring the database at `url` to this program's schema, and return that schema's revision.

    An empty one gets its tables; one that is current is left alone. It happens in one transaction
    where the database can do that (SQLite and PostgreSQL can), so several programs may try at once.

    For a command line. Within an event loop it is `await Database(url).open(upgrade=True)`.

    Raises:
        ConfigurationError, StorageUnavailable: as for `Database.open`.
        SchemaMismatch: the database is of a newer version or of another program; nothing has
            changed.
    """

    async def run() -> None:
        database = Database(url, busy_timeout_seconds=busy_timeout_seconds)
        await database.open(upgrade=True)
        await database.close()

    asyncio.run(run())
    return head_revision()


async def check_schema(database: Database) -> None:
    """Raise `SchemaMismatch`, saying what to do, unless the schema is this program's."""
    await database.read(schema.check)


async def current_revision(database: Database) -> str | None:
    """The revision of the database's schema; None if it has none."""
    return await database.read(schema.current_revision)
