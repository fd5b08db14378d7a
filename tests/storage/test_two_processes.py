"""Two processes on one PostgreSQL database: two stores that share nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from collab.storage import Append, Database, DatabaseStore, DocumentRecord, Store

from .edits import append, stores

TRIES = 30


@pytest.fixture(params=["postgresql", "postgresql, generic"])
def url(request: pytest.FixtureRequest, postgresql_url: str) -> str:
    if request.param.endswith("generic"):
        request.getfixturevalue("generic_server")
    return postgresql_url


@pytest.fixture
async def other(url: str, database: Database) -> AsyncIterator[Store]:
    """The store of the other process."""
    other = Database(url)
    await other.open()
    yield DatabaseStore(other)
    await other.close()


async def create(store: Store, count: int) -> list[DocumentRecord]:
    return [await store.catalog.create_document(f"{number}", "text") for number in range(count)]


async def test_appends_in_opposite_orders_never_wait_for_each_other(
    store: Store, other: Store
) -> None:
    documents = await create(store, 20)
    for version in range(TRIES):
        batch = [append(document, version) for document in documents]
        mine, theirs = await asyncio.gather(stores(store, batch), stores(other, batch[::-1]))
        assert [a + b for a, b in zip(mine, theirs[::-1], strict=True)] == [1] * len(documents)


async def test_a_conflict_and_a_refused_row_in_opposite_orders_keep_nobody_waiting(
    store: Store, other: Store
) -> None:
    documents = await create(store, 20)
    # What the database refuses as a whole is repeated part by part, by both.
    poisoned, ahead = documents[7], documents[13]
    for version in range(TRIES):
        batch = [append(document, version) for document in documents]
        batch[7] = append(poisoned, 0)
        if version:
            assert await stores(store, [batch[7]]) == [False]
        batch[13] = append(ahead, version + 1)
        mine, theirs = await asyncio.gather(stores(store, batch), stores(other, batch[::-1]))
        both = [a + b for a, b in zip(mine, theirs[::-1], strict=True)]
        assert both.pop(13) == 0
        assert both.pop(7) == (version == 0)
        assert both == [1] * len(both)


async def test_the_same_edit_of_two_processes_is_stored_once(store: Store, other: Store) -> None:
    (document,) = await create(store, 1)
    for version in range(TRIES):
        each = Append(document.key, document.epoch, version, append(document, version).operations)
        outcomes = await asyncio.gather(stores(store, [each]), stores(other, [each]))
        assert sorted(outcomes) == [[False], [True]]
