"""What joining a document reads from the database, and what of it is used again."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from collab.app import Collab
from collab.auth import User, make_token
from collab.documents.authors import Authors
from collab.documents.history import Change, History
from collab.documents.loading import PAGE_OPERATIONS
from collab.limits.token_bucket import TokenBucket
from collab.storage import Append, ClientRecord, Database, OperationRecord
from tests.conftest import Make
from tests.wire import Refused, connect

INSERT = {"ops": [{"insert": "x"}]}


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of those that were begun, as they are begun."""
    begun: list[str] = []
    run = Database._run

    def counted(self, executor, function, *args, **kwargs):
        begun.append(function.__name__)
        return run(self, executor, function, *args, **kwargs)

    monkeypatch.setattr(Database, "_run", counted)
    return begun


async def evict(app: Collab) -> None:
    await app.manager.sweep(time.monotonic() + 1000)
    assert not app.manager.documents


async def write(app: Collab, client_id: str, count: int) -> None:
    for edit_id in range(1, count + 1):
        await app.manager.handle_edit("doc", "ann", INSERT, client_id=client_id, edit_id=edit_id)


async def test_joining_a_document_that_is_not_in_memory_is_one_transaction(
    make_app: Make, transactions: list[str]
) -> None:
    app = await make_app()
    await app.manager.create_document("doc")
    await write(app, "a", 3)
    await app.close()
    app = await make_app()
    transactions.clear()
    wire = await connect(app, "doc", client_id="a", user_id="ann")
    state = await wire.receive()
    assert (state["content"], state["version"], state["last_id"]) == ("xxx", 3, 3)
    assert transactions == ["open_document"]


async def test_joining_a_document_in_memory_only_asks_for_the_editor(
    app: Collab, transactions: list[str]
) -> None:
    await connect(app, "doc", client_id="a")
    transactions.clear()
    await connect(app, "doc", client_id="b")
    assert transactions == ["find_editor"]


async def test_what_a_user_may_do_is_read_in_one_transaction(
    make_app: Make, transactions: list[str]
) -> None:
    secret = "a secret of at least thirty-two bytes"
    app = await make_app(auth="token", token_secret=secret)
    await app.manager.create_document("doc", owner="ann")
    token = make_token(secret, User("ann", documents={}), lifetime_seconds=60)
    transactions.clear()
    wire = await connect(app, "doc", client_id="a", token=token)
    assert (await wire.receive())["user"]["role"] == "owner"
    assert transactions == ["find_document", "find_shares", "open_document"]


async def test_a_document_that_joining_creates_is_not_read_again(
    app: Collab, transactions: list[str]
) -> None:
    transactions.clear()
    await connect(app, "doc", client_id="a")
    assert transactions == ["open_document", "_create"]


async def test_an_edit_of_before_is_recognised_in_a_document_that_was_opened_for_its_editor(
    app: Collab,
) -> None:
    await app.manager.create_document("doc")
    await write(app, "a", 2)
    await evict(app)
    wire = await connect(app, "doc", client_id="a", user_id="ann")
    await wire.receive()
    await wire.edit(2, 1, INSERT["ops"][0])
    assert await wire.acknowledged() == 2
    assert (await app.manager.read_document("doc"))[1:] == (2, "xx")


async def test_the_editor_of_another_user_is_refused_by_what_was_read_on_opening(
    app: Collab,
) -> None:
    await app.manager.create_document("doc")
    await write(app, "a", 1)
    await evict(app)
    with pytest.raises(Refused):
        await connect(app, "doc", client_id="a", user_id="eve")


async def test_two_who_open_a_document_at_once_are_each_told_how_far_they_got(
    app: Collab,
) -> None:
    await app.manager.create_document("doc")
    await write(app, "a", 1)
    await write(app, "b", 2)
    await evict(app)
    wires = await asyncio.gather(
        *(connect(app, "doc", client_id=each, user_id="ann") for each in ("a", "b"))
    )
    assert [(await wire.receive())["last_id"] for wire in wires] == [1, 2]


async def test_who_was_read_on_opening_is_asked_for_again_once_the_document_has_moved_on(
    app: Collab,
) -> None:
    await app.manager.create_document("doc")
    await write(app, "a", 1)
    document = app.manager.documents["doc"]
    history = History(0, max_operations=10, max_bytes=10_000)
    authors = Authors(app.manager.store, document.key, history, allowance)
    authors.expect("a", None)
    history.append(Change(OperationRecord(1, "{}", "b", 1, "ann", "", 0.0)))
    history.commit(1)
    author = await authors.hold("a", "ann")
    assert author.last_id == 1


async def test_who_was_read_on_opening_is_not_taken_for_another_editor(app: Collab) -> None:
    await app.manager.create_document("doc")
    await write(app, "a", 1)
    document = app.manager.documents["doc"]
    history = History(1, max_operations=10, max_bytes=10_000)
    authors = Authors(app.manager.store, document.key, history, allowance)
    authors.expect("b", ClientRecord("b", "bob", 9, 1))
    assert (await authors.hold("a", "ann")).last_id == 1
    assert (await authors.hold("b", "bob")).last_id == 9


async def test_a_log_of_several_pages_is_read_to_its_end(app: Collab) -> None:
    record = await app.manager.create_document("doc")
    count = 2 * PAGE_OPERATIONS + 1
    operations = tuple(letter(version) for version in range(1, count + 1))
    store = app.manager.store
    assert all(await store.operations.append([Append(record.key, record.epoch, 0, operations)]))
    wire = await connect(app, "doc", client_id="a", user_id="ann")
    state: dict[str, Any] = await wire.receive()
    assert (state["version"], len(state["content"]), state["last_id"]) == (count, count, count)


def allowance() -> TokenBucket:
    return TokenBucket(1.0, 1.0)


def letter(version: int) -> OperationRecord:
    operation = '{"ops":[{"insert":"x"}]}'
    return OperationRecord(version, operation, "a", version, "ann", f"{version:032x}", 0.0)
