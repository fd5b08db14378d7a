"""A database whose files are deleted, moved or replaced while it is open, and their return."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from collab.errors import StorageUnavailable
from collab.storage import Database, DocumentRecord, Store
from collab.storage.backends.sqlite import file_watch

from .edits import append, stores


@pytest.fixture(autouse=True)
def look_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_watch, "RETURN_SECONDS", 0.0)


@pytest.fixture
def file(tmp_path: Path, database: Database) -> Path:
    return tmp_path / "documents.db"


def rescued(file: Path) -> list[Path]:
    return list(file.parent.glob("documents.db.rescued-*"))


def count(file: Path) -> int:
    """The operations in a file as it is, its write-ahead log left out."""
    other = sqlite3.connect(f"file:{file}?mode=ro&immutable=1", uri=True)
    (found,) = other.execute("SELECT count(*) FROM operations").fetchone()
    other.close()
    return int(found)


def copy(file: Path, to: Path) -> None:
    source, target = sqlite3.connect(file), sqlite3.connect(to)
    source.backup(target)
    source.close()
    target.close()


async def refuse(store: Store, document: DocumentRecord, version: int) -> str:
    """Append where that must fail; returns what is said."""
    with pytest.raises(StorageUnavailable) as caught:
        await store.operations.append([append(document, version)])
    return str(caught.value)


async def test_what_is_in_a_deleted_file_is_not_read_either(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    file.unlink()
    await refuse(store, document, 0)
    with pytest.raises(StorageUnavailable, match="deleted or replaced while in use"):
        await store.operations.read(document.key, 0, 10)


async def test_reading_finds_out_by_itself_that_the_file_is_gone(store: Store, file: Path) -> None:
    file.unlink()
    with pytest.raises(StorageUnavailable, match="deleted or replaced while in use"):
        await store.catalog.find_document("plan")


async def test_a_deleted_database_is_saved_beside_its_place_and_taken_up_from_there(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    assert await stores(store, [append(document, 0, 10)]) == [True]
    file.unlink()
    await refuse(store, document, 10)
    await refuse(store, document, 10)
    (saved,) = rescued(file)
    # What was stored and not acknowledged is kept, too: the editor finds it acknowledged later.
    assert count(saved) == 11
    saved.rename(file)
    await store.ping()
    assert len(await store.operations.read(document.key, 0, 100)) == 11
    assert await stores(store, [append(document, 11)]) == [True]
    assert not rescued(file)


async def test_a_database_that_is_deleted_with_its_log_is_saved(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    assert await stores(store, [append(document, 0, 10)]) == [True]
    for each in file.parent.glob("documents.db*"):
        each.unlink()
    await refuse(store, document, 10)
    await refuse(store, document, 10)
    assert [count(each) for each in rescued(file)] == [11]


async def test_a_moved_database_is_complete_where_it_is_and_taken_up_when_it_is_back(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    assert await stores(store, [append(document, 0, 10)]) == [True]
    elsewhere = file.with_name("elsewhere.db")
    file.rename(elsewhere)
    await refuse(store, document, 10)
    await refuse(store, document, 10)
    assert count(elsewhere) == 11
    assert file.with_name("documents.db-wal").stat().st_size == 0
    assert not rescued(file)
    elsewhere.rename(file)
    assert await stores(store, [append(document, 11)]) == [True]


async def test_a_log_that_is_deleted_costs_nothing(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    assert await stores(store, [append(document, 0, 10)]) == [True]
    file.with_name("documents.db-wal").unlink()
    await refuse(store, document, 10)
    assert await stores(store, [append(document, 11)]) == [True]
    assert count(file) >= 11
    assert not rescued(file)


async def test_a_new_database_is_taken_up_but_never_made(
    url: str, store: Store, document: DocumentRecord, file: Path
) -> None:
    assert await stores(store, [append(document, 0)]) == [True]
    file.unlink()
    await refuse(store, document, 1)
    await refuse(store, document, 1)
    assert not file.exists()
    file.touch()
    assert "must be put back" in await refuse(store, document, 1)
    for each in file.parent.glob("documents.db*"):
        each.unlink()
    fresh = Database(url)
    await fresh.open()
    await fresh.close()
    assert await store.catalog.find_document("plan") is None
    assert (await store.catalog.create_document("plan", "text")).epoch != document.epoch


async def test_an_older_copy_is_refused(
    database: Database, store: Store, document: DocumentRecord, file: Path
) -> None:
    older = file.with_name("older.db")
    assert await stores(store, [append(document, 0)]) == [True]
    copy(file, older)
    assert await stores(store, [append(document, 1)]) == [True]
    older.rename(file)
    await refuse(store, document, 2)
    assert "lacks the newest edits; restart" in await refuse(store, document, 2)
    with pytest.raises(StorageUnavailable, match="lacks the newest edits"):
        await store.ping()
    assert [count(each) for each in rescued(file)] == [3]
    # Whoever restarts decides for it.
    await database.close()
    await database.open()
    assert len(await store.operations.read(document.key, 0, 100)) == 1


@pytest.mark.parametrize("content", [b"Dear Ada, " * 1000, b"SQLite format 3\0" + bytes(10_000)])
async def test_what_is_no_database_is_told_and_left_alone(
    store: Store, document: DocumentRecord, file: Path, content: bytes
) -> None:
    assert await stores(store, [append(document, 0)]) == [True]
    file.unlink()
    file.write_bytes(content)
    await refuse(store, document, 1)
    assert "not an SQLite database" in await refuse(store, document, 1)
    assert file.read_bytes() == content
    (saved,) = rescued(file)
    saved.replace(file)
    assert await stores(store, [append(document, 2)]) == [True]


async def test_half_a_copy_is_waited_for(
    store: Store, document: DocumentRecord, file: Path
) -> None:
    assert await stores(store, [append(document, 0, 1000)]) == [True]
    file.unlink()
    await refuse(store, document, 1000)
    await refuse(store, document, 1000)
    (saved,) = rescued(file)
    content = saved.read_bytes()
    with file.open("wb") as target:
        target.write(content[: len(content) // 2])
        target.flush()
        await refuse(store, document, 1000)
        target.write(content[len(content) // 2 :])
    assert await stores(store, [append(document, 1001)]) == [True]


async def test_what_can_t_be_saved_is_kept_open_until_it_can(
    store: Store, document: DocumentRecord, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert await stores(store, [append(document, 0, 10)]) == [True]
    shutil.rmtree(file.parent)
    await refuse(store, document, 10)
    assert "deleted, and can't be saved" in await refuse(store, document, 10)
    assert "could not save the deleted database" in caplog.text
    file.parent.mkdir()
    await refuse(store, document, 10)
    assert [count(each) for each in rescued(file)] == [11]


async def test_a_deletion_that_nobody_noticed_is_noticed_on_closing(
    database: Database, store: Store, document: DocumentRecord, file: Path
) -> None:
    assert await stores(store, [append(document, 0, 10)]) == [True]
    file.unlink()
    await database.close()
    assert [count(each) for each in rescued(file)] == [10]


async def test_a_database_that_is_closed_while_its_file_is_gone_may_be_opened_again(
    database: Database, store: Store, document: DocumentRecord, file: Path
) -> None:
    file.unlink()
    await refuse(store, document, 0)
    await database.close()
    with pytest.raises(StorageUnavailable, match="not open"):
        await store.ping()
    (saved,) = rescued(file)
    saved.rename(file)
    await database.open()
    assert await store.catalog.find_document("plan") == document or document.version == 0
