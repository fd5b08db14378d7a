"""Expensive work of one address or user waits for the work before it, and for its share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable

import pytest

from collab.documents.open_documents import LOADS_OF_PAYER
from collab.errors import RateLimited
from collab.limits.budget import Metered
from collab.limits.queues import Queues
from collab.limits.work import Work
from tests.conftest import Make


async def call(awaitable: Awaitable[None], *payers: Work) -> None:
    await Metered(awaitable, *payers)


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_of_each_payer_so_much_runs_at_one_time(concurrency: int) -> None:
    queues = Queues(concurrency)
    running: Counter[Work] = Counter()
    most: Counter[Work] = Counter()

    async def work(*payers: Work) -> None:
        async with queues.turn():
            running.update(payers)
            for payer in payers:
                most[payer] = max(most[payer], running[payer])
            for _ in range(5):
                await asyncio.sleep(0)
            running.subtract(payers)

    addresses = [Work(1.0, 1.0) for _ in range(3)]
    user = Work(1.0, 1.0)
    await asyncio.gather(
        *(call(work(each), each) for each in addresses * 5),
        *(call(work(each, user), each, user) for each in addresses * 5),
    )
    assert set(most.values()) == {concurrency}
    assert not queues


async def test_who_has_nothing_left_waits_and_holds_up_nobody() -> None:
    queues = Queues(1)
    # Nothing comes back while this runs.
    spent, other = Work(1e-9, 0.001), Work(1.0, 1.0)
    spent.spend(1.0)
    ended: list[Work] = []

    async def work(payer: Work) -> None:
        async with queues.turn():
            ended.append(payer)

    waiting = [asyncio.ensure_future(call(work(spent), spent)) for _ in range(3)]
    await asyncio.sleep(0)
    await call(work(other), other)
    assert ended == [other]
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not queues


async def test_as_much_of_one_payer_waits_as_may() -> None:
    queues = Queues(1, 2, "reads")
    payer = Work(1.0, 1.0)
    gate = asyncio.Event()

    async def work() -> None:
        async with queues.turn():
            await gate.wait()

    calls = [asyncio.ensure_future(call(work(), payer)) for _ in range(5)]
    refused, _ = await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED)
    gate.set()
    results = await asyncio.gather(*calls, return_exceptions=True)
    assert [type(each) for each in results] == [type(None)] * 3 + [RateLimited] * 2
    assert refused == set(calls[3:])
    assert not queues


async def test_without_payers_nothing_waits() -> None:
    queues = Queues(1)
    async with queues.turn(), queues.turn():
        assert not queues


async def test_documents_are_loaded_a_few_at_a_time_for_one_address(make_app: Make) -> None:
    app = await make_app()
    names = [f"doc-{number}" for number in range(8)]
    for name in names:
        await app.manager.import_document(name, name)
    await app.close()
    app = await make_app()
    documents = app.manager.documents
    payer = Work(1.0, 1.0)
    most = 0

    async def open_one(name: str) -> None:
        nonlocal most
        async with documents.open(name):
            most = max(most, len(documents._loading))

    opening = [asyncio.ensure_future(call(open_one(name), payer)) for name in names]
    while not all(each.done() for each in opening):
        most = max(most, len(documents._loading))
        await asyncio.sleep(0)
    await asyncio.gather(*opening)
    assert set(documents) == set(names)
    assert most == LOADS_OF_PAYER
