"""An edit that takes long to transform waits in between, and comes to the same as in one go."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any

import pytest

from collab.app import Collab
from collab.documents.document import Document
from collab.errors import StorageUnavailable, VersionGone
from collab.ot import get_type
from tests.conftest import Make
from tests.wire import connect

LETTER = {"insert": "x"}
CHANGES = 300
TEXT = "abcde" * 100


def letters(count: int) -> dict[str, Any]:
    """An insertion before each of the first letters."""
    return {"ops": [LETTER, *([{"retain": 1}, LETTER] * (count - 1))]}


async def write(app: Collab, changes: int = CHANGES, components: int = 2) -> None:
    await app.manager.create_document("doc")
    await app.manager.handle_edit("doc", "ann", {"ops": [{"insert": TEXT}]})
    for _ in range(changes - 1):
        await app.manager.handle_edit("doc", "ann", letters(components))


async def key_of(app: Collab) -> int:
    record = await app.manager.store.catalog.find_document("doc")
    assert record is not None
    return record.key


@pytest.fixture(params=[2000, 50], ids=["in memory", "in storage"])
async def app(make_app: Make, request: pytest.FixtureRequest) -> Collab:
    return await make_app(max_history_operations=request.param, max_transform_cost=1_000_000)


async def test_what_others_type_meanwhile_is_not_held_up(app: Collab) -> None:
    await write(app)
    slow = await connect(app, "doc", client_id="slow")
    ann = await connect(app, "doc", client_id="ann")
    await slow.expect("document_state")
    await ann.expect("document_state")
    await slow.send({"type": "edit", "id": 1, "version": 1, "operation": letters(100)})
    await ann.send({"type": "edit", "id": 1, "version": CHANGES, "operation": {"ops": [LETTER]}})
    assert (await ann.until("ack"))["version"] == CHANGES + 1
    assert (await slow.until("ack"))["version"] == CHANGES + 2


async def test_it_comes_to_the_same_as_in_one_go(app: Collab) -> None:
    await write(app)
    operation = {"ops": [part for _ in range(100) for part in ({"retain": 3}, {"delete": 1})]}
    expected = TEXT
    changes = await app.manager.store.operations.read(await key_of(app), 0, CHANGES)
    kind = get_type("text")
    carried = operation
    for record in changes[1:]:
        theirs = json.loads(record.operation)
        expected = kind.apply(expected, theirs)
        carried = kind.transform(carried, theirs, "right")
    expected = kind.apply(expected, carried)
    slow = await connect(app, "doc", client_id="slow")
    await slow.expect("document_state")
    await slow.send({"type": "edit", "id": 1, "version": 1, "operation": operation})
    assert (await slow.until("ack"))["version"] == CHANGES + 1
    assert (await app.manager.read_document("doc"))[2] == expected
    # Sent again, it is known by what it was at first.
    await slow.send({"type": "edit", "id": 1, "version": 1, "operation": operation})
    assert (await slow.until("ack"))["version"] == CHANGES + 1


async def test_too_much_work_in_all_is_refused(make_app: Make) -> None:
    app = await make_app(max_transform_cost=1000)
    await write(app)
    slow = await connect(app, "doc", client_id="slow")
    await slow.expect("document_state")
    await slow.send({"type": "edit", "id": 1, "version": 1, "operation": letters(100)})
    error = await slow.until("error")
    assert error["code"] == VersionGone.code
    assert "max_transform_cost" in error["message"]
    await slow.send({"type": "edit", "id": 1, "version": CHANGES, "operation": letters(100)})
    assert (await slow.until("ack"))["version"] == CHANGES + 1


async def begun(document: Document, *edits: asyncio.Task[Any]) -> None:
    """Let edits begin, until one of them has waited."""
    for _ in range(3):
        await asyncio.sleep(0)
    assert not any(edit.done() for edit in edits)
    assert document.history.accepted == CHANGES


async def held(app: Collab, document: Document) -> Any:
    return await document.authors.hold("slow", "slow", True)


async def test_an_edit_that_is_sent_twice_meanwhile_is_applied_once(make_app: Make) -> None:
    app = await make_app(max_transform_cost=1_000_000)
    await write(app)
    async with app.manager.documents.open("doc") as document:
        author = await held(app, document)
        edits = [
            asyncio.ensure_future(document.submission.edit(author, 1, 1, letters(100)))
            for _ in range(2)
        ]
        await begun(document, *edits)
        changes: Sequence[Any] = await asyncio.gather(*edits)
        assert {change.version for change in changes} == {CHANGES + 1}
        await document.until_committed(CHANGES + 1)
        assert document.history.accepted == CHANGES + 1


async def test_where_commits_fail_meanwhile_it_is_to_be_sent_again(make_app: Make) -> None:
    app = await make_app(max_transform_cost=1_000_000)
    await write(app)
    async with app.manager.documents.open("doc") as document:
        author = await held(app, document)
        edit = asyncio.ensure_future(document.submission.edit(author, 1, 1, letters(100)))
        await begun(document, edit)
        document.read_back()
        with pytest.raises(StorageUnavailable):
            await edit
        await document.until_open()
        assert document.history.accepted == CHANGES
        change = await document.submission.edit(author, 1, 1, letters(100))
        assert change.version == CHANGES + 1
        await document.until_committed(CHANGES + 1)


async def test_changes_that_leave_memory_meanwhile_are_read_back(make_app: Make) -> None:
    app = await make_app(max_transform_cost=1_000_000)
    await write(app)
    async with app.manager.documents.open("doc") as document:
        author = await held(app, document)
        edit = asyncio.ensure_future(document.submission.edit(author, 1, 1, letters(100)))
        await begun(document, edit)
        while document.history.start < CHANGES - 1:
            document.history.trim()
        assert (await edit).version == CHANGES + 1
        await document.until_committed(CHANGES + 1)
