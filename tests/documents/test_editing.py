"""Editing, told as stories: editors join, type, and see what the others type."""

from __future__ import annotations

import asyncio

import pytest

from collab.app import Collab
from tests.conftest import Make
from tests.wire import Wire, connect

INSERT_A = {"insert": "a"}


async def test_joining_an_unknown_id_creates_an_empty_document(app: Collab) -> None:
    wire = await connect(app, "new", client_id="c1", user_id="ann", name="Ann")
    state = await wire.receive()
    assert state["type"] == "document_state"
    assert (state["content"], state["version"], state["last_id"]) == ("", 0, 0)
    assert state["doc_type"] == "text"
    assert state["client_id"] == "c1"
    assert state["user"]["user_id"] == "ann"
    assert state["user"]["name"] == "Ann"
    assert state["user"]["role"] == "owner"
    assert [user["client_id"] for user in state["users"]] == ["c1"]


async def test_the_server_makes_a_client_id_where_none_is_given(app: Collab) -> None:
    first = await (await connect(app, "doc")).receive()
    second = await (await connect(app, "doc")).receive()
    assert first["client_id"] != second["client_id"]
    assert first["user"]["user_id"] == f"guest-{first['client_id']}"


async def test_an_edit_is_acknowledged_and_shown_to_the_others(app: Collab) -> None:
    ann = await connect(app, "doc", client_id="a", user_id="ann")
    bob = await connect(app, "doc", client_id="b", user_id="bob")
    await ann.expect("document_state")
    await ann.expect("user_joined")
    await bob.expect("document_state")
    await ann.edit(1, 0, {"insert": "hello"})
    ack = await ann.receive()
    assert ack == {"type": "ack", "id": 1, "version": 1, "checksum": ack["checksum"]}
    assert await bob.receive() == {
        "type": "document_change",
        "operation": {"ops": [{"insert": "hello"}]},
        "user_id": "ann",
        "client_id": "a",
        "version": 1,
        "checksum": ack["checksum"],
    }
    late = await connect(app, "doc")
    assert (await late.receive())["content"] == "hello"


async def test_the_change_that_was_committed_first_stays_first(app: Collab) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await ann.edit(1, 0, {"insert": "A"})
    await ann.until("ack")
    await bob.edit(1, 0, {"insert": "B"})
    assert (await bob.until("ack"))["version"] == 2
    assert (await ann.until("document_change"))["operation"] == {
        "ops": [{"retain": 1}, {"insert": "B"}]
    }
    assert (await app.manager.read_document("doc"))[2] == "AB"


async def test_an_edit_that_transformation_leaves_empty_takes_a_version(app: Collab) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await ann.edit(1, 0, {"insert": "x"})
    await ann.until("ack")
    await ann.edit(2, 1, {"delete": 1})
    await ann.until("ack")
    await bob.edit(1, 1, {"delete": 1})
    assert (await bob.until("ack"))["version"] == 3
    assert (await ann.until("document_change"))["operation"] == {"ops": []}


async def test_many_editors_at_once_make_one_gapless_order(app: Collab) -> None:
    wires = [await connect(app, "doc", client_id=f"c{number}") for number in range(8)]
    for wire in wires:
        await wire.until("document_state")

    async def type_ten(wire: Wire, letter: str) -> list[int]:
        seen = [0]

        async def read_until_acknowledged() -> int:
            while True:
                frame = await wire.receive()
                if frame["type"] in ("ack", "document_change"):
                    seen.append(frame["version"])
                if frame["type"] == "ack":
                    return frame["version"]

        version = 0
        for edit_id in range(1, 11):
            await wire.edit(edit_id, version, {"insert": letter})
            version = await read_until_acknowledged()
        return seen

    orders = await asyncio.gather(
        *(type_ten(wire, letter) for wire, letter in zip(wires, "abcdefgh", strict=True))
    )
    for seen in orders:
        assert seen == list(range(len(seen)))
    _, version, content = await app.manager.read_document("doc")
    assert version == 80
    assert sorted(content) == sorted("abcdefgh" * 10)


async def test_an_edit_sent_again_is_applied_once_and_acknowledged_again(app: Collab) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.expect("document_state")
    await wire.edit(1, 0, INSERT_A)
    await wire.edit(1, 0, INSERT_A)
    assert await wire.acknowledged() == 1
    await wire.edit(1, 0, INSERT_A)
    assert await wire.acknowledged() == 1
    assert (await app.manager.read_document("doc"))[2] == "a"


async def test_an_edit_is_recognised_again_after_a_restart(make_app: Make) -> None:
    app = await make_app()
    wire = await connect(app, "doc", client_id="a")
    await wire.edit(1, 0, INSERT_A)
    await wire.until("ack")
    await wire.edit(2, 1, INSERT_A)
    await wire.until("ack")
    await app.close()
    app = await make_app()
    wire = await connect(app, "doc", client_id="a")
    assert (await wire.receive())["last_id"] == 2
    await wire.edit(1, 0, INSERT_A)
    assert await wire.acknowledged() == 1
    await wire.edit(2, 1, INSERT_A)
    assert await wire.acknowledged() == 2
    await wire.edit(3, 2, INSERT_A)
    assert await wire.acknowledged() == 3


REFUSALS = [
    ("out_of_order", {"id": 4, "version": 2, "operation": {"ops": []}}, "expected 3"),
    ("out_of_order", {"id": 2, "version": 1, "operation": {"ops": [{"insert": "z"}]}}, "another"),
    ("out_of_order", {"id": 1, "version": 1, "operation": {"ops": [INSERT_A]}}, "another"),
    ("out_of_order", {"id": 3, "version": 1, "operation": {"ops": []}}, "wait for the ack"),
    ("version_ahead", {"id": 3, "version": 3, "operation": {"ops": []}}, "2"),
    ("invalid_operation", {"id": 3, "version": 2, "operation": {"ops": [{"x": 1}]}}, "component 0"),
    ("invalid_operation", {"id": 3, "version": 2, "operation": {"ops": [{"delete": 3}]}}, ""),
    ("invalid_operation", {"id": 3, "version": 2, "operation": None}, ""),
    ("invalid_frame", {"id": 3, "version": 2}, "operation"),
    ("invalid_frame", {"id": 3, "operation": {"ops": []}}, "version"),
]


@pytest.mark.parametrize(("code", "fields", "told"), REFUSALS)
async def test_a_refused_edit_changes_nothing_and_does_not_use_up_its_id(
    app: Collab, code: str, fields: dict, told: str
) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.expect("document_state")
    await wire.edit(1, 0, INSERT_A)
    await wire.expect("ack")
    await wire.edit(2, 1, INSERT_A)
    await wire.expect("ack")
    await wire.send({"type": "edit", **fields})
    error = await wire.expect("error")
    assert error["code"] == code
    assert error["id"] == fields["id"]
    assert told in error["message"]
    await wire.edit(3, 2, {"insert": "b"})
    assert await wire.acknowledged() == 3
    assert (await app.manager.read_document("doc"))[2] == "baa"


async def test_an_edit_on_a_version_that_left_memory_is_transformed_all_the_same(
    make_app: Make,
) -> None:
    app = await make_app(max_history_operations=4)
    slow = await connect(app, "doc", client_id="slow")
    ann = await connect(app, "doc", client_id="ann")
    for edit_id in range(1, 21):
        await ann.edit(edit_id, edit_id - 1, {"insert": "x"})
        await ann.until("ack")
    await slow.edit(1, 0, {"insert": "S"})
    assert (await slow.until("ack"))["version"] == 21
    assert (await app.manager.read_document("doc"))[2] == "x" * 20 + "S"


async def test_an_edit_too_far_behind_is_refused(make_app: Make) -> None:
    app = await make_app(max_history_operations=2, max_transform_operations=5)
    slow = await connect(app, "doc", client_id="slow")
    ann = await connect(app, "doc", client_id="ann")
    for edit_id in range(1, 11):
        await ann.edit(edit_id, edit_id - 1, {"insert": "x"})
        await ann.until("ack")
    await slow.edit(1, 0, {"insert": "S"})
    error = await slow.until("error")
    assert error["code"] == "version_gone"
    assert "5" in error["message"]
    await slow.edit(1, 10, {"insert": "S"})
    assert (await slow.until("ack"))["version"] == 11


async def test_a_document_may_not_grow_beyond_its_limit_but_may_shrink(make_app: Make) -> None:
    app = await make_app(max_document_size=10)
    wire = await connect(app, "doc", client_id="a")
    await wire.edit(1, 0, {"insert": "0123456789"})
    await wire.until("ack")
    await wire.edit(2, 1, {"insert": "x"})
    error = await wire.expect("error")
    assert error["code"] == "document_full"
    assert "10" in error["message"]
    await wire.edit(2, 1, {"insert": "x"}, {"delete": 1})
    assert await wire.acknowledged() == 2
    await wire.edit(3, 2, {"delete": 10})
    assert await wire.acknowledged() == 3


async def test_offsets_count_utf16_code_units(app: Collab) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.edit(1, 0, {"insert": "a😀b"})
    await wire.until("ack")
    await wire.edit(2, 1, {"retain": 2}, {"insert": "x"})
    assert (await wire.expect("error"))["code"] == "invalid_operation"
    await wire.edit(2, 1, {"retain": 3}, {"insert": "x"})
    await wire.expect("ack")
    assert (await app.manager.read_document("doc"))[2] == "a😀xb"
