"""The database's schema: which one it has, and bringing it to the one of this program.

Plain functions over a connection, inside the caller's transaction. Alembic does the work; the
scripts are in `migrations/`.
"""

from __future__ import annotations

import enum
import functools
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import ColumnClause, Connection, column, false, inspect, select, table, update

from ..errors import SchemaMismatch
from . import tables

__all__ = [
    "SchemaState",
    "check",
    "check_writable",
    "current_revision",
    "head_revision",
    "needs_upgrade",
    "state",
    "upgrade",
    "write_something",
]

_VERSION_TABLE = "alembic_version"


class SchemaState(enum.Enum):
    EMPTY = "empty"
    OLDER = "older"
    CURRENT = "current"
    NEWER = "newer"
    FOREIGN = "foreign"


_MISMATCHES = {
    SchemaState.EMPTY: "the database is empty: run `collab migrate`",
    SchemaState.OLDER: "the database was made by an older version of this program: "
    "make a copy of it, then run `collab migrate`",
    SchemaState.NEWER: "the database was made by a newer version of this program: "
    "run that version, or choose another database",
    SchemaState.FOREIGN: "the database holds tables of another program: choose another database",
}


def head_revision() -> str:
    """The schema revision that this program works with."""
    head = _scripts().get_current_head()
    if head is None:
        raise RuntimeError(f"no migration scripts in {_folder()}")
    return head


def current_revision(connection: Connection) -> str | None:
    """The schema revision that the database has; None if it has none."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return None
    found = connection.scalar(select(column("version_num")).select_from(table(_VERSION_TABLE)))
    return None if found is None else str(found)


def state(connection: Connection) -> SchemaState:
    """How the database's schema relates to this program's."""
    revision = current_revision(connection)
    if revision == head_revision():
        return SchemaState.CURRENT
    if any(script.revision == revision for script in _scripts().walk_revisions()):
        return SchemaState.OLDER
    present = set(inspect(connection).get_table_names()) - {_VERSION_TABLE}
    if revision is None:
        return SchemaState.FOREIGN if present else SchemaState.EMPTY
    ours = present.issuperset(tables.metadata.tables)
    return SchemaState.NEWER if ours else SchemaState.FOREIGN


def check(connection: Connection) -> None:
    """Raise `SchemaMismatch` unless the schema is this program's."""
    found = state(connection)
    if found is not SchemaState.CURRENT:
        raise SchemaMismatch(_MISMATCHES[found])


def check_writable(connection: Connection) -> None:
    """The same, and let a read-only database say so; nothing is written."""
    check(connection)
    connection.execute(update(tables.documents).where(false()).values(version=0))


def write_something(connection: Connection) -> None:
    """Change something that nothing is read from, so that it has to be written."""
    if connection.dialect.name == "sqlite":
        # SQLite leaves out what does not change anything.
        number = connection.exec_driver_sql("PRAGMA user_version").scalar_one()
        connection.exec_driver_sql(f"PRAGMA user_version = {(int(number) + 1) % 2**16}")
    else:
        version: ColumnClause[str] = column("version_num")
        connection.execute(update(table(_VERSION_TABLE, version)).values(version_num=version))


def needs_upgrade(connection: Connection) -> bool:
    """Whether the database is empty or older than this program.

    Raises:
        SchemaMismatch: it is of a newer version or of another program.
    """
    found = state(connection)
    if found in (SchemaState.NEWER, SchemaState.FOREIGN):
        raise SchemaMismatch(_MISMATCHES[found])
    return found is not SchemaState.CURRENT


def upgrade(connection: Connection) -> None:
    """Bring an empty or older database to this program's schema.

    Not for two at a time in one process: Alembic keeps what it works on in module globals.

    Raises:
        SchemaMismatch: it is of a newer version or of another program; nothing has changed.
    """
    if not needs_upgrade(connection):
        return
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_folder()).replace("%", "%%"))
    # The folder may hold a colon or a space; nothing else is to be split.
    config.set_main_option("path_separator", "newline")
    return config


@functools.cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


@functools.cache
def _folder() -> Path:
    """`collab/migrations` where the package is installed, `migrations` beside it in a checkout."""
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "migrations", package.parent / "migrations"):
        if (folder / "env.py").is_file():
            return folder
    raise RuntimeError(f"the migration scripts are missing: looked in {package} and beside it")
