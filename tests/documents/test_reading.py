"""Reading stored content, of now and of long ago, over and over and by many at one time."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from collab.app import Collab
from collab.documents import reading
from collab.documents.content import Encoded
from collab.documents.loading import load_snapshot
from collab.documents.reading import MAX_LOADS, Kept
from collab.limits.budget import Metered
from collab.limits.work import Work
from collab.storage import SnapshotRecord
from collab.storage.snapshots import DatabaseSnapshots
from tests.conftest import Make

INSERT = {"ops": [{"insert": "x"}]}


async def edited(app: Collab, edits: int, doc_id: str = "doc") -> None:
    await app.manager.create_document(doc_id)
    for _ in range(edits):
        await app.manager.handle_edit(doc_id, "ann", INSERT)


async def key_of(app: Collab) -> int:
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    return record.key


async def reopened(make_app: Make, app: Collab, **settings: object) -> Collab:
    await app.close()
    return await make_app(**settings)


@pytest.fixture
def loads(monkeypatch: pytest.MonkeyPatch) -> list[int | None]:
    """The versions of which a snapshot was asked for."""
    asked: list[int | None] = []
    latest = DatabaseSnapshots.latest

    async def counted(
        self: DatabaseSnapshots, key: int, at_most: int | None = None
    ) -> SnapshotRecord | None:
        asked.append(at_most)
        return await latest(self, key, at_most)

    monkeypatch.setattr(DatabaseSnapshots, "latest", counted)
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
    key = await key_of(app)
    store = app.manager.store
    assert (await app.manager.read_document("doc", 70))[1:] == (70, "x" * 70)
    found = [await store.snapshots.latest(key, version) for version in (19, 39, 59, 94)]
    assert [each and each.version for each in found] == [None, 20, 40, 60]
    assert (await app.manager.read_document("doc", 61))[1:] == (61, "x" * 61)
    assert (await app.manager.read_document("doc", 94))[1:] == (94, "x" * 94)


async def test_no_version_of_a_long_history_is_far_from_a_snapshot(make_app: Make) -> None:
    app = await make_app(
        snapshot_interval_operations=5, snapshots_kept=2, snapshot_spacing_operations=20
    )
    await edited(app, 203)
    key = await key_of(app)
    versions = []
    at_most: int | None = None
    while snapshot := await app.manager.store.snapshots.latest(key, at_most):
        versions.append(snapshot.version)
        at_most = snapshot.version - 1
    versions = [0, *reversed(versions), 203]
    gaps = [after - before for before, after in itertools.pairwise(versions)]
    assert max(gaps) <= 20
    assert len(versions) <= 2 * 203 / 20 + 4
    assert (await app.manager.read_document("doc", 99))[2] == "x" * 99


async def test_so_many_are_loaded_at_one_time(
    make_app: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = await make_app()
    for number in range(MAX_LOADS + 3):
        await edited(app, 1, f"doc-{number}")
    app = await reopened(make_app, app)
    running = most = 0
    load = load_snapshot

    async def counted(*args: Any) -> Any:
        nonlocal running, most
        running += 1
        most = max(most, running)
        try:
            return await load(*args)
        finally:
            running -= 1

    monkeypatch.setattr(reading, "load_snapshot", counted)
    reads = [app.manager.read_content(f"doc-{number}") for number in range(MAX_LOADS + 3)]
    assert all(content is not None for _, _, content in await asyncio.gather(*reads))
    assert most == MAX_LOADS


async def test_who_has_used_up_their_share_keeps_nobody_from_reading_the_same(
    make_app: Make,
) -> None:
    app = await make_app(snapshot_interval_operations=1000, snapshots_kept=1)
    await edited(app, 95)
    app = await reopened(make_app, app, snapshot_spacing_operations=20)
    # Nothing comes back while this runs.
    never = 1e-9
    spent, other = Work(never, 1.0), Work(1.0, 1.0)
    spent.spend(2.0)
    nearly = Work(never, 1e-6)

    async def read(payer: Work) -> None:
        await Metered(app.manager.read_content("doc", 90), payer)

    waiting = [asyncio.ensure_future(read(payer)) for payer in (spent, nearly, spent)]
    while not nearly.waiting or not spent.waiting:  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    await read(other)
    assert not any(each.done() for each in waiting)
    # What the second one has reached before its share was used up is stored.
    key = await key_of(app)
    snapshot = await app.manager.store.snapshots.latest(key, 25)
    assert snapshot is not None
    assert snapshot.version == 20
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert not app.manager._reader._contents._queues
