from __future__ import annotations

import asyncio
import logging
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

from collab.errors import ConfigurationError, SchemaMismatch
from collab.storage import (
    Database,
    DatabaseStore,
    DocumentRecord,
    Store,
    check_schema,
    current_revision,
    head_revision,
    migrate,
    schema,
)
from collab.storage.tables import metadata

from .edits import append, line_of, program, tell

TOP = Path(__file__).parents[2]


def tables(file: Path) -> set[str]:
    with sqlite3.connect(file) as connection:
        names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        found = {name for (name,) in names if not name.startswith("sqlite_")}
    connection.close()
    return found


OURS = {"alembic_version", *metadata.tables}


async def test_the_migrations_make_the_tables_that_the_program_expects(database: Database) -> None:
    def differences(connection: Connection) -> list[Any]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    assert await database.read(differences) == []


async def test_the_migrations_make_what_alembic_does_not_compare(database: Database) -> None:
    def definitions(connection: Connection) -> dict[str, str]:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql NOT NULL")
        return {row.name: row.sql for row in rows}

    migrated = await database.read(definitions)
    direct = Database("sqlite://")
    await direct.open()
    await direct.write(lambda connection: metadata.drop_all(connection))
    await direct.write(lambda connection: metadata.create_all(connection))
    created = await direct.read(definitions)
    await direct.close()

    def words(sql: str) -> list[str]:
        return sorted(sql.replace(",", " ").replace("(", " ( ").replace(")", " ) ").split())

    assert {name: words(sql) for name, sql in migrated.items()} == {
        name: words(sql) for name, sql in created.items()
    }
    assert "AUTOINCREMENT" in migrated["documents"]
    assert "WITHOUT ROWID" in migrated["operations"]


async def test_a_new_file_is_brought_to_the_newest_schema_when_it_is_opened(
    database: Database,
) -> None:
    await check_schema(database)
    assert await current_revision(database) == head_revision()


async def test_without_upgrade_an_empty_database_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(SchemaMismatch, match="empty: run `collab migrate`"):
        await Database(url).open(upgrade=False)
    assert tables(tmp_path / "documents.db") == set()


def test_migrate_makes_the_tables_and_may_be_repeated(url: str, tmp_path: Path) -> None:
    assert migrate(url) == head_revision()
    assert migrate(url) == head_revision()
    assert tables(tmp_path / "documents.db") == OURS


def test_migrate_says_what_is_wrong_with_a_database(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="does not exist"):
        migrate(f"sqlite:///{tmp_path}/nowhere/x.db")


async def test_opening_leaves_the_logging_of_the_program_alone(url: str) -> None:
    root = logging.getLogger()
    before = (root.level, list(root.handlers), logging.getLogger("collab").disabled)
    database = Database(url)
    await database.open()
    await database.close()
    assert (root.level, list(root.handlers), logging.getLogger("collab").disabled) == before


# -- an older schema ----------------------------------------------------------------------------


@pytest.fixture
def newer_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This program with one migration more, one that rebuilds the table all others refer to."""
    folder = tmp_path / "migrations"
    shutil.copytree(TOP / "migrations", folder)
    (folder / "versions" / "9999_rebuild.py").write_text(
        f"""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head_revision()}"


def upgrade():
    with op.batch_alter_table("documents", recreate="always") as batch:
        batch.alter_column("title", type_=sa.String(200))
"""
    )
    monkeypatch.setattr(schema, "_folder", lambda: folder)
    schema._scripts.cache_clear()
    yield
    schema._scripts.cache_clear()


async def test_an_older_file_is_upgraded_with_everything_in_it(
    database: Database,
    store: Store,
    document: DocumentRecord,
    request: pytest.FixtureRequest,
) -> None:
    await store.operations.append([append(document, 0, 10)])
    await store.snapshots.add(document.key, 10, '"text"')
    await database.close()
    request.getfixturevalue("newer_program")

    with pytest.raises(SchemaMismatch, match="older version of this program: make a copy"):
        await database.open(upgrade=False)
    await database.open()
    assert await current_revision(database) == "9999"
    stored = await store.catalog.find_document("plan")
    assert stored is not None
    assert (stored.key, stored.version) == (document.key, 10)
    assert len(await store.operations.read(document.key, 0, 100)) == 10
    assert await store.snapshots.latest(document.key) is not None


# -- at once ------------------------------------------------------------------------------------


async def test_several_in_one_process_open_a_new_file_at_once(url: str, tmp_path: Path) -> None:
    urls = [url, url, url, f"sqlite:///{tmp_path}/another.db", "sqlite://", "sqlite://"]
    databases = [Database(each) for each in urls]
    await asyncio.gather(*(database.open() for database in databases))
    for database in databases:
        await check_schema(database)
    await asyncio.gather(*(database.close() for database in databases))


async def test_several_threads_open_databases_at_once(tmp_path: Path) -> None:
    urls = [f"sqlite:///{tmp_path}/{number % 2}.db" for number in range(6)]
    found = await asyncio.gather(*(asyncio.to_thread(migrate, url) for url in urls))
    assert set(found) == {head_revision()}


async def test_two_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    async with (
        program("-m", "tests.storage.opener", "one") as one,
        program("-m", "tests.storage.opener", "two") as two,
    ):
        assert [await line_of(one), await line_of(two)] == ["ready", "ready"]
        for round_ in range(15):
            url = f"sqlite:///{tmp_path}/{round_}.db"
            await asyncio.gather(tell(one, url), tell(two, url))
            assert [await line_of(one), await line_of(two)] == ["opened", "opened"]
            database = Database(url)
            await database.open()
            documents, _ = await DatabaseStore(database).catalog.list_documents()
            assert {each.doc_id for each in documents} == {"one", "two"}
            await database.close()


# -- the alembic command ------------------------------------------------------------------------


async def alembic(*arguments: str, database: str | None = None) -> tuple[int, str]:
    environment = {key: value for key, value in os.environ.items() if key != "COLLAB_DATABASE"}
    if database is not None:
        environment["COLLAB_DATABASE"] = database
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "alembic",
        *arguments,
        cwd=TOP,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, output.decode()


async def test_alembic_upgrades_the_database_that_it_is_given(tmp_path: Path) -> None:
    by_option, by_environment = tmp_path / "option.db", tmp_path / "environment.db"
    (code, output), (code2, output2) = await asyncio.gather(
        alembic("-x", f"database=sqlite:///{by_option}", "upgrade", "head"),
        alembic("upgrade", "head", database=f"sqlite:///{by_environment}"),
    )
    assert (code, code2) == (0, 0), output + output2
    for file in (by_option, by_environment):
        assert tables(file) == OURS
        database = Database(f"sqlite:///{file}")
        await database.open(upgrade=False)
        await database.close()


async def test_alembic_prefers_the_option_and_goes_back_too(tmp_path: Path) -> None:
    file = tmp_path / "documents.db"
    await asyncio.to_thread(migrate, f"sqlite:///{file}")
    code, output = await alembic(
        "-x", f"database=sqlite:///{file}", "downgrade", "base", database="sqlite:///wrong/x.db"
    )
    assert code == 0, output
    assert tables(file) == {"alembic_version"}


async def test_alembic_prints_the_statements_without_a_database(tmp_path: Path) -> None:
    file = tmp_path / "documents.db"
    code, output = await alembic("-x", f"database=sqlite:///{file}", "upgrade", "head", "--sql")
    assert code == 0, output
    assert "CREATE TABLE documents" in output
    assert os.listdir(tmp_path) == []


async def test_the_migrations_are_found_where_the_package_is_installed(tmp_path: Path) -> None:
    shutil.copytree(TOP / "collab", tmp_path / "collab")
    shutil.copytree(TOP / "migrations", tmp_path / "collab" / "migrations")
    script = "import collab.storage as s; print(s.__file__, s.migrate('sqlite:///documents.db'))"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, cwd=tmp_path, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await process.communicate()
    installed = tmp_path / "collab" / "storage" / "__init__.py"
    assert output.decode().split() == [str(installed), head_revision()]
    assert tables(tmp_path / "documents.db") == OURS
