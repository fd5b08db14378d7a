"""`collab backup` and `collab restore`."""

from __future__ import annotations

import asyncio
import sqlite3
from pathlib import Path
from typing import Any

import pytest

from tests.damage import damage, rows
from tests.serverprocess import ServerProcess
from tests.storage.edits import line_of, program

from .conftest import Run
from .filled import contents


def test_a_backup_is_the_database_and_one_file(collab: Run, file: Path, folder: Path) -> None:
    outcome = collab("backup", "copy.db")
    assert (outcome.status, outcome.complaint) == (0, "")
    assert outcome.output == f"copy.db: {(folder / 'copy.db').stat().st_size} bytes\n"
    assert {each.name for each in folder.iterdir()} == {"collab.db", "copy.db"}
    assert collab("check", "--database", "sqlite:///copy.db").status == 0
    assert contents(folder / "copy.db") == contents(file)


async def test_a_backup_of_a_busy_database_is_the_beginning_of_its_log(
    folder: Path, collab_process: Run
) -> None:
    async with program("-m", "tests.storage.appender", f"sqlite:///{folder}/collab.db") as busy:
        for number in range(3):
            for _ in range(50):
                await line_of(busy)
            done = await asyncio.to_thread(collab_process, "backup", f"copy{number}.db")
            assert (done.status, done.complaint) == (0, "")
    query = "SELECT * FROM operations ORDER BY document_id, version"
    whole = rows(folder / "collab.db", query)
    sizes = []
    for number in range(3):
        copy = folder / f"copy{number}.db"
        part = rows(copy, query)
        pairs: list[Any] = rows(copy, "SELECT id, version FROM documents")
        heads = dict(pairs)
        assert part == [row for row in whole if row[1] <= heads[row[0]]]
        assert len(part) == sum(int(str(each)) for each in heads.values())
        sizes.append(len(part))
    assert sizes == sorted(set(sizes))
    assert sizes[-1] <= len(whole)


def test_a_backup_is_restored_under_new_epochs(collab: Run, file: Path, folder: Path) -> None:
    collab("backup", "copy.db")
    before, copied = contents(file), (folder / "copy.db").read_bytes()
    collab("delete", "notes", "--yes")
    assert "use --replace" in collab("restore", "copy.db").error
    outcome = collab("restore", "copy.db", "--replace")
    assert (outcome.status, outcome.complaint) == (0, "")
    assert "collab.db: restored from copy.db" in outcome.output
    assert contents(file) == before
    assert collab("check").status == 0
    assert (folder / "copy.db").read_bytes() == copied
    epochs = rows(file, "SELECT epoch FROM documents ORDER BY id")
    assert not set(epochs) & set(rows(folder / "copy.db", "SELECT epoch FROM documents"))
    (aside,) = folder.glob("collab.db.*.replaced")
    assert "notes" not in contents(aside)


def test_a_backup_is_restored_where_there_is_none(collab: Run, file: Path, folder: Path) -> None:
    collab("backup", "copy.db")
    outcome = collab("restore", "copy.db", "--database", "sqlite:///new.db")
    assert (outcome.status, outcome.output) == (0, "new.db: restored from copy.db\n")
    assert contents(folder / "new.db") == contents(file)


def test_nothing_is_replaced_while_a_server_has_it(collab: Run, file: Path, folder: Path) -> None:
    with ServerProcess(folder):
        assert collab("backup", "copy.db").status == 0
        outcome = collab("restore", "copy.db", "--replace")
        assert "a server or another program has" in outcome.error
        assert outcome.status == 2
        assert not list(folder.glob("*partial*")) + list(folder.glob("*replaced"))


def test_a_damaged_backup_is_refused(collab: Run, file: Path, folder: Path) -> None:
    collab("backup", "copy.db")
    copy = folder / "copy.db"
    data = bytearray(copy.read_bytes())
    page = 4096
    data[3 * page : 4 * page] = bytes(page)
    copy.write_bytes(data)
    outcome = collab("restore", "copy.db", "--replace")
    assert outcome.status == 1
    assert "damaged" in outcome.complaint
    assert len(contents(file)) == 4


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["backup", "collab.db"], "the file 'collab.db' exists already"),
        (["backup", "missing/copy.db"], "missing' does not exist"),
        (["backup", "copy.db", "--database", "sqlite:///other.db"], "there is no database"),
        (
            ["backup", "copy.db", "--database", "postgresql://localhost/notes"],
            "an SQLite file only: back up another database with its own tools, such as pg_dump",
        ),
        (["restore", "copy.db"], "the backup 'copy.db' does not exist"),
        (["restore", "foreign.db", "--replace"], "not a database of collab"),
        (["backup", "copy.db", "--database", "sqlite:///foreign.db"], "not a database of collab"),
    ],
)
def test_what_can_t_be_done_is_one_line_and_changes_nothing(
    collab: Run, file: Path, folder: Path, arguments: list[str], complaint: str
) -> None:
    connection = sqlite3.connect(folder / "foreign.db")
    connection.execute("CREATE TABLE theirs (id)")
    connection.close()
    outcome = collab(*arguments)
    assert complaint in outcome.error
    assert outcome.status == 2
    assert {each.name for each in folder.iterdir()} == {"collab.db", "foreign.db"}


def test_a_backup_of_an_older_schema_is_made_and_upgraded_when_it_is_served(
    collab: Run, file: Path, folder: Path
) -> None:
    """A backup is what one makes before an upgrade."""
    before = contents(file)
    damage(file, "UPDATE alembic_version SET version_num = '0002'")
    for table in ("tombstones", "identities", "damaged_snapshots"):
        damage(file, f"DROP TABLE {table}")
    for table in ("snapshots", "operations", "documents"):
        damage(file, f"ALTER TABLE {table} DROP COLUMN checksum")
    damage(file, "DROP INDEX ix_grants_user_id")
    for column in ("compacted_version", "compacted_checksum", "search_text"):
        damage(file, f"ALTER TABLE documents DROP COLUMN {column}")
    assert collab("backup", "copy.db").status == 0
    assert collab("restore", "copy.db", "--replace").status == 0
    assert "older version" in collab("check").error
    assert collab("migrate").status == 0
    assert contents(file) == before
    assert "47 operations have no checksum" in collab("check").output
    assert collab("repair").status == 0
    assert collab("check").output == "4 documents, 47 operations: sound\n"
