"""How much work it may be to bring an edit up to date."""

from __future__ import annotations

from typing import Any

import pytest

from collab.app import Collab
from collab.client import Change, Editor
from collab.client import connect as open_editor
from collab.ot import Measured, Metered, OperationType, get_type
from tests.conftest import Make
from tests.ot.growset import GrowSetType
from tests.served import Serve
from tests.wire import Wire, connect

LETTER = {"insert": "x"}


def letters(count: int) -> dict[str, Any]:
    """An insertion before each of the first letters: `2 * count - 1` components."""
    return {"ops": [LETTER, *([{"retain": 1}, LETTER] * (count - 1))]}


async def write(app: Collab, changes: int, operation: Any) -> None:
    for _ in range(changes):
        await app.manager.handle_edit("doc", "ann", operation)


async def join(app: Collab) -> Wire:
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    return wire


async def answer(wire: Wire, version: int, operation: Any) -> dict[str, Any]:
    """To the first edit of a connection."""
    await wire.send({"type": "edit", "id": 1, "version": version, "operation": operation})
    return await wire.expect("ack", "error")


@pytest.mark.parametrize("history", [2000, 4], ids=["in memory", "in storage"])
async def test_an_edit_too_many_versions_behind_is_refused(make_app: Make, history: int) -> None:
    app = await make_app(max_transform_operations=5, max_history_operations=history)
    await app.manager.create_document("doc")
    await write(app, 6, letters(1))
    wire = await join(app)
    error = await answer(wire, 0, letters(1))
    assert (error["code"], error["id"]) == ("version_gone", 1)
    assert "at most 5 versions behind (max_transform_operations)" in error["message"]
    assert (await answer(wire, 1, letters(1)))["version"] == 7


@pytest.mark.parametrize("history", [2000, 50], ids=["in memory", "in storage"])
async def test_an_edit_that_is_too_much_work_to_transform_is_refused(
    make_app: Make, history: int
) -> None:
    app = await make_app(max_transform_cost=1000, max_history_operations=history)
    await app.manager.create_document("doc")
    await write(app, 1, {"ops": [{"insert": "a long text"}]})
    await write(app, 100, {"ops": [{"retain": 11}, LETTER]})
    wire = await join(app)
    error = await answer(wire, 1, letters(10))
    assert (error["code"], error["id"]) == ("version_gone", 1)
    assert "an edit of 19 components" in error["message"]
    assert "100 changes since, takes more than 1000 steps" in error["message"]
    assert "max_transform_cost" in error["message"]
    # Half of the work is right, and the connection is still there for it.
    assert (await answer(wire, 61, letters(10)))["version"] == 102


async def test_no_more_is_read_from_storage_for_an_edit_than_the_limit(make_app: Make) -> None:
    app = await make_app(max_transform_bytes=50_000, max_history_operations=2)
    await app.manager.create_document("doc")
    await write(app, 12, {"ops": [{"insert": "x" * 9000}]})
    wire = await join(app)
    error = await answer(wire, 1, letters(1))
    assert (error["code"], error["id"]) == ("version_gone", 1)
    assert "more than 50000 bytes, which is the limit (max_transform_bytes)" in error["message"]
    assert (await answer(wire, 7, letters(1)))["type"] == "ack"


async def test_the_work_counts_what_others_have_sent(make_app: Make) -> None:
    app = await make_app(max_transform_cost=1000)
    await app.manager.create_document("doc")
    await write(app, 1, {"ops": [{"insert": "x" * 400}]})
    await write(app, 3, letters(200))
    wire = await join(app)
    error = await answer(wire, 1, {"ops": [{"retain": 400}, LETTER]})
    assert error["code"] == "version_gone"
    assert (await answer(wire, 3, {"ops": [{"retain": 800}, LETTER]}))["type"] == "ack"


async def test_json_counts_the_product_of_both(make_app: Make) -> None:
    app = await make_app(max_transform_cost=2000)
    await app.manager.create_document("doc", "json")
    await write(app, 1, [{"p": ["n"], "oi": 0}])
    additions = [{"p": [f"{number}"], "oi": 0} for number in range(40)]
    await write(app, 1, additions)
    wire = await join(app)
    others = [{"p": [f"other {number}"], "oi": 0} for number in range(30)]
    error = await answer(wire, 1, others)
    assert error["code"] == "version_gone"
    assert (await answer(wire, 1, others[:20]))["type"] == "ack"


@pytest.mark.parametrize("name", ["text", "richtext", "json"])
def test_the_types_tell_how_much_work_it_is(name: str) -> None:
    assert isinstance(get_type(name), Metered)


def test_a_type_need_not_tell() -> None:
    unmeasured: OperationType = GrowSetType()
    assert not isinstance(unmeasured, Measured | Metered)


def watch_refusals(editor: Editor) -> list[str]:
    """The codes of the errors that reach an editor from now on."""
    codes: list[str] = []
    receive = editor._session.receive

    def watched(frame: dict[str, Any]) -> Change | None:
        if frame["type"] == "error":
            codes.append(frame["code"])
        return receive(frame)

    editor._session.receive = watched
    return codes


async def test_an_editor_that_is_refused_so_transforms_the_edit_itself(serve: Serve) -> None:
    served = await serve(max_transform_cost=1000)
    async with open_editor(served.url, "doc") as ann, open_editor(served.url, "doc") as bob:
        ann.edit({"ops": [{"insert": "." * 1000}]})
        await ann.saved()
        await bob.reached(1)
        # Both are made on version 1, and each has more than half of the components.
        ann.edit(letters(300))
        bob.edit(letters(300))
        refusals = [watch_refusals(each) for each in (ann, bob)]
        await ann.saved()
        await bob.saved()
        await ann.reached(3)
        await bob.reached(3)
        assert ann.content == bob.content
        assert ann.content.count("x") == 600
        assert [code for each in refusals for code in each] == ["version_gone"]
