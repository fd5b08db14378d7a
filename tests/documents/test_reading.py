"""Reading stored content, of now and of long ago, over and over and by many at one time."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from collab.app import Collab
from collab.documents import reading
from collab.documents.budget import REQUESTS_WAITING_MAXIMUM, Metered
from collab.documents.reading import LOADS_MAXIMUM, Kept, Turns
from collab.documents.unread import Encoded
from collab.documents.work import Work
from collab.errors import RateLimited
from collab.storage import Repository, SnapshotRecord
from tests.conftest import Make

INSERT = {"ops": [{"insert": "x"}]}


async def edited(app: Collab, edits: int, doc_id: str = "doc") -> None:
    await app.manager.create_document(doc_id)
    for _ in range(edits):
        await app.manager.handle_edit(doc_id, "ann", INSERT)


async def reopened(make_app: Make, app: Collab, **settings: object) -> Collab:
    await app.close()
    return await make_app(**settings)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """The versions of which a snapshot was asked for."""
    asked: list[int | None] = []
    latest = Repository.latest_snapshot

    async def counted(
        self: Repository, key: int, at_most: int | None = None
    ) -> SnapshotRecord | None:
        asked.append(at_most)
        return await latest(self, key, at_most)

    monkeypatch.setattr(Repository, "latest_snapshot", counted)
    return asked


async def test_what_is_stored_is_passed_on_without_being_understood(
    make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await make_app()
    await edited(app, 3)
    app = await reopened(make_app, app)

    def refused(*_: object) -> None:
        raise AssertionError("it is decoded")

    monkeypatch.setattr(reading, "begin_loading", refused)
    record, version, content = await app.manager.read_content("doc")
    assert content is not None
    assert (record.version, version, content.data) == (3, 3, b'"xxx"')


async def test_one_version_is_loaded_once_for_all_who_read_it(
    make_app: Make, loads: list[int | None]
) -> None:
    app = await make_app()
    await edited(app, 5)
    app = await reopened(make_app, app)
    read = [app.manager.read_content("doc", 4) for _ in range(10)]
    contents = {content for _, _, content in await asyncio.gather(*read)}
    assert len(contents) == 1
    del contents
    assert (await app.manager.read_content("doc", 4))[2] is not None
    assert loads == [4]


async def test_what_was_read_last_stays_up_to_the_limit() -> None:
    kept = Kept(100)
    for version in range(5):
        kept.put((1, "epoch", version), Encoded(b"x" * 30, version))
        kept.get((1, "epoch", 0))
    found = [version for version in range(5) if kept.get((1, "epoch", version)) is not None]
    assert found == [0, 3, 4]
    kept.put((1, "epoch", 5), large := Encoded(b"x" * 101, 5))
    assert kept.get((1, "epoch", 5)) is large
    del large
    assert all(kept.get((1, "epoch", version)) is None for version in range(6))


async def test_versions_far_from_a_snapshot_get_one_when_they_are_read(make_app: Make) -> None:
    # As a history that was written when only the newest snapshots were kept.
    app = await make_app(snapshot_interval_operations=10, snapshots_kept=1)
    await edited(app, 95)
    app = await reopened(make_app, app, snapshot_spacing_operations=20)
    key = (await app.manager._find_record("doc")).key
    repository = app.manager.repository
    assert (await app.manager.read_document("doc", 70))[1:] == (70, "x" * 70)
    found = [await repository.latest_snapshot(key, version) for version in (19, 39, 59, 94)]
    assert [each and each.version for each in found] == [None, 20, 40, 60]
    assert (await app.manager.read_document("doc", 61))[1:] == (61, "x" * 61)
    assert (await app.manager.read_document("doc", 94))[1:] == (94, "x" * 94)


async def test_no_version_of_a_long_history_is_far_from_a_snapshot(make_app: Make) -> None:
    app = await make_app(
        snapshot_interval_operations=5, snapshots_kept=2, snapshot_spacing_operations=20
    )
    await edited(app, 203)
    key = (await app.manager._find_record("doc")).key
    versions = []
    at_most: int | None = None
    while snapshot := await app.manager.repository.latest_snapshot(key, at_most):
        versions.append(snapshot.version)
        at_most = snapshot.version - 1
    versions = [0, *reversed(versions), 203]
    gaps = [after - before for before, after in itertools.pairwise(versions)]
    assert max(gaps) <= 20
    assert len(versions) <= 2 * 203 / 20 + 4
    assert (await app.manager.read_document("doc", 99))[2] == "x" * 99


async def test_of_one_payer_one_load_runs_at_a_time_and_few_of_all() -> None:
    turns = Turns()
    running: dict[Work, int] = {}
    most = 0

    async def load(payer: Work) -> None:
        nonlocal most
        async with turns.of_payers(), turns.one():
            running[payer] = running.get(payer, 0) + 1
            assert running[payer] == 1
            most = max(most, sum(running.values()))
            for _ in range(5):
                await asyncio.sleep(0)
            running[payer] -= 1

    payers = [Work(1.0, 1.0) for _ in range(LOADS_MAXIMUM + 3)]
    await asyncio.gather(*(Metered(load(payer), payer) for payer in payers * 3))
    assert most == LOADS_MAXIMUM
    assert not turns._own


async def test_who_has_nothing_left_waits_before_the_load_and_holds_up_nobody() -> None:
    turns = Turns()
    spent, other = Work(1000.0, 0.001), Work(1.0, 1.0)
    spent.spend(1.0)
    ended: list[Work] = []

    async def load(payer: Work) -> None:
        async with turns.of_payers(), turns.one():
            ended.append(payer)

    waiting = [asyncio.ensure_future(call(load(spent), spent)) for _ in range(3)]
    await asyncio.sleep(0)
    await call(load(other), other)
    assert ended == [other]
    await asyncio.gather(*waiting)
    assert ended == [other, spent, spent, spent]


async def test_as_many_reads_of_one_payer_wait_as_may() -> None:
    turns = Turns()
    payer = Work(1.0, 1.0)
    gate = asyncio.Event()

    async def load() -> None:
        async with turns.of_payers():
            await gate.wait()

    loads = [
        asyncio.ensure_future(call(load(), payer)) for _ in range(REQUESTS_WAITING_MAXIMUM + 3)
    ]
    done, _ = await asyncio.wait(loads, return_when=asyncio.FIRST_COMPLETED)
    gate.set()
    results = await asyncio.gather(*loads, return_exceptions=True)
    assert [type(each) for each in results if each is not None] == [RateLimited] * 2
    assert len(done) == 2
    assert not turns._own


async def call(awaitable: object, payer: Work) -> None:
    await Metered(awaitable, payer)  # type: ignore[arg-type]
