from __future__ import annotations

import asyncio
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from collab.errors import ConfigurationError, StorageUnavailable
from collab.storage import Database, DatabaseStore, DocumentRecord, Store

from .edits import append


def pragmas(connection: Connection) -> dict[str, Any]:
    # What a connection says of the journal is of its last look at the file.
    connection.exec_driver_sql("SELECT count(*) FROM documents")
    names = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}


def insert(connection: Connection, doc_id: str) -> None:
    connection.execute(
        text(
            "INSERT INTO documents (doc_id, epoch, doc_type, version, created_at, updated_at) "
            "VALUES (:doc_id, 'e', 'text', 0, 0, 0)"
        ),
        {"doc_id": doc_id},
    )


def hold(file: Path) -> sqlite3.Connection:
    """Take the write lock as another program would."""
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    return other


async def test_every_connection_is_durable_and_checks_its_references(database: Database) -> None:
    expected = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 200}
    assert await database.write(pragmas) == expected
    for found in await asyncio.gather(*(database.read(pragmas) for _ in range(8))):
        assert found == expected


async def test_a_transaction_that_raises_stores_nothing(database: Database, store: Store) -> None:
    def fail(connection: Connection) -> None:
        insert(connection, "plan")
        raise LookupError("on purpose")

    with pytest.raises(LookupError, match="on purpose"):
        await database.write(fail)
    assert await store.catalog.find_document("plan") is None
    await database.write(insert, "plan")
    assert await store.catalog.find_document("plan") is not None


async def test_tables_are_made_and_dropped_within_the_transaction(database: Database) -> None:
    def fail(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE extra (x)")
        connection.exec_driver_sql("DROP TABLE snapshots")
        raise LookupError

    def tables(connection: Connection) -> set[str]:
        query = "SELECT name FROM sqlite_master WHERE type = 'table'"
        return set(connection.exec_driver_sql(query).scalars())

    before = await database.read(tables)
    with pytest.raises(LookupError):
        await database.write(fail)
    assert await database.read(tables) == before


async def test_a_transaction_that_reads_can_not_write(database: Database) -> None:
    with pytest.raises(StorageUnavailable, match="read-only"):
        await database.read(insert, "plan")


async def test_a_write_holds_the_lock_from_its_first_read_on(
    database: Database, store: Store, document: DocumentRecord, tmp_path: Path
) -> None:
    def read_then_write(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT count(*) FROM documents")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("UPDATE documents SET title = 'theirs'")
        connection.exec_driver_sql("UPDATE documents SET title = 'ours'")

    other = sqlite3.connect(tmp_path / "documents.db", timeout=0, check_same_thread=False)
    await database.write(read_then_write)
    other.close()
    found = await store.catalog.find_document("plan")
    assert found is not None
    assert found.title == "ours"


async def test_writes_take_turns_in_order(database: Database) -> None:
    finished: list[int] = []

    async def write(number: int) -> None:
        await database.write(insert, f"{number}")
        finished.append(number)

    await asyncio.gather(*(write(number) for number in range(20)))
    assert finished == list(range(20))


async def test_reads_go_on_while_a_write_waits_for_the_lock(
    url: str, tmp_path: Path, store: Store, document: DocumentRecord
) -> None:
    patient = Database(url, busy_timeout_seconds=30)
    await patient.open()
    other = hold(tmp_path / "documents.db")
    write = asyncio.ensure_future(patient.write(insert, "other"))
    for _ in range(20):
        assert await DatabaseStore(patient).catalog.find_document("plan") == document
    assert not write.done()
    other.execute("COMMIT")
    other.close()
    await write
    await patient.close()


async def test_a_cancelled_caller_leaves_the_transaction_to_its_end(
    url: str, tmp_path: Path, store: Store
) -> None:
    patient = Database(url, busy_timeout_seconds=30)
    await patient.open()
    other = hold(tmp_path / "documents.db")
    write = asyncio.ensure_future(patient.write(insert, "plan"))
    await patient.read(pragmas)
    write.cancel()
    with pytest.raises(asyncio.CancelledError):
        await write
    other.execute("COMMIT")
    other.close()
    await patient.close()
    assert await store.catalog.find_document("plan") is not None


async def test_closing_waits_for_what_is_in_progress(url: str, store: Store) -> None:
    second = Database(url)
    await second.open()
    writes = [asyncio.ensure_future(second.write(insert, f"{number}")) for number in range(10)]
    await asyncio.sleep(0)
    await asyncio.gather(second.close(), second.close())
    await asyncio.gather(*writes)
    documents, _ = await store.catalog.list_documents()
    assert len(documents) == 10


async def test_a_database_may_be_opened_again(url: str) -> None:
    database = Database(url)
    await database.close()
    for doc_id in ("a", "b"):
        await asyncio.gather(database.open(), database.open())
        await DatabaseStore(database).catalog.create_document(doc_id, "text")
        await database.close()
        await database.close()
    await database.open()
    documents, _ = await DatabaseStore(database).catalog.list_documents()
    assert [document.doc_id for document in documents] == ["b", "a"]
    await database.close()


async def test_closing_leaves_one_file_that_holds_everything(
    database: Database, store: Store, document: DocumentRecord, tmp_path: Path
) -> None:
    await store.operations.append([append(document, 0, 5)])
    await database.close()
    assert os.listdir(tmp_path) == ["documents.db"]
    with sqlite3.connect(tmp_path / "documents.db") as file:
        assert file.execute("SELECT count(*) FROM operations").fetchone() == (5,)
    file.close()


BAD_URLS = {
    "collab.db": "not a URL: expected one such as",
    "": "not a URL",
    "sqlite://collab.db": "malformed: .*four slashes",
    "oracle9://host/name": "begins with 'oracle9', which is unknown",
    "mysql://user:secret@host/name": "'mysql', which is not asynchronous",
    "mysql+aiomysql://user:secret@host/name": "needs the driver 'aiomysql'.*pip install aiomysql",
    "postgresql+asyncpg://user:secret@host:notaport/name": "not a URL",
}


@pytest.mark.parametrize(("url", "message"), BAD_URLS.items())
async def test_a_bad_url_is_told_without_its_password(url: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message) as caught:
        await Database(url).open()
    assert "secret" not in str(caught.value)


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"folder '.*/nowhere' does not exist: create it"):
        await Database(f"sqlite:///{tmp_path}/nowhere/x.db").open()
    assert os.listdir(tmp_path) == []


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="is a folder: give the name of a file"):
        await Database(f"sqlite:///{tmp_path}").open()


async def test_a_path_relative_to_the_working_folder_will_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    database = Database("sqlite:///here.db")
    await database.open()
    monkeypatch.chdir("/")
    await DatabaseStore(database).catalog.create_document("plan", "text")
    await database.close()
    assert (tmp_path / "here.db").is_file()
