"""Restoring an old version: one edit within the limits of an edit, found in turns."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import httpx2
import pytest

from collab.app import Collab
from collab.auth import User
from collab.errors import DocumentDeleted, TooLarge, VersionGone
from collab.limits import work
from collab.limits.work import Work
from collab.ot import JsonType, registry
from tests.conftest import Make
from tests.ot.growset import GrowSetType
from tests.wire import connect

LONG = 200_000

NUMBERS = " ".join(map(str, range(LONG)))
"""More than one edit may bring."""

# Nothing comes back while a test runs.
NEVER = 1e-9


async def two_versions(app: Collab, doc_type: str, first: Any, second: Any) -> None:
    """Version 1 and 2 of the document "doc" have these contents."""
    manager = app.manager
    await manager.import_document("doc", first, doc_type=doc_type)
    kind = manager.documents.types.get(doc_type)
    await manager.handle_edit("doc", "ann", kind.difference(first, second))


def runs(key: str, count: int) -> dict[str, Any]:
    return {"ops": [{"insert": ".", "attributes": {key: n % 2}} for n in range(count)]}


TOO_LARGE: dict[str, tuple[str, Any, Any, dict[str, Any]]] = {
    "max_operation_bytes": (
        "text",
        "x" * 5000,
        "y" * 5000,
        {"max_operation_bytes": 4000},
    ),
    "max_operation_values": (
        "json",
        list(range(1000)),
        list(range(1, 1001)),
        {"max_operation_values": 1000},
    ),
    "max_operation_components": (
        "richtext",
        runs("a", 200),
        {"ops": [{"insert": "." * 200}]},
        {"max_operation_components": 100},
    ),
    "max_restore_cost": (
        "json",
        [5] * 9000,
        [5] * 4000 + [6] + [5] * 4999,
        {"max_restore_cost": 1000},
    ),
    "max_edit_cost": (
        "json",
        {"a": ["x"] * LONG, "n": 0},
        {"a": ["x"] * (LONG - 200), "n": 0},
        {"max_edit_cost": 1000, "max_document_size": 2_000_000},
    ),
}


@pytest.mark.parametrize("letter", ["x", "\U0001f600"])
async def test_the_bytes_of_a_restore_are_those_of_its_json(make_app: Make, letter: str) -> None:
    app = await make_app(max_operation_bytes=4000)
    await two_versions(app, "text", letter * 1000, "")
    if letter == "x":
        assert await app.manager.restore_document("doc", 1, "ann") == 3
        return
    with pytest.raises(TooLarge, match="has 4023 bytes or more, the limit is 4000"):
        await app.manager.restore_document("doc", 1, "ann")


@pytest.mark.parametrize("limit", TOO_LARGE)
async def test_a_restore_of_more_than_one_edit_may_bring_is_refused(
    make_app: Make, limit: str
) -> None:
    doc_type, first, second, settings = TOO_LARGE[limit]
    if limit == "max_operation_components":
        # Made under wider limits.
        wide = await make_app()
        await two_versions(wide, doc_type, first, second)
        await wide.close()
        app = await make_app(**settings)
    else:
        app = await make_app(**settings)
        await two_versions(app, doc_type, first, second)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as http:
        answer = await http.post("/api/documents/doc/restore", json={"version": 1})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    message = answer.json()["message"]
    assert message.startswith("version 1 of document 'doc' can't be restored by one edit: ")
    assert f"({limit})" in message
    assert message.endswith("; read that version and make a new document of it instead")
    # Nothing was stored, nor sent to anybody.
    assert (await app.manager.read_document("doc"))[1] == 2
    await wire.send({"type": "ping"})
    assert (await wire.receive())["type"] == "pong"


@pytest.mark.parametrize(
    ("doc_type", "first", "second"),
    [
        ("text", "x" * LONG, "x" * (LONG // 2) + "y" + "x" * (LONG // 2)),
        ("text", NUMBERS, f"begin {NUMBERS} end"),
        ("richtext", runs("a", 3000), runs("b", 3000)),
        ("richtext", {"ops": [{"insert": NUMBERS}]}, {"ops": [{"insert": f"a {NUMBERS} z"}]}),
        ("json", [{"n": n} for n in range(2000)], [{"n": n} for n in range(10)]),
        ("json", {"a": list(range(9000))}, {"a": list(range(1, 9000))}),
    ],
)
async def test_what_one_edit_may_bring_is_restored(
    app: Collab, doc_type: str, first: Any, second: Any
) -> None:
    await two_versions(app, doc_type, first, second)
    for number, content in enumerate((first, second, first)):
        version = 2 if content is second else 1
        assert await app.manager.restore_document("doc", version, "ann") == 3 + number
        assert (await app.manager.read_document("doc"))[1:] == (3 + number, content)


async def waiting_restore(app: Collab) -> tuple[asyncio.Task[int], Work]:
    """A restore of version 1 that has begun to look for the difference, and the budget that it
    waits for."""
    scope = {"client": ("127.0.0.2", 50000)}
    budget = app.manager.budgets.of_address(scope)
    assert budget is not None
    budget.work.spend(1.0)
    rival = app.manager.budgets.of_address({"client": ("127.0.0.3", 50000)})
    assert rival is not None
    rival.work.spend(0.0)

    async def restore() -> int:
        with app.manager.budgets.restore(scope, User("ann")) as allowance:
            return await app.manager.restore_document("doc", 1, "ann", allowance)

    restoring = asyncio.get_running_loop().create_task(restore())
    while not budget.work.waiting:
        assert not restoring.done()
        await asyncio.sleep(0)
    assert budget.restoring == 1
    return restoring, budget.work


def give(owed: Work, seconds: float) -> None:
    """Fill up a budget to which nothing comes by itself."""
    owed.left, owed.ahead = seconds, 0.0
    owed.turns._run_turn()


@pytest.fixture
async def slow(make_app: Make, monkeypatch: pytest.MonkeyPatch) -> Collab:
    """An application where nothing comes to the budget of an address, and a document."""
    # However long a test takes, the other address is not forgotten.
    monkeypatch.setattr(work, "RIVAL_SECONDS", math.inf)
    app = await make_app(address_loop_share=NEVER, max_transform_operations=3)
    await two_versions(app, "json", {"numbers": [5] * LONG}, {"numbers": [6] + [5] * (LONG - 1)})
    return app


async def test_who_has_nothing_left_of_their_share_waits_for_the_restore(slow: Collab) -> None:
    restoring, owed = await waiting_restore(slow)
    give(owed, 1.0)
    assert await restoring == 3
    budget = slow.manager.budgets.of_address({"client": ("127.0.0.2", 50000)})
    assert budget is not None
    assert budget.restoring == 0


async def test_what_others_edit_while_the_difference_is_looked_for_stays(slow: Collab) -> None:
    restoring, owed = await waiting_restore(slow)
    for number in range(3):
        await slow.manager.handle_edit("doc", "bob", [{"p": [f"k{number}"], "oi": number}])
    give(owed, 1.0)
    assert await restoring == 6
    _, _, content = await slow.manager.read_document("doc")
    assert content == {"numbers": [5] * LONG, "k0": 0, "k1": 1, "k2": 2}


async def test_a_restore_that_others_have_overtaken_says_what_to_do(slow: Collab) -> None:
    restoring, owed = await waiting_restore(slow)
    for number in range(4):
        await slow.manager.handle_edit("doc", "bob", [{"p": [f"k{number}"], "oi": number}])
    give(owed, 1.0)
    with pytest.raises(VersionGone, match="difference to version 1 was looked for: send the same"):
        await restoring


async def test_a_document_that_is_deleted_meanwhile_is_not_restored(slow: Collab) -> None:
    restoring, owed = await waiting_restore(slow)
    await slow.manager.delete_document("doc")
    give(owed, 1.0)
    with pytest.raises(DocumentDeleted):
        await restoring


async def test_publishing_a_restored_version_is_charged(make_app: Make) -> None:
    app = await make_app(address_loop_share=NEVER)
    await two_versions(app, "text", "one", "two")
    readers = [await connect(app, "doc", client_id=f"c{number}") for number in range(3)]
    for reader in readers:
        await reader.expect("document_state")
    scope = {"client": ("127.0.0.2", 50000)}
    budget = app.manager.budgets.of_address(scope)
    assert budget is not None
    with app.manager.budgets.restore(scope, User("ann")) as allowance:
        before = budget.work.left
        # Of its own steps nothing is charged here: that is what the application around it does.
        await app.manager.restore_document("doc", 1, "ann", allowance)
        assert budget.work.left < before
    for reader in readers:
        while (shown := await reader.receive())["type"] != "document_change":
            pass
        assert shown["version"] == 3


async def test_a_type_that_does_not_compare_in_turns_is_restored_too(
    app: Collab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._types, "growset", GrowSetType())
    await two_versions(app, "growset", ["milk"], ["eggs"])
    assert await app.manager.restore_document("doc", 1, "ann") == 3
    assert (await app.manager.read_document("doc"))[2] == ["milk"]


def test_the_whole_is_replaced_only_where_the_parts_are_too_many() -> None:
    kind = JsonType(max_components=2)
    assert len(kind.difference([1, 2, 3, 4], [2, 3, 4, 4])) == 1
    assert len(kind.difference([1, 2, 3, 4], [2, 3, 3, 4])) == 2
