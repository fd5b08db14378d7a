"""What an edit or a presence costs is counted where the work is done, and has a bound."""

from __future__ import annotations

from typing import Any

import pytest

from collab.app import Collab
from tests.conftest import Make
from tests.wire import Wire, connect

# No step comes back while a test runs.
NEVER = 1e-9


async def document(app: Collab, doc_type: str, content: Any) -> Wire:
    """A connection to a document that has this content at version 1."""
    await app.manager.import_document("doc", content, doc_type=doc_type)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    return wire


async def answer(wire: Wire, version: int, operation: Any, edit_id: int = 1) -> dict[str, Any]:
    frame = {"type": "edit", "id": edit_id, "version": version, "operation": operation}
    await wire.send(frame)
    while (received := await wire.receive())["type"] not in ("ack", "error"):
        pass
    return received


async def test_an_edit_that_changes_too_much_at_once_is_refused(make_app: Make) -> None:
    app = await make_app(max_edit_cost=1000)
    wire = await connect(app, "doc", doc_type="richtext")
    await wire.expect("document_state")
    for edit_id in range(1, 7):
        runs = [{"insert": ".", "attributes": {"bold": n % 2 == 0}} for n in range(100)]
        assert (await answer(wire, edit_id - 1, {"ops": runs}, edit_id))["type"] == "ack"
    everything = {"ops": [{"retain": 600, "attributes": {"italic": True}}]}
    error = await answer(wire, 6, everything, 7)
    assert (error["code"], error["id"]) == ("too_large", 7)
    assert "more than 1000 steps, which is the limit (max_edit_cost)" in error["message"]
    part = {"ops": [{"retain": 200, "attributes": {"italic": True}}]}
    assert (await answer(wire, 6, part, 7))["type"] == "ack"


async def test_an_edit_that_is_too_much_to_apply_leaves_a_json_document_as_it_was(
    make_app: Make,
) -> None:
    app = await make_app(max_edit_cost=1000)
    text = "\U0001f600" * 20_000
    wire = await document(app, "json", {"s": text, "n": 1})
    many = [{"p": ["n"], "na": 1}, *({"p": ["s", 4 * n], "si": "xy"} for n in range(9))]
    assert (await answer(wire, 1, many))["code"] == "too_large"
    _, _, content = await app.manager.read_document("doc")
    assert content == {"s": text, "n": 1}
    assert (await answer(wire, 1, many[:3]))["type"] == "ack"


async def test_an_edit_of_too_many_json_values_is_refused(make_app: Make) -> None:
    app = await make_app(max_operation_values=100)
    wire = await document(app, "json", {})
    error = await answer(wire, 1, [{"p": ["a"], "oi": [[0]] * 60}])
    assert (error["code"], error["id"]) == ("too_large", 1)
    assert "more than 100 JSON values, which is the limit" in error["message"]
    assert "max_operation_values" in error["message"]
    # Long texts are no values.
    told = await answer(wire, 1, [{"p": ["a"], "oi": ["," * 500, *[0] * 80]}])
    assert told["type"] == "ack"


@pytest.mark.parametrize(
    ("doc_type", "content", "breaks", "edit"),
    [
        (
            "text",
            "." * 500,
            {"ops": [part for _ in range(400) for part in ({"retain": 1}, {"insert": "x"})]},
            {"ops": [{"delete": 400}]},
        ),
        (
            "richtext",
            {"ops": [{"insert": "." * 500}]},
            {"ops": [{"retain": 1, "attributes": {"ab"[n % 2]: 1}} for n in range(400)]},
            {"ops": [{"retain": 400, "attributes": {"a": 2, "b": 2}}]},
        ),
        (
            "json",
            {"s": "." * 500},
            [
                {
                    "p": ["s"],
                    "t": "text0",
                    "o": [{"p": 2 * n + 1, "i": "x"} for n in range(200)],
                }
            ],
            [{"p": ["s", 0], "sd": "." * 400}],
        ),
    ],
    ids=["text", "richtext", "json"],
)
async def test_the_work_for_an_edit_that_falls_into_pieces_is_counted(
    make_app: Make, doc_type: str, content: Any, breaks: Any, edit: Any
) -> None:
    """One component on its way becomes hundreds, each of which goes past what follows."""
    app = await make_app(max_transform_cost=10_000)
    wire = await document(app, doc_type, content)
    manager = app.manager
    await manager.handle_edit("doc", "ann", breaks)
    small: Any = [{"p": ["s", 0], "si": "y"}] if doc_type == "json" else {"ops": [{"insert": "y"}]}
    last: Any = [{"p": ["s", 600], "si": "y"}] if doc_type == "json" else None
    for _ in range(60):
        await manager.handle_edit("doc", "ann", last or {"ops": [{"retain": 480}, *small["ops"]]})
    assert (await answer(wire, 1, edit))["code"] == "version_gone"


async def with_history(app: Collab, changes: int) -> Wire:
    wire = await document(app, "text", "." * 10)
    for _ in range(changes):
        await app.manager.handle_edit("doc", "ann", {"ops": [{"insert": "x"}]})
    return wire


async def present(wire: Wire, version: int) -> str:
    """The code with which a presence on this version is refused; empty if it isn't."""
    cursor = {"anchor": 3, "head": 3}
    await wire.send({"type": "presence", "version": version, "cursor": cursor})
    await wire.send({"type": "ping"})
    while (received := await wire.receive())["type"] not in ("pong", "error"):
        pass
    return str(received.get("code", ""))


async def test_a_presence_on_an_old_version_costs_what_has_changed_since(make_app: Make) -> None:
    app = await make_app(edit_cost_per_second=NEVER, edit_cost_burst=2000)
    wire = await with_history(app, 600)
    assert [await present(wire, 601) for _ in range(10)] == [""] * 10
    told = [await present(wire, 1) for _ in range(5)]
    assert told == ["", "", "", "", "rate_limited"]


async def test_a_cursor_is_moved_by_what_is_kept_of_the_changes(make_app: Make) -> None:
    app = await make_app()
    reader = await with_history(app, 5)
    other = await connect(app, "doc")
    await other.expect("document_state")
    opened = app.manager.documents.get("doc")
    assert opened is not None
    assert {change.decoded for change in opened.history.committed_since(1)} == {None}
    assert await present(other, 1) == ""
    while (shown := await reader.receive())["type"] != "presence":
        pass
    assert (shown["version"], shown["cursor"]) == (6, {"anchor": 8, "head": 8})
