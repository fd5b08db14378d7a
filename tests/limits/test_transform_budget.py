"""How much work the edits of one connection may be, all together."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collab.app import Collab
from collab.client import connect as open_editor
from collab.documents.transform_budget import steps_of_size
from tests.conftest import Make
from tests.served import Serve
from tests.wire import Wire, connect

from .test_transforming import LETTER, letters, watch_refusals

# No step comes back while a test runs.
NEVER = 1e-9


async def join(app: Collab, client_id: str) -> Wire:
    wire = await connect(app, "doc", client_id=client_id)
    await wire.expect("document_state")
    return wire


async def written(app: Collab, changes: int) -> None:
    """A document with a long text and so many changes at its end since."""
    await app.manager.create_document("doc")
    await app.manager.handle_edit("doc", "ann", {"ops": [{"insert": "." * 5000}]})
    for _ in range(changes):
        await app.manager.handle_edit("doc", "ann", {"ops": [{"retain": 5000}, LETTER]})


async def answer(wire: Wire, edit_id: int, version: int, operation: Any) -> dict[str, Any]:
    frame = {"type": "edit", "id": edit_id, "version": version, "operation": operation}
    await wire.send(frame)
    while (received := await wire.receive())["type"] not in ("ack", "error"):
        pass
    return received


async def test_who_has_caused_too_much_work_is_refused_and_the_connection_stays(
    make_app: Make,
) -> None:
    app = await make_app(edit_cost_per_second=NEVER, edit_cost_burst=1000)
    await written(app, 60)
    wire = await join(app, "a")
    # 19 components over 60 changes behind them: 1200 steps, which is more than there are.
    assert (await answer(wire, 1, 1, letters(10)))["version"] == 62
    # One edit costs a whole burst at most, so there is just enough for another one.
    assert (await answer(wire, 2, 62, letters(1)))["version"] == 63
    error = await answer(wire, 3, 63, letters(1))
    assert (error["code"], error["id"]) == ("rate_limited", 3)
    assert "too many steps of work for edits" in error["message"]
    assert "after 1000 at once (edit_cost_burst)" in error["message"]
    assert "edit_cost_per_second" in error["message"]
    await wire.send({"type": "ping"})
    await wire.expect("pong")
    # Others are counted apart.
    other = await join(app, "b")
    assert (await answer(other, 1, 63, letters(1)))["version"] == 64


async def test_work_that_is_given_back_by_the_rate_may_be_done(make_app: Make) -> None:
    app = await make_app(edit_cost_per_second=1e9, edit_cost_burst=1000)
    await written(app, 60)
    wire = await join(app, "a")
    assert (await answer(wire, 1, 1, letters(10)))["version"] == 62
    assert (await answer(wire, 2, 62, letters(10)))["version"] == 63


async def test_the_size_of_an_edit_is_work(make_app: Make) -> None:
    app = await make_app(edit_cost_per_second=NEVER, edit_cost_burst=1000)
    await written(app, 0)
    wire = await join(app, "a")
    for edit_id in (1, 2):
        told = await answer(wire, edit_id, edit_id, {"ops": [{"insert": "x" * 20_000}]})
        assert told["type"] == "ack"
    assert (await answer(wire, 3, 3, letters(1)))["code"] == "rate_limited"


async def test_edits_that_are_refused_are_work(make_app: Make) -> None:
    app = await make_app(edit_cost_per_second=NEVER, edit_cost_burst=1000)
    await written(app, 0)
    wire = await join(app, "a")
    beyond_the_end = {"ops": [{"retain": 9999}, {"insert": "x" * 10_000}]}
    for _ in range(2):
        assert (await answer(wire, 1, 1, beyond_the_end))["code"] == "invalid_operation"
    assert (await answer(wire, 1, 1, letters(1)))["code"] == "rate_limited"


async def test_what_is_read_from_storage_for_an_edit_is_work(make_app: Make) -> None:
    app = await make_app(
        edit_cost_per_second=NEVER,
        edit_cost_burst=1000,
        max_transform_cost=1000,
        max_history_operations=4,
    )
    await written(app, 110)
    wire = await join(app, "a")
    # It is refused for the steps that it would take, when the changes have been read.
    assert (await answer(wire, 1, 1, letters(6)))["code"] == "version_gone"
    assert (await answer(wire, 1, 111, letters(1)))["code"] == "rate_limited"


async def test_who_goes_on_regardless_is_closed(make_app: Make) -> None:
    app = await make_app(edit_cost_per_second=NEVER, edit_cost_burst=1000)
    await written(app, 60)
    wire = await join(app, "a")
    assert (await answer(wire, 1, 1, letters(10)))["version"] == 62
    for _ in range(2):
        await wire.edit(2, 62, {"insert": "x" * 33_000})
    assert (await wire.expect("error"))["code"] == "rate_limited"
    assert await wire.closed() == 1008


async def test_of_a_hostile_pair_that_makes_much_work_of_each_other_little_gets_through(
    make_app: Make,
) -> None:
    burst = 100_000
    app = await make_app(edit_cost_per_second=NEVER, edit_cost_burst=burst)
    await written(app, 0)
    pair = {await join(app, "a"): 0, await join(app, "b"): 0}
    honest = await join(app, "honest")
    version = 1
    for round_number in range(1, 11):
        # Both on the same version: the second is transformed over the changes of the first.
        made = [version]
        for wire, accepted in pair.items():
            told = await answer(wire, accepted + 1, version, letters(2000))
            if told["type"] == "ack":
                made.append(told["version"])
                pair[wire] += 1
            else:
                assert told["code"] == "rate_limited"
        version = max(made)
        told = await answer(honest, round_number, version, letters(1))
        assert told["type"] == "ack"
        version = told["version"]
    # The 3999 components of each are as many steps to apply, and 12,000 values to check.
    assert 0 < max(pair.values()) <= burst // 12_000 + 1


async def test_people_who_type_at_once_do_not_notice(make_app: Make) -> None:
    """Hundreds of letters of each, each behind what the others typed meanwhile, out of the burst
    alone."""
    app = await make_app(edit_cost_per_second=NEVER)
    await written(app, 0)
    wires = [await join(app, f"{number}") for number in range(5)]
    version = 1
    for edit_id in range(1, 101):
        told = [await answer(wire, edit_id, version, letters(1)) for wire in wires]
        assert {each["type"] for each in told} == {"ack"}
        version = told[-1]["version"]
    left = [work_left(app, f"{number}") for number in range(5)]
    assert min(left) > 990_000


def work_left(app: Collab, client_id: str) -> float:
    document = app.manager.documents.get("doc")
    assert document is not None
    author = document.authors.get(client_id)
    assert author is not None
    return author.work._tokens


@pytest.mark.parametrize("history", [2000, 50], ids=["in memory", "in storage"])
async def test_who_comes_back_with_hundreds_of_edits_does_not_notice(
    serve: Serve, history: int
) -> None:
    served = await serve(edit_cost_per_second=NEVER, max_history_operations=history)
    async with open_editor(served.url, "doc") as ann:
        ann.edit({"ops": [{"insert": "." * 1000}]})
        await ann.saved()
        codes = watch_refusals(ann)
        # While its socket says nothing, others edit, and it goes on typing.
        for number in range(300):
            await served.app.manager.handle_edit("doc", "bob", letters(1))
            ann.edit({"ops": [{"retain": number}, {"insert": "x"}]})
        await ann.saved()
        await ann.reached(served.app.manager.documents["doc"].history.head)
        assert codes == []
        assert ann.content.count("x") == 600


def test_an_edit_frame_of_a_letter_is_a_handful_of_steps() -> None:
    frame = {"type": "edit", "id": 12345, "version": 98765, "operation": letters(1)}
    assert steps_of_size(len(json.dumps(frame))) <= 3
