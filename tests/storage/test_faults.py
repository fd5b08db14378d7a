"""Real faults: what is said, and that what was stored stays stored."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec import structs
from sqlalchemy import Connection

from collab.errors import SchemaMismatch, StorageUnavailable
from collab.storage import (
    Append,
    Database,
    DatabaseStore,
    DocumentRecord,
    Store,
    check_schema,
    current_revision,
    head_revision,
)

from .edits import append, line_of, operation, program, stores, tell

LOCK = """
import sqlite3, sys
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.readline()
other.execute("COMMIT")
print("unlocked", flush=True)
"""


async def versions(store: Store, document: DocumentRecord) -> list[int]:
    return [record.version for record in await store.operations.read(document.key, 0, 10000)]


# -- locked -------------------------------------------------------------------------------------


async def test_a_lock_held_by_another_program_is_told_and_outlived(
    store: Store, document: DocumentRecord, tmp_path: Path
) -> None:
    async with program("-c", LOCK, str(tmp_path / "documents.db")) as other:
        assert await line_of(other) == "locked"
        with pytest.raises(StorageUnavailable, match="locked by another program; try again"):
            await store.operations.append([append(document, 0)])
        with pytest.raises(StorageUnavailable, match="locked"):
            await store.ping()
        assert await store.catalog.find_document("plan") == document
        await tell(other, "let go")
        assert await line_of(other) == "unlocked"
    assert await stores(store, [append(document, 0)]) == [True]
    await store.ping()


async def test_a_database_that_is_locked_at_the_start_is_told(
    url: str, database: Database, tmp_path: Path
) -> None:
    await database.close()
    async with program("-c", LOCK, str(tmp_path / "documents.db")) as other:
        assert await line_of(other) == "locked"
        with pytest.raises(StorageUnavailable, match=r"locked by another.*documents\.db"):
            await Database(url, busy_timeout_seconds=0.1).open()


async def test_a_new_file_that_is_locked_is_told_and_leaves_no_connection_behind(
    url: str, tmp_path: Path
) -> None:
    async with program("-c", LOCK, str(tmp_path / "documents.db")) as other:
        assert await line_of(other) == "locked"
        with pytest.raises(StorageUnavailable, match="locked by another program"):
            await Database(url, busy_timeout_seconds=0.1).open()
    # A connection that was forgotten warns when it is collected, which fails the test.
    gc.collect()


class Bell(logging.Handler):
    """Rings when a message is logged."""

    def __init__(self) -> None:
        super().__init__()
        self.rung = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        self.rung.set()


async def test_a_new_file_that_is_locked_is_waited_for(
    url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "collab.storage.faults")
    bell = Bell()
    database = Database(url, busy_timeout_seconds=60)
    async with program("-c", LOCK, str(tmp_path / "documents.db")) as other:
        assert await line_of(other) == "locked"
        logging.getLogger("collab.storage.faults").addHandler(bell)
        opening = asyncio.ensure_future(database.open())
        await bell.rung.wait()
        logging.getLogger("collab.storage.faults").removeHandler(bell)
        await tell(other, "let go")
        await opening
    await check_schema(database)
    await database.close()


# -- full ---------------------------------------------------------------------------------------


def limit_pages(connection: Connection, pages: int) -> None:
    """SQLite's own limit of the size, never below the present one."""
    connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")


async def test_a_full_database_is_told_and_takes_edits_again_once_there_is_room(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 10)])
    await database.write(limit_pages, 1)
    with pytest.raises(StorageUnavailable, match="the disk is full; something must be deleted"):
        await store.operations.append([append(document, 10, 1000)])
    assert await versions(store, document) == list(range(1, 11))
    await database.write(limit_pages, 2**30)
    assert await stores(store, [append(document, 10, 1000)]) == [True]
    assert await versions(store, document) == list(range(1, 1011))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 512 kB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    if (
        mount is None
        or subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)], capture_output=True
        ).returncode
    ):
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def remount(folder: Path, mode: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{mode}", str(folder)], check=True)


async def test_on_a_full_disk_nothing_acknowledged_is_lost(small_disk: Path) -> None:
    database = Database(f"sqlite:///{small_disk}/documents.db")
    await database.open()
    store = DatabaseStore(database)
    document = await store.catalog.create_document("plan", "text")
    ballast = small_disk / "ballast"
    ballast.write_bytes(bytes(100_000))
    stored = 0

    async def fill() -> None:
        nonlocal stored
        while stored < 100_000:
            assert await stores(store, [append(document, stored, 100)]) == [True]
            stored += 100

    with pytest.raises(StorageUnavailable, match="the disk is full"):
        await fill()
    assert await versions(store, document) == list(range(1, stored + 1))
    ballast.unlink()
    assert await stores(store, [append(document, stored, 10)]) == [True]
    await database.close()
    await database.open()
    assert await versions(store, document) == list(range(1, stored + 11))
    await database.close()


async def test_a_disk_that_is_full_at_the_start_is_told(small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(510_000))
    with pytest.raises(StorageUnavailable, match="the disk is full"):
        await Database(f"sqlite:///{small_disk}/documents.db").open()


# -- read-only ----------------------------------------------------------------------------------


async def test_a_read_only_database_is_told_at_the_start(
    database: Database, document: DocumentRecord, tmp_path: Path
) -> None:
    await database.close()
    read_only = Database(f"sqlite:///file:{tmp_path}/documents.db?mode=ro&uri=true")
    with pytest.raises(StorageUnavailable, match="it is read-only; its file and folder must be"):
        await read_only.open()


async def test_a_read_only_disk_is_told_at_the_start_and_on_the_edit(small_disk: Path) -> None:
    url = f"sqlite:///{small_disk}/documents.db"
    database = Database(url)
    await database.open()
    await DatabaseStore(database).catalog.create_document("plan", "text")
    await database.close()
    remount(small_disk, "ro")
    with pytest.raises(StorageUnavailable, match=r"read-only|can't be opened"):
        await Database(url).open()
    with pytest.raises(StorageUnavailable, match="can't be opened; it must exist"):
        await Database(f"sqlite:///{small_disk}/another.db").open()
    remount(small_disk, "rw")
    await database.open()
    assert await DatabaseStore(database).catalog.find_document("plan") is not None
    await database.close()


# -- damaged, deleted ---------------------------------------------------------------------------


async def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear Ada, " * 1000)
    with pytest.raises(StorageUnavailable, match=r"not an SQLite database.*letter\.txt"):
        await Database(f"sqlite:///{file}").open()
    assert file.read_text() == "Dear Ada, " * 1000
    assert os.listdir(tmp_path) == ["letter.txt"]


async def test_a_damaged_file_is_told(
    database: Database, store: Store, document: DocumentRecord, tmp_path: Path
) -> None:
    await store.operations.append([append(document, 0, 1000)])
    await database.close()
    content = (tmp_path / "documents.db").read_bytes()
    damaged = content[: len(content) // 2]
    (tmp_path / "documents.db").write_bytes(damaged + b"\xa5" * len(damaged))
    with pytest.raises(StorageUnavailable, match="its file is damaged; a backup must be restored"):
        await open_and_read(database, document)


async def open_and_read(database: Database, document: DocumentRecord) -> None:
    await database.open()
    await versions(DatabaseStore(database), document)


@pytest.mark.parametrize("replaced", [False, True])
async def test_nothing_is_acknowledged_once_the_file_is_gone(
    store: Store, document: DocumentRecord, tmp_path: Path, replaced: bool
) -> None:
    file = tmp_path / "documents.db"
    file.rename(tmp_path / "elsewhere.db")
    if replaced:
        file.write_bytes(b"")
    with pytest.raises(StorageUnavailable, match="deleted or replaced while in use; it must"):
        await store.operations.append([append(document, 0)])
    with pytest.raises(StorageUnavailable, match="deleted or replaced"):
        await store.ping()


async def test_a_missing_table_is_told_without_its_statement(
    database: Database,
    store: Store,
    document: DocumentRecord,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await database.write(drop)
    with pytest.raises(StorageUnavailable) as caught:
        await store.operations.append([append(document, 0)])
    message = "the database can't be used: it refused a statement; the log says which"
    assert str(caught.value) == message
    assert "no such table: operations" in caplog.text
    assert "é" not in caplog.text


def drop(connection: Connection) -> None:
    connection.exec_driver_sql("DROP TABLE operations")


async def test_an_error_shows_nobody_what_somebody_wrote(
    store: Store, document: DocumentRecord, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await store.operations.append([append(document, 0)])
    used = structs.replace(operation(2), client_edit_id=1)
    assert await stores(store, [Append(document.key, document.epoch, 1, (used,))]) == [False]
    assert "IntegrityError" in caplog.text
    assert "insert" not in caplog.text


# -- other schemas ------------------------------------------------------------------------------


async def test_a_newer_schema_is_refused_and_left_alone(
    database: Database, url: str, store: Store, document: DocumentRecord
) -> None:
    await database.write(set_revision, "9999")
    with pytest.raises(SchemaMismatch, match="newer version of this program"):
        await check_schema(database)
    with pytest.raises(SchemaMismatch, match="newer version"):
        await store.ping()
    assert await current_revision(database) == "9999"
    await database.close()
    for upgrade in (None, True, False):
        with pytest.raises(SchemaMismatch, match=r"newer version.*documents\.db"):
            await Database(url).open(upgrade=upgrade)


def set_revision(connection: Connection, revision: str) -> None:
    connection.exec_driver_sql("UPDATE alembic_version SET version_num = ?", (revision,))


@pytest.mark.parametrize(
    "tables",
    [
        ["CREATE TABLE photos (id INTEGER)"],
        ["CREATE TABLE documents (id INTEGER)", "CREATE TABLE operations (id INTEGER)"],
        ["CREATE TABLE alembic_version (version_num TEXT)", "CREATE TABLE photos (id INTEGER)"],
        [
            "CREATE TABLE alembic_version (version_num TEXT)",
            "INSERT INTO alembic_version VALUES ('f00')",
            "CREATE TABLE photos (id INTEGER)",
        ],
    ],
    ids=["tables", "tables of our names", "unused migrations", "own migrations"],
)
async def test_a_database_of_another_program_is_refused_and_left_alone(
    tmp_path: Path, tables: list[str]
) -> None:
    file = tmp_path / "photos.db"
    with sqlite3.connect(file) as theirs:
        for statement in tables:
            theirs.execute(statement)
    theirs.close()
    before = file.read_bytes()
    for upgrade in (None, True, False):
        with pytest.raises(SchemaMismatch, match=r"tables of another program.*photos\.db"):
            await Database(f"sqlite:///{file}").open(upgrade=upgrade)
    assert file.read_bytes() == before


async def test_an_open_that_failed_may_be_tried_again(
    url: str, database: Database, tmp_path: Path
) -> None:
    await database.write(set_revision, "9999")
    second = Database(url)
    with pytest.raises(SchemaMismatch):
        await second.open()
    await database.write(set_revision, head_revision())
    await asyncio.gather(second.open(), second.open())
    await second.close()
