"""One id for two edits: the one that was not stored is never acknowledged.

The other one is stored by another process, or was given up in an earlier life of this one.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

import pytest

from collab.app import Collab
from collab.errors import OutOfOrder, StorageUnavailable
from collab.frames import encode_json, fingerprint
from collab.storage import Append, OperationRecord, Repository
from tests.wire import connect


class SharedRepository(Repository):
    """The real repository, and another process that stores an edit of a client before the next
    commit of this one."""

    intruder: tuple[str, int, str] | None = None
    fails = False

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        if self.fails:
            self.fails = False
            raise StorageUnavailable("the database has not answered")
        if self.intruder is not None:
            await self.intrude()
        return await super().append(batch)

    async def intrude(self) -> None:
        assert self.intruder is not None
        (client_id, edit_id, text), self.intruder = self.intruder, None
        record = await self.find_document("doc")
        assert record is not None
        operation = {"ops": [{"insert": text}]}
        stored = OperationRecord(
            version=record.version + 1,
            operation=encode_json(operation),
            client_id=client_id,
            client_edit_id=edit_id,
            user_id=f"guest-{client_id}",
            fingerprint=fingerprint(record.version, operation),
            created_at=time.time(),
        )
        append = Append(record.key, record.epoch, record.version, (stored,))
        assert all(await super().append([append]))


@pytest.fixture
async def shared(app: Collab) -> SharedRepository:
    repository = app.manager.repository
    repository.__class__ = SharedRepository
    assert isinstance(repository, SharedRepository)
    return repository


async def answers(wire: object, until: set[str]) -> list[tuple[str, object]]:
    """What an editor receives about edits, to the last of these types."""
    seen: list[tuple[str, object]] = []
    while not until <= {kind for kind, _ in seen}:
        frame = await wire.receive()  # type: ignore[attr-defined]
        if frame["type"] in ("ack", "document_change", "error"):
            seen.append((frame["type"], frame.get("version", frame.get("code"))))
    return seen


async def test_the_edit_that_was_not_stored_is_out_of_order(
    app: Collab, shared: SharedRepository
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    shared.intruder = ("a", 1, "theirs")
    await ann.edit(1, 0, {"insert": "mine"})
    assert set(await answers(ann, {"document_change", "error"})) == {
        ("document_change", 1),
        ("error", "out_of_order"),
    }
    assert (await bob.until("document_change"))["version"] == 1
    assert (await app.manager.read_document("doc"))[1:] == (1, "theirs")
    # It may be sent under another id.
    await ann.edit(2, 1, {"insert": "mine"})
    assert (await ann.until("ack"))["version"] == 2


async def test_the_same_edit_is_acknowledged_whoever_stored_it(
    app: Collab, shared: SharedRepository
) -> None:
    ann = await connect(app, "doc", client_id="a")
    shared.intruder = ("a", 1, "mine")
    await ann.edit(1, 0, {"insert": "mine"})
    assert await answers(ann, {"ack"}) == [("ack", 1)]
    assert (await app.manager.read_document("doc"))[1:] == (1, "mine")


async def test_one_that_is_found_when_somebody_else_edits_is_not_taken_for_it(
    app: Collab, shared: SharedRepository
) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    shared.fails = True
    await ann.edit(1, 0, {"insert": "mine"})
    assert (await ann.until("error"))["code"] == "storage_unavailable"
    shared.intruder = ("a", 1, "theirs")
    await bob.edit(1, 0, {"insert": "bob's"})
    assert (await bob.until("error"))["code"] == "storage_unavailable"
    assert await answers(ann, {"document_change"}) == [("document_change", 1)]
    await ann.edit(1, 0, {"insert": "mine"})
    assert (await ann.until("error"))["code"] == "out_of_order"


async def test_one_that_is_found_before_a_refusal_is_not_taken_for_it(
    app: Collab, shared: SharedRepository
) -> None:
    ann = await connect(app, "doc", client_id="a")
    shared.intruder = ("a", 1, "theirs")
    await shared.intrude()
    # It can't be applied to what is known here, so the database is asked for it.
    await ann.edit(1, 0, {"delete": 5})
    assert set(await answers(ann, {"document_change", "error"})) == {
        ("document_change", 1),
        ("error", "out_of_order"),
    }


async def test_compaction_leaves_enough_to_tell_them_apart(
    app: Collab, shared: SharedRepository
) -> None:
    await app.manager.create_document("doc")
    shared.intruder = ("a", 1, "theirs")
    await shared.intrude()
    record = await shared.find_document("doc")
    assert record is not None
    assert await shared.compact(record.key, record.epoch, 1, '"theirs"')
    theirs, mine = ({"ops": [{"insert": text}]} for text in ("theirs", "mine"))
    with pytest.raises(OutOfOrder):
        await app.manager.handle_edit("doc", "guest-a", mine, 0, client_id="a", edit_id=1)
    made = await app.manager.handle_edit("doc", "guest-a", theirs, 0, client_id="a", edit_id=1)
    assert made == 1


async def test_a_call_of_the_host_finds_the_other_edit_when_it_is_repeated(
    app: Collab, shared: SharedRepository
) -> None:
    await app.manager.create_document("doc")
    shared.intruder = ("a", 1, "theirs")
    mine = {"ops": [{"insert": "mine"}]}
    with pytest.raises(StorageUnavailable):
        await app.manager.handle_edit("doc", "guest-a", mine, 0, client_id="a", edit_id=1)
    with pytest.raises(OutOfOrder):
        await app.manager.handle_edit("doc", "guest-a", mine, 0, client_id="a", edit_id=1)
