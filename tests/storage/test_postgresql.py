"""What is special to PostgreSQL over asyncpg: the kept connection, and commits that hang."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import pytest
from msgspec import structs
from sqlalchemy import Connection, text

from collab.errors import StorageUnavailable
from collab.storage import Append, Database, DatabaseStore, DocumentRecord, Store

from .edits import append, operation, stores

WAITING = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
SESSION = "SELECT FROM pg_stat_activity WHERE pid ="
IS_WAITING = f"SELECT EXISTS ({WAITING})"
DEFAULTS = {"synchronous_standby_names": "", "full_page_writes": "on"}
POLL_SECONDS = 0.01


@pytest.fixture
def url(postgresql_url: str) -> str:
    return postgresql_url


@pytest.fixture
async def admin(url: str) -> AsyncIterator[Any]:
    """Another program's connection, which waits for no standby."""
    connection = await asyncpg.connect(url, server_settings={"synchronous_commit": "off"})
    yield connection
    await connection.close()


async def configure(admin: Any, name: str, value: str | None) -> None:
    change = f"RESET {name}" if value is None else f"SET {name} = '{value}'"
    await admin.execute(f"ALTER SYSTEM {change}")
    await admin.execute("SELECT pg_reload_conf()")
    expected = DEFAULTS[name] if value is None else value
    await until(admin, f"SELECT current_setting('{name}') = '{expected}'")


async def until(admin: Any, condition: str) -> None:
    """Return once the database says that this is so."""
    # It rings no bell.
    while not await admin.fetchval(condition):  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)


@pytest.fixture
async def no_standby(
    database: Database, document: DocumentRecord, admin: Any
) -> AsyncIterator[None]:
    """Each commit waits for a synchronous standby that never answers."""
    await configure(admin, "synchronous_standby_names", "nobody")
    yield
    await configure(admin, "synchronous_standby_names", None)


async def version_of(admin: Any) -> int:
    found = await admin.fetchval("SELECT version FROM documents")
    assert isinstance(found, int)
    return found


async def hasty_store(url: str) -> tuple[Database, Store]:
    hasty = Database(url, timeout_seconds=2)
    await hasty.open()
    return hasty, DatabaseStore(hasty)


# -- commits that hang --------------------------------------------------------------------------


def title(connection: Connection) -> None:
    connection.execute(text("UPDATE documents SET title = 'changed'"))


async def an_append(database: Database, document: DocumentRecord) -> None:
    await DatabaseStore(database).operations.append([append(document, 0)])


async def a_title(database: Database, document: DocumentRecord) -> None:
    await database.write(title)


Write = Callable[[Database, DocumentRecord], Awaitable[None]]


async def run_out_of_time(url: str, admin: Any, document: DocumentRecord, write: Write) -> None:
    database = Database(url, timeout_seconds=2)
    await database.open()
    with pytest.raises(StorageUnavailable, match="has not answered"):
        await write(database, document)
    await database.close()


async def end_with_the_loop(url: str, admin: Any, document: DocumentRecord, write: Write) -> None:
    async def until_hanging_there() -> None:
        database = Database(url)
        await database.open()
        writing = asyncio.ensure_future(write(database, document))
        connection = await asyncpg.connect(url)
        await until(connection, IS_WAITING)
        await connection.close()
        assert not writing.done()

    await asyncio.to_thread(asyncio.run, until_hanging_there())
    gc.collect()


# What an event loop leaves behind at its end nobody can close any more.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("give_up", [run_out_of_time, end_with_the_loop])
@pytest.mark.parametrize("write", [an_append, a_title])
async def test_a_commit_that_is_given_up_is_not_cancelled(
    url: str, document: DocumentRecord, admin: Any, no_standby: None, give_up: Any, write: Write
) -> None:
    await give_up(url, admin, document, write)
    # PostgreSQL would show at once what it was asked to cancel.
    await until(admin, IS_WAITING)
    shown = await admin.fetchrow("SELECT version, title FROM documents")
    assert tuple(shown) == (0, "A plan")
    (waiting,) = await admin.fetch(WAITING)
    await configure(admin, "synchronous_standby_names", None)
    await until(admin, f"SELECT NOT EXISTS ({SESSION} {waiting['pid']})")
    shown = await admin.fetchrow("SELECT version, title FROM documents")
    assert tuple(shown) in ((1, "A plan"), (0, "changed"))


async def test_while_a_commit_hangs_nothing_more_is_sent_and_its_outcome_is_read_back(
    url: str, database: Database, document: DocumentRecord, admin: Any, no_standby: None
) -> None:
    hasty, store = await hasty_store(url)
    with pytest.raises(StorageUnavailable, match=r"has not answered for 2 s"):
        await store.operations.append([append(document, 0)])
    for _ in range(3):
        with pytest.raises(StorageUnavailable, match="has not ended what was sent before"):
            await store.operations.append([append(document, 0)])
        with pytest.raises(StorageUnavailable, match="has not ended what was sent before"):
            await store.operations.holds_edit(document.key, "ada", 1)
    assert len(await admin.fetch(WAITING)) == 1
    assert await store.operations.find_edit(document.key, "ada", 1) is None
    await configure(admin, "synchronous_standby_names", None)
    while True:
        with contextlib.suppress(StorageUnavailable):
            assert await store.operations.holds_edit(document.key, "ada", 1)
            break
        await asyncio.sleep(POLL_SECONDS)
    assert await stores(store, [append(document, 0)]) == [False]
    assert await stores(store, [append(document, 1)]) == [True]
    await hasty.close()


# -- the connection that is kept ----------------------------------------------------------------


async def cut_all(admin: Any) -> None:
    await admin.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = 'collab' AND pid <> pg_backend_pid()"
    )


async def test_after_a_fault_it_is_made_anew(
    store: Store, document: DocumentRecord, admin: Any
) -> None:
    version = 0
    for _ in range(5):
        assert await stores(store, [append(document, version)]) == [True]
        version += 1
        await cut_all(admin)
        while True:
            with contextlib.suppress(StorageUnavailable):
                # What was sent before it was noticed is not stored: the session had ended.
                assert await stores(store, [append(document, version)]) == [True]
                version += 1
                break
    assert await version_of(admin) == version


async def test_one_connection_appends_for_all_who_append_at_once(store: Store, admin: Any) -> None:
    documents = [await store.catalog.create_document(f"{n}", "text") for n in range(20)]
    for version in range(3):
        appends = (stores(store, [append(each, version)]) for each in documents)
        assert await asyncio.gather(*appends) == [[True]] * 20
    appending = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%SKIP LOCKED%given%'"
    assert await admin.fetchval(appending + " AND pid <> pg_backend_pid()") <= 1


# -- a row that is locked -----------------------------------------------------------------------


async def test_a_locked_document_is_waited_for_and_the_others_are_stored(
    store: Store, document: DocumentRecord, admin: Any
) -> None:
    other = await store.catalog.create_document("other", "text")
    async with admin.transaction():
        await admin.execute("UPDATE documents SET title = 'new' WHERE doc_id = 'plan'")
        appending = asyncio.ensure_future(stores(store, [append(document, 0), append(other, 0)]))
        await until(admin, "SELECT version = 1 FROM documents WHERE doc_id = 'other'")
        assert not appending.done()
    assert await appending == [True, True]


async def test_a_document_that_stays_locked_is_not_stored(
    url: str, store: Store, document: DocumentRecord, admin: Any
) -> None:
    other = await store.catalog.create_document("other", "text")
    impatient = Database(url, busy_timeout_seconds=0.05)
    await impatient.open()
    async with admin.transaction():
        await admin.execute("SELECT FROM documents WHERE doc_id = 'plan' FOR UPDATE")
        batch = [append(document, 0), append(other, 0)]
        assert await stores(DatabaseStore(impatient), batch) == [False, True]
    await impatient.close()
    assert await stores(store, [append(document, 0)]) == [True]


# -- values -------------------------------------------------------------------------------------


async def test_a_text_with_nul_keeps_only_its_own_operations_out(
    store: Store, document: DocumentRecord, caplog: pytest.LogCaptureFixture
) -> None:
    others = [await store.catalog.create_document(f"{n}", "text") for n in range(3)]
    secret = structs.replace(operation(1), operation='"secret\0"')
    batch = [append(each, 0) for each in others]
    batch.insert(1, Append(document.key, document.epoch, 0, (secret,)))
    assert await stores(store, batch) == [True, False, True, True]
    assert "secret" not in caplog.text


async def test_updated_at_moves_when_it_is_a_second_old(
    store: Store, document: DocumentRecord
) -> None:
    begin = document.updated_at
    seen = []
    for version, later in enumerate([0.5, 0.9, 1.5, 2.0, 2.6]):
        record = structs.replace(operation(version + 1), created_at=begin + later)
        batch = [Append(document.key, document.epoch, version, (record,))]
        assert await stores(store, batch) == [True]
        found = await store.catalog.find_document("plan")
        assert found is not None
        seen.append(found.updated_at - begin)
    assert seen == pytest.approx([0, 0, 1.5, 1.5, 2.6])


# -- how safe it is -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "used"), [("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")]
)
async def test_each_connection_commits_synchronously(
    url: str, database: Database, admin: Any, given: str, used: str
) -> None:
    await database.close()
    await admin.execute(f"ALTER DATABASE collab SET synchronous_commit = {given}")
    await database.open()

    def setting(connection: Connection) -> str:
        return str(connection.execute(text("SHOW synchronous_commit")).scalar_one())

    for _ in range(2):
        assert await database.write(setting) == await database.read(setting) == used


async def test_a_server_warns_of_settings_that_lose_what_is_stored(
    url: str, database: Database, admin: Any, caplog: pytest.LogCaptureFixture
) -> None:
    await configure(admin, "full_page_writes", "off")
    try:
        caplog.set_level(logging.WARNING, "collab")
        await database.close()
        await database.open()
        assert caplog.text == ""
        server = Database(url, serves=True)
        await server.open()
        await server.close()
        assert "full_page_writes=off" in caplog.text
        assert "fsync" not in caplog.text
    finally:
        await configure(admin, "full_page_writes", None)
