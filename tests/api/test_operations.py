"""Edits over HTTP: applied exactly once, transformed, answered after the commit."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx2
import pytest

from collab.app import Collab
from collab.auth import User, make_token
from collab.documents.document_types import DocumentTypes
from collab.errors import StorageUnavailable
from collab.maintenance.compact import Retention, compact_document, droppable
from collab.storage import Append
from tests.api.described import Described, read_description
from tests.conftest import Make
from tests.storeoverrides import StoreOverrides
from tests.wire import connect

PATH = "/api/documents/doc/operations"
DEEP: Any = []
for _ in range(80):
    DEEP = [DEEP]
SECRET = "a secret of at least thirty-two bytes"


@contextlib.asynccontextmanager
async def client(app: Collab, **options: Any) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=app)
    hooks: dict[str, Any] = {"response": [Described((await read_description(app)).json())]}
    async with httpx2.AsyncClient(
        transport=transport, base_url="http://testserver", event_hooks=hooks, **options
    ) as http:
        yield http


@pytest.fixture
async def http(app: Collab) -> AsyncIterator[httpx2.AsyncClient]:
    await app.manager.create_document("doc")
    async with client(app, params={"user_id": "ann"}) as http:
        yield http


def insert(text: str, after: int = 0) -> dict[str, Any]:
    return {"ops": [*([{"retain": after}] if after else []), {"insert": text}]}


def edit(
    text: str, version: int = 0, number: int | None = 1, client_id: str | None = "a", **more: Any
) -> dict[str, Any]:
    sent = {"version": version, "operation": insert(text, **more)}
    sent |= {} if client_id is None else {"client_id": client_id}
    return sent | ({} if number is None else {"id": number})


async def content(app: Collab) -> Any:
    return (await app.manager.read_document("doc"))[2]


async def test_an_edit_is_committed_and_shown_to_others(
    app: Collab, http: httpx2.AsyncClient
) -> None:
    wire = await connect(app, "doc", client_id="b")
    await wire.until("document_state")
    answer = await http.post(PATH, json=edit("Hello"))
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "client_id": "a",
            "id": 1,
            "version": 1,
            "operation": insert("Hello"),
            "resent": False,
        },
    )
    change = await wire.until("document_change")
    assert (change["client_id"], change["user_id"]) == ("a", "ann")
    assert change["operation"] == insert("Hello")
    assert await content(app) == "Hello"


async def test_an_edit_on_an_older_version_is_transformed(
    app: Collab, http: httpx2.AsyncClient
) -> None:
    await http.post(PATH, json=edit("world"))
    await http.post(PATH, json=edit("Hello ", 1, client_id="b"))
    answer = (await http.post(PATH, json=edit("!", 1, 2, after=5))).json()
    assert (answer["version"], answer["operation"]) == (3, insert("!", after=11))
    assert await content(app) == "Hello world!"


async def test_an_edit_without_identity_gets_one(app: Collab, http: httpx2.AsyncClient) -> None:
    sent = edit("x", number=None, client_id=None)
    first, second = [(await http.post(PATH, json=sent)).json() for _ in range(2)]
    assert first["client_id"] != second["client_id"]
    assert (first["id"], first["version"], second["version"]) == (1, 1, 2)
    assert await content(app) == "xx"


async def test_an_edit_that_is_sent_again_is_applied_once(make_app: Make, database: str) -> None:
    app = await make_app()
    await app.manager.create_document("doc")
    async with client(app, params={"user_id": "ann"}) as http:
        sent = edit("Hello")
        answers = await asyncio.gather(*(http.post(PATH, json=sent) for _ in range(10)))
        told = [answer.json() for answer in answers]
        assert sorted(each.pop("resent") for each in told) == [False, *[True] * 9]
        assert all(each == told[0] for each in told)
        for number in range(2, 6):
            await http.post(PATH, json=edit("x", number - 1, number))
    await app.close()
    app = await make_app()
    async with client(app, params={"user_id": "ann"}) as http:
        again = (await http.post(PATH, json=sent)).json()
        assert again == {**told[0], "resent": True}
        # However long ago, and compacted.
        store = app.manager.store
        record = await store.catalog.find_document("doc")
        assert record is not None
        part = await droppable(store, record, Retention(1))
        assert part is not None
        assert await compact_document(store, DocumentTypes(app.settings), record, part.version)
        again = (await http.post(PATH, json=sent)).json()
        assert again == {**told[0], "operation": None, "resent": True}
    assert await content(app) == "xxxxHello"


async def test_an_editor_may_use_its_websocket_and_http_at_once(
    app: Collab, http: httpx2.AsyncClient
) -> None:
    wire = await connect(app, "doc", client_id="a", user_id="ann")
    await wire.until("document_state")
    assert (await http.post(PATH, json=edit("1"))).json()["version"] == 1
    assert (await wire.until("ack"))["id"] == 1
    await wire.edit(2, 1, {"insert": "2"})
    assert (await wire.until("ack"))["id"] == 2
    again = (await http.post(PATH, json=edit("2", 1, 2))).json()
    assert (again["version"], again["resent"]) == (2, True)
    document = app.manager.documents.get("doc")
    assert document is not None
    author = document.authors.get("a")
    assert author is not None
    assert author.allowance is not None


async def test_a_guest_of_open_mode_is_known_by_the_client_id(app: Collab) -> None:
    await app.manager.create_document("doc")
    async with client(app) as http:
        for resent in (False, True):
            assert (await http.post(PATH, json=edit("x"))).json()["resent"] == resent
    wire = await connect(app, "doc", client_id="a")
    assert (await wire.until("document_state"))["last_id"] == 1


@pytest.mark.parametrize(
    ("sent", "status", "code"),
    [
        (edit("y"), 409, "out_of_order"),
        (edit("x", 1, 3), 409, "out_of_order"),
        (edit("x", 0, 2), 409, "out_of_order"),
        (edit("x", 9, 2), 409, "version_ahead"),
        (edit("x", 1, 2, client_id="a b"), 400, "invalid_request"),
        (edit("x", 1, None), 400, "invalid_request"),
        (edit("x", 1, 2, client_id=None), 400, "invalid_request"),
        (edit("x", 1, 0), 400, "invalid_request"),
        ({"version": 1, "operation": {"ops": [{"delete": 99}]}}, 400, "invalid_operation"),
        ({"version": 1, "operation": "x"}, 400, "invalid_operation"),
        ({"version": 1}, 400, "invalid_request"),
        ({"operation": insert("x")}, 400, "invalid_request"),
        ({"version": 1, "operation": insert("x" * 100), "title": ""}, 400, "invalid_request"),
        ({"version": 1, "operation": insert("x" * 3000)}, 413, "too_large"),
        ({"version": 1, "operation": {"ops": [{"insert": "x"}] * 200}}, 413, "too_large"),
        ({"version": 1, "operation": insert("x" * 600)}, 413, "document_full"),
        ({"version": 1, "operation": {"ops": [{"insert": "x"}], "m": DEEP}},
         400, "invalid_operation"),
    ],
)  # fmt: skip
async def test_an_edit_that_is_refused_changes_nothing(
    make_app: Make, sent: dict[str, Any], status: int, code: str
) -> None:
    app = await make_app(max_operation_bytes=2900, max_operation_values=300, max_document_size=500)
    await app.manager.create_document("doc")
    async with client(app, params={"user_id": "ann"}) as http:
        await http.post(PATH, json=edit("x"))
        answer = await http.post(PATH, json=sent)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        # The id is not used up.
        assert (await http.post(PATH, json=edit("y", 1, 2))).json()["version"] == 2
    assert await content(app) == "yx"


async def test_an_operation_may_be_as_deep_as_over_the_websocket(app: Collab) -> None:
    await app.manager.create_document("doc", "json")
    async with client(app, params={"user_id": "ann"}) as http:
        for depth, status in ((63, 200), (64, 400)):
            value: Any = "deepest"
            for _ in range(depth):
                value = [value]
            sent = {"version": 0, "operation": [{"p": ["key"], "oi": value}]}
            assert (await http.post(PATH, json=sent)).status_code == status


async def test_an_edit_too_far_behind_is_refused(make_app: Make) -> None:
    app = await make_app(max_transform_operations=2)
    await app.manager.create_document("doc")
    async with client(app, params={"user_id": "ann"}) as http:
        for number in range(1, 5):
            await http.post(PATH, json=edit("x", number - 1, number))
        answer = await http.post(PATH, json=edit("y", 0, client_id="b"))
        assert (answer.status_code, answer.json()["code"]) == (409, "version_gone")


async def test_a_client_id_belongs_to_one_user(app: Collab, http: httpx2.AsyncClient) -> None:
    await http.post(PATH, json=edit("x"))
    answer = await http.post(PATH, json=edit("y", 1, 2), params={"user_id": "bob"})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert await content(app) == "x"


async def test_only_a_document_that_there_is_can_be_edited(http: httpx2.AsyncClient) -> None:
    missing = await http.post("/api/documents/none/operations", json=edit("x"))
    assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
    await http.delete("/api/documents/doc")
    deleted = await http.post(PATH, json=edit("x"))
    assert (deleted.status_code, deleted.json()["code"]) == (410, "document_deleted")


async def test_edits_over_http_count_for_the_rate_of_edits(make_app: Make) -> None:
    app = await make_app(auth="token", token_secret=SECRET, edits_per_second=0.001, edits_burst=2)
    await app.manager.create_document("doc")
    user = User("ann", documents={"doc": "editor"})
    token = make_token(SECRET, user, lifetime_seconds=60)
    async with client(app, headers={"authorization": f"Bearer {token}"}) as http:
        # Another client_id with each request is no way round it.
        answers = [
            await http.post(PATH, json=edit("x", client_id=f"c{number}")) for number in range(3)
        ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) >= 1
    assert await content(app) == "xx"


async def test_large_bodies_of_one_address_are_bounded(make_app: Make) -> None:
    app = await make_app(max_address_unread_bytes=1)
    await app.manager.create_document("doc")
    begun, waiting = asyncio.Event(), asyncio.Event()

    async def slow() -> AsyncIterator[bytes]:
        yield b" " * 70_000
        begun.set()
        await waiting.wait()
        yield b"[]"

    async with client(app, params={"user_id": "ann"}) as http:
        first = asyncio.ensure_future(http.post(PATH, content=slow()))
        await begun.wait()
        assert len(app.manager.unread)
        second = await http.post(PATH, content=b" " * 70_000)
        assert (second.status_code, second.json()["code"]) == (429, "rate_limited")
        waiting.set()
        assert (await first).status_code == 400
    assert len(app.manager.unread) == 0


class Failing(StoreOverrides):
    """Stores what it is given, and fails to say so."""

    is_failing = True

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        stored: list[list[int]] = await self.real.append(batch)
        if self.is_failing:
            raise StorageUnavailable("the database has not answered")
        return stored


class Held(StoreOverrides):
    """Commits nothing until it is released."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)
        self.begun, self.released = asyncio.Event(), asyncio.Event()

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        self.begun.set()
        await self.released.wait()
        stored: list[list[int]] = await self.real.append(batch)
        return stored


async def test_where_the_outcome_is_unknown_the_same_may_be_sent_again(
    app: Collab, http: httpx2.AsyncClient
) -> None:
    store = Failing(app.manager.store)
    answer = await http.post(PATH, json=edit("x"))
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert answer.headers["retry-after"]
    store.is_failing = False
    again = await http.post(PATH, json=edit("x"))
    assert (again.status_code, again.json()["version"], again.json()["resent"]) == (200, 1, True)
    assert await content(app) == "x"


async def test_an_edit_is_answered_after_its_commit(app: Collab, http: httpx2.AsyncClient) -> None:
    store = Held(app.manager.store)
    answer = asyncio.ensure_future(http.post(PATH, json=edit("x")))
    await store.begun.wait()
    assert not answer.done()
    assert (await http.get(PATH)).json() == {"operations": []}
    store.released.set()
    assert (await answer).json()["version"] == 1


async def test_who_hangs_up_loses_nothing(app: Collab, http: httpx2.AsyncClient) -> None:
    store = Held(app.manager.store)
    answer = asyncio.ensure_future(http.post(PATH, json=edit("x")))
    await store.begun.wait()
    answer.cancel()
    store.released.set()
    again = (await http.post(PATH, json=edit("x"))).json()
    assert (again["version"], again["resent"]) == (1, True)
    assert await content(app) == "x"
