"""Editors whose server answers with something else than a handshake, or comes back changed."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as websocket_server

from collab.app import Collab
from collab.auth import User, make_token
from collab.client import (
    ContentReplaced,
    DocumentReplaced,
    Editor,
    EditorError,
    EditorFailed,
    EditRefused,
    JoinRefused,
    NotSaved,
    TakenOver,
    connect,
)
from collab.client import editor as editor_module
from collab.client.backoff import Backoff
from collab.client.changes import Changes
from collab.client.credentials import Credentials
from collab.client.refusal import Refusal
from collab.documents.document_types import DocumentTypes
from collab.errors import StorageUnavailable
from collab.maintenance.compact import Retention, compact_document, droppable
from collab.maintenance.opening import opened
from collab.sessions.wire import encode_text_frame
from collab.storage import DatabaseStore
from tests.conftest import Make
from tests.served import Serve, Served

SECRET = "a secret of at least thirty-two bytes"


def insert(offset: int, text: str) -> dict[str, Any]:
    return {"ops": [*([{"retain": offset}] if offset else []), {"insert": text}]}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Waits between attempts are as short as they can be."""
    monkeypatch.setattr(editor_module, "Backoff", lambda: Backoff(0.01, 0.01))
    monkeypatch.setattr(editor_module, "TRY_AGAIN_SECONDS", 0.0)


class Answering:
    """A server of one answer, in the place of the real one."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked = 0
        self.requests: list[bytes] = []
        self._bell = asyncio.Condition()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.answer)
            await writer.drain()
        writer.close()
        async with self._bell:
            self.asked += 1
            self._bell.notify_all()

    async def was_asked(self, times: int) -> None:
        async with self._bell:
            await self._bell.wait_for(lambda: self.asked >= times)


def response(status: str, body: str = "", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n" + body).encode()


@contextlib.asynccontextmanager
async def answering(port: int, answer: bytes) -> AsyncIterator[Answering]:
    stand_in = Answering(answer)
    server = await asyncio.start_server(stand_in.serve, "127.0.0.1", port)
    async with server:
        yield stand_in


LATER = [
    "408 Request Timeout",
    "429 Too Many Requests",
    "500 Internal Server Error",
    "501 Not Implemented",
    "502 Bad Gateway",
    "505 HTTP Version Not Supported",
    "507 Insufficient Storage",
    "520 Web Server Returned an Unknown Error",
    "522 Connection Timed Out",
    "530 Site is frozen",
    "599 Network Connect Timeout Error",
    "200 OK",
]


@pytest.mark.parametrize("status", LATER)
async def test_an_answer_that_means_later_is_waited_out(serve: Serve, status: str) -> None:
    served = await serve()
    async with connect(served.url, "doc") as editor:
        await served.stop()
        editor.edit(insert(0, "typed meanwhile"))
        async with answering(served.port, response(status, Retry_After="0")) as stand_in:
            await stand_in.was_asked(2)
        await serve(port=served.port)
        await editor.saved()


async def test_what_is_no_http_is_waited_out(serve: Serve) -> None:
    served = await serve()
    async with connect(served.url, "doc") as editor:
        await served.stop()
        editor.edit(insert(0, "typed meanwhile"))
        async with answering(served.port, b"SSH-2.0-OpenSSH_9.2\r\n") as stand_in:
            await stand_in.was_asked(2)
        await serve(port=served.port)
        await editor.saved()


@pytest.mark.parametrize(
    "status", ["400 Bad Request", "404 Not Found", "403 Forbidden", "410 Gone"]
)
async def test_an_answer_that_means_not_like_this_ends_it_with_the_content(
    serve: Serve, status: str
) -> None:
    served = await serve()
    editors = []

    async def edit() -> None:
        async with connect(served.url, "doc") as editor:
            editors.append(editor)
            editor.edit(insert(0, "stored "))
            await editor.saved()
            await served.stop()
            editor.edit(insert(7, "typed meanwhile"))
            async with answering(served.port, response(status)):
                await editor.saved()

    with pytest.raises(JoinRefused, match=status[:3]) as refused:
        await edit()
    assert refused.value.content == editors[0].content == "stored typed meanwhile"
    assert refused.value.unsaved


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0.0),
        ("120", 120.0),
        ("1.5", 1.5),
        ("-3", 0.0),
        ("nan", 0.0),
        ("inf", 3600.0),
        ("1e9", 3600.0),
        ("", 0.0),
        ("soon", 0.0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.0),
        ("Wed, 21 Oct 2150 07:28:00 GMT", 3600.0),
        (None, 0.0),
    ],
)
def test_how_long_a_server_asks_to_wait(value: Any, seconds: float) -> None:
    assert Refusal.seconds(value) == seconds


async def test_the_time_that_the_server_asks_for_is_waited(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = await serve()
    waits: list[float] = []
    sleep = asyncio.sleep

    async def noting(seconds: float) -> None:
        waits.append(seconds)
        await sleep(0)

    async with connect(served.url, "doc") as editor:
        await served.stop()
        monkeypatch.setattr("collab.client.editor.asyncio.sleep", noting)
        answer = response("503 Service Unavailable", Retry_After="77")
        async with answering(served.port, answer) as stand_in:
            await stand_in.was_asked(3)
        assert [int(wait) for wait in waits].count(77) >= 2
        await serve(port=served.port)
        editor.edit(insert(0, "x"))
        await editor.saved()


# -- frames of a host ---------------------------------------------------------------------------

STRANGE: list[str] = [
    json.dumps({"text": "a broadcast without a type"}),
    json.dumps({"type": "broadcast", "version": 7}),
    json.dumps({"type": None}),
    json.dumps({"type": {"a": 1}}),
    json.dumps(["a", "list"]),
    json.dumps("text"),
    json.dumps({"type": "ack"}),
    json.dumps({"type": "error", "code": None}),
    json.dumps({"type": "document_change", "version": "1"}),
    json.dumps({"type": "server_shutdown", "retry_after": "soon"}),
    "null",
    "7",
    "not JSON",
    "",
    "[" * 100_000,
]


@pytest.mark.parametrize("number", range(len(STRANGE)))
async def test_frames_that_are_not_of_the_protocol_are_passed_over(
    served: Served, number: int
) -> None:
    async with (
        connect(served.url, "doc", client_id="a") as ann,
        connect(served.url, "doc", client_id="b") as bob,
    ):
        changes = ann.changes()
        for connection in served.app.manager.connections:
            connection.put(encode_text_frame(STRANGE[number]))
        bob.edit(insert(0, "after"))
        assert (await anext(changes)).version == 1
        ann.edit(insert(0, "mine "))
        await ann.saved()
        assert ann.content == "mine after"


async def test_a_broadcast_of_the_host_is_passed_over(served: Served) -> None:
    async with connect(served.url, "doc") as ann, connect(served.url, "doc") as bob:
        for message in ({"text": "no type"}, ["a list"], {"type": "chat", "id": 1}):
            await served.app.manager.broadcast_to_document("doc", message)
        bob.edit(insert(0, "after"))
        await ann.reached(1)
        assert ann.content == "after"


# -- tokens -------------------------------------------------------------------------------------


def token_of(user_id: str = "ann", seconds: float = 3600, **documents: Any) -> str:
    user = User(user_id, user_id, "owner", documents=documents or None)
    return make_token(SECRET, user, lifetime_seconds=seconds)


async def guarded(serve: Serve, port: int = 0) -> Served:
    return await serve(port=port, auth="token", token_secret=SECRET, token_leeway_seconds=0)


class Tokens:
    """A function that returns tokens, the ones given first, or raises them."""

    def __init__(self, *given: str | Exception) -> None:
        self.given = list(given)
        self.asked = 0
        self.asked_again = asyncio.Event()

    def __call__(self) -> str:
        self.asked += 1
        if self.asked > 1:
            self.asked_again.set()
        token = self.given.pop(0) if self.given else token_of()
        if isinstance(token, Exception):
            raise token
        return token

    async def slowly(self) -> str:
        await asyncio.sleep(0)
        return self()


@pytest.mark.parametrize("is_async", [False, True])
async def test_a_token_function_is_asked_for_each_handshake(serve: Serve, is_async: bool) -> None:
    served = await guarded(serve)
    tokens = Tokens()
    function: Any = tokens.slowly if is_async else tokens
    async with connect(served.url, "doc", token=function) as editor:
        assert editor.user_id == "ann"
        editor.edit(insert(0, "one"))
        await editor.saved()
        await served.stop()
        editor.edit(insert(3, " two"))
        await guarded(serve, served.port)
        await editor.saved()
        assert tokens.asked >= 2


async def test_a_token_that_is_refused_or_missing_while_reconnecting_is_asked_for_again(
    serve: Serve,
) -> None:
    served = await guarded(serve)
    tokens = Tokens(
        token_of(),
        token_of(seconds=-5),
        "forged",
        OSError("the provider is away"),
        RuntimeError("no"),
        7,  # type: ignore[arg-type]
    )
    async with connect(served.url, "doc", token=tokens) as editor:
        await served.stop()
        editor.edit(insert(0, "typed meanwhile"))
        await guarded(serve, served.port)
        await editor.saved()
        assert tokens.given == []


async def test_a_connection_whose_token_expires_is_made_again_with_another(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = await guarded(serve)
    tokens = Tokens(token_of(seconds=60), token_of(seconds=7200))
    async with connect(served.url, "doc", token=tokens) as editor:
        later = time.time() + 61
        monkeypatch.setattr(time, "time", lambda: later)
        await served.app.manager.sweep(time.monotonic())
        editor.edit(insert(0, "after"))
        await tokens.asked_again.wait()
        await editor.saved()


async def test_a_text_that_expires_ends_the_editor_with_the_content(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = await guarded(serve)

    async def edit() -> None:
        async with connect(served.url, "doc", token=token_of(seconds=60)) as editor:
            changes = editor.changes()
            later = time.time() + 61
            monkeypatch.setattr(time, "time", lambda: later)
            editor.edit(insert(0, "typed"))
            await served.app.manager.sweep(time.monotonic())
            await anext(changes)

    with pytest.raises(JoinRefused, match="expired") as refused:
        await edit()
    assert refused.value.content == "typed"


async def test_a_first_token_that_is_refused_is_an_error_at_once(serve: Serve) -> None:
    served = await guarded(serve)
    with pytest.raises(JoinRefused, match="401 unauthorized"):
        async with connect(served.url, "doc", token=lambda: "forged"):
            pass
    with pytest.raises(LookupError, match="no token today"):
        async with connect(served.url, "doc", token=Tokens(LookupError("no token today"))):
            pass


# -- the end of an editor -----------------------------------------------------------------------


async def test_a_client_id_that_another_user_has_taken_meanwhile_is_given_up(
    serve: Serve,
) -> None:
    settings = {"auth": "token", "token_secret": SECRET}
    first = await serve(**settings)
    async with connect(first.url, "doc", token=token_of(), client_id="tab-1") as ann:
        await first.stop()
        ann.edit(insert(0, "typed meanwhile"))
        # Another port: the other user is there first.
        elsewhere = await serve(**settings)
        async with connect(elsewhere.url, "doc", token=token_of("bob"), client_id="tab-1") as bob:
            bob.edit(insert(0, "bob's "))
            await bob.saved()
        await elsewhere.stop()
        await serve(port=first.port, **settings)
        await ann.saved()
        assert ann.client_id != "tab-1"
        assert ann.content in ("bob's typed meanwhile", "typed meanwhilebob's ")


async def test_a_user_who_may_not_see_the_document_any_more_is_told_with_the_content(
    make_app: Make, serve: Serve
) -> None:
    first = await serve(auth="token", token_secret=SECRET)
    await first.app.manager.create_document("doc")

    async def edit() -> None:
        async with connect(first.url, "doc", token=token_of()) as ann:
            await first.stop()
            ann.edit(insert(0, "typed meanwhile"))
            ann._credentials = Credentials(token_of(other="owner"))
            await serve(port=first.port, auth="token", token_secret=SECRET)
            await ann.saved()

    with pytest.raises(JoinRefused, match="403 forbidden") as refused:
        await edit()
    assert refused.value.content == "typed meanwhile"


async def test_an_unexpected_error_ends_the_editor_with_the_content(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> None:
        async with connect(served.url, "doc") as editor:
            editor.edit(insert(0, "precious"))

            def broken(frame: Any) -> None:
                raise ZeroDivisionError("a fault of the program")

            monkeypatch.setattr(editor._session, "receive", broken)
            await editor.saved()

    with pytest.raises(EditorFailed, match="ZeroDivisionError") as failed:
        await fail()
    assert (failed.value.content, failed.value.unsaved) == ("precious", True)
    assert isinstance(failed.value.__cause__, ZeroDivisionError)


async def test_the_content_is_there_after_leaving(serve: Serve) -> None:
    served = await serve()
    left: list[tuple[Editor, Changes]] = []

    async def leave() -> None:
        async with connect(served.url, "doc", leave_timeout=0.01) as editor:
            left.append((editor, editor.changes()))
            await served.stop()
            editor.edit(insert(0, "precious"))

    with pytest.raises(NotSaved) as lost:
        await leave()
    ((editor, changes),) = left
    assert (lost.value.content, lost.value.unsaved) == ("precious", True)
    assert (editor.content, editor.unsaved) == ("precious", True)
    with pytest.raises(EditorError, match="closed") as closed:
        editor.edit(insert(0, "more"))
    assert (closed.value.content, closed.value.unsaved) == ("precious", True)
    assert [change async for change in changes] == []


async def test_an_exception_of_the_program_leaves_the_content_in_the_editor(serve: Serve) -> None:
    served = await serve()
    left: list[Editor] = []

    async def fail() -> None:
        async with connect(served.url, "doc") as editor:
            left.append(editor)
            await served.stop()
            editor.edit(insert(0, "precious"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    (editor,) = left
    assert (editor.content, editor.unsaved) == ("precious", True)


async def test_an_editor_that_is_taken_over_has_the_unsaved_content(served: Served) -> None:
    async def edit() -> None:
        async with connect(served.url, "doc", client_id="a") as first:
            first.edit(insert(0, "stored"))
            await first.saved()
            async with connect(served.url, "doc", client_id="a"):
                first.edit(insert(6, " and not"))
                await first.saved()

    with pytest.raises(TakenOver) as taken:
        await edit()
    assert (taken.value.content, taken.value.unsaved) == ("stored and not", True)


async def test_on_leaving_all_is_saved_before_a_refusal_is_raised(serve: Serve) -> None:
    served = await serve(max_document_size=10)

    async def edit() -> None:
        async with connect(served.url, "doc") as editor:
            editor.edit(insert(0, "1"))
            editor.edit(insert(0, "x" * 20))
            editor.edit(insert(0, "2"))

    with pytest.raises(EditRefused) as refused:
        await edit()
    assert "x" * 20 in str(refused.value.operation)
    async with connect(served.url, "doc") as editor:
        assert editor.content == "21"


# -- what the server comes back with ------------------------------------------------------------


async def test_two_additions_without_an_exact_sum_end_no_editor(served: Served) -> None:
    async with (
        connect(served.url, "doc", doc_type="json") as ann,
        connect(served.url, "doc", doc_type="json") as bob,
    ):
        ann.edit([{"p": ["x"], "oi": 0}])
        await ann.saved()
        await bob.reached(1)
        for editor, number in ((ann, 0.1), (bob, 0.2)):
            editor.edit([{"p": ["x"], "na": number}])
            editor.edit([{"p": [str(number)], "oi": True}])
        told = [await refusal_of(ann), await refusal_of(bob)]
        assert sorted(told, key=str) in (
            [None, [{"p": ["x"], "na": 0.1}]],
            [None, [{"p": ["x"], "na": 0.2}]],
        )
        newest = max(ann.version, bob.version)
        await ann.reached(newest)
        await bob.reached(newest)
        assert ann.content == bob.content
        assert ann.content.keys() == {"x", "0.1", "0.2"}


async def refusal_of(editor: Editor) -> Any:
    """Of the addition, while the rest is saved."""
    operations = []
    while True:
        try:
            await editor.saved()
        except EditRefused as refused:
            operations.append(refused.operation)
        else:
            break
    return [part for each in operations for part in each if "na" in part] or None


async def test_after_compaction_unsaved_changes_are_merged(make_app: Make, serve: Serve) -> None:
    first = await serve()
    async with connect(first.url, "doc", client_id="a") as ann:
        ann.edit(insert(0, "one two three"))
        await ann.saved()
        await first.stop()
        ann.edit(insert(13, "!"))
        ann.edit(insert(0, "> "))
        app = await make_app()
        await app.manager.handle_edit("doc", "bob", insert(7, " and a half"))
        await compact(app)
        # One that has the document open still has its history.
        await app.close()
        app = await make_app()
        await serve(app, first.port)
        await ann.saved()
        assert ann.content == "> one two and a half three!"
        assert (await app.manager.read_document("doc"))[2] == ann.content


async def compact(app: Collab) -> None:
    async with opened(app.settings) as database:
        store = DatabaseStore(database)
        record = await store.catalog.find_document("doc")
        assert record is not None
        part = await droppable(store, record, Retention(0))
        assert part is not None
        assert await compact_document(store, DocumentTypes(app.settings), record, part.version)


async def test_an_older_backup_is_told_with_the_former_content(
    make_app: Make, serve: Serve, tmp_path: Path
) -> None:
    app = await make_app()
    first = await serve(app)
    async with connect(first.url, "doc") as editor:
        changes = editor.changes()
        editor.edit(insert(0, "in the backup"))
        await editor.saved()
        await first.stop()
        await app.close()
        (tmp_path / "backup").mkdir()
        for file in tmp_path.glob("collab.db*"):
            shutil.copy(file, tmp_path / "backup")
        app = await make_app()
        second = await serve(app, first.port)
        editor.edit(insert(13, ", and later"))
        await editor.saved()
        await second.stop()
        await app.close()
        for file in tmp_path.glob("collab.db*"):
            file.unlink()
        for file in (tmp_path / "backup").iterdir():
            shutil.copy(file, tmp_path)
        await serve(await make_app(), first.port)
        change = await anext(changes)
        assert change.replaced is not None
        assert change.replaced.content == "in the backup, and later"
        assert change.replaced.version == 2
        assert editor.content == "in the backup"
        with pytest.raises(ContentReplaced, match="has version 1, older than 2") as replaced:
            await editor.saved()
        assert replaced.value.content == "in the backup, and later"
        editor.edit(insert(13, "!"))
        await editor.saved()


async def test_a_new_database_is_told_with_the_former_content(
    make_app: Make, serve: Serve, tmp_path: Path
) -> None:
    app = await make_app()
    first = await serve(app)
    async with connect(first.url, "doc") as editor:
        changes = editor.changes()
        editor.edit(insert(0, "stored"))
        await editor.saved()
        await first.stop()
        await app.close()
        other = f"sqlite:///{tmp_path / 'other.db'}"
        await serve(await make_app(database=other), first.port)
        change = await anext(changes)
        assert change.replaced is not None
        assert (change.replaced.content, editor.content) == ("stored", "")
        with pytest.raises(ContentReplaced):
            await editor.saved()


async def test_a_new_database_with_unsaved_changes_is_an_error_with_the_content(
    make_app: Make, serve: Serve, tmp_path: Path
) -> None:
    app = await make_app()
    first = await serve(app)

    async def edit() -> None:
        async with connect(first.url, "doc") as editor:
            editor.edit(insert(0, "stored"))
            await editor.saved()
            await first.stop()
            await app.close()
            editor.edit(insert(6, " and not"))
            other = f"sqlite:///{tmp_path / 'other.db'}"
            await serve(await make_app(database=other), first.port)
            await editor.saved()

    with pytest.raises(DocumentReplaced, match="another epoch") as replaced:
        await edit()
    assert (replaced.value.content, replaced.value.unsaved) == ("stored and not", True)


# -- many edits at once -------------------------------------------------------------------------


async def test_a_thousand_edits_without_waiting_are_stored(served: Served) -> None:
    async with connect(served.url, "doc", doc_type="json") as editor:
        editor.edit([{"p": ["log"], "oi": []}])
        for index in range(1000):
            editor.edit([{"p": ["log", index], "li": index}])
        await editor.saved()
    assert await stored(served) == {"log": list(range(1000))}


async def test_six_hundred_edits_of_an_outage_are_stored(serve: Serve) -> None:
    served = await serve()
    async with connect(served.url, "doc", doc_type="json") as editor:
        editor.edit([{"p": ["log"], "oi": []}])
        await editor.saved()
        await served.stop()
        for index in range(600):
            editor.edit([{"p": ["log", index], "li": index}])
        again = await serve(port=served.port)
        await editor.saved()
    assert await stored(again) == {"log": list(range(600))}


async def test_large_texts_at_once_are_stored(served: Served) -> None:
    async with connect(served.url, "doc") as editor:
        for _ in range(20):
            editor.edit(insert(0, "x" * 100_000))
        editor.edit(insert(0, "naïve 漢字 😀" * 80_000))
        await editor.saved()
        assert await stored(served) == editor.content


async def test_one_edit_of_very_many_components_is_stored(served: Served) -> None:
    async with connect(served.url, "doc") as editor:
        editor.edit(insert(0, "." * 10_000))
        editor.edit(
            {"ops": [{"insert": "x"}, {"retain": 1}] * 9999 + [{"insert": "y"}, {"delete": 1}]}
        )
        await editor.saved()
        assert await stored(served) == editor.content == "x." * 9999 + "y"


async def test_a_value_that_can_not_be_cut_is_refused_with_its_limit(served: Served) -> None:
    async with connect(served.url, "doc", doc_type="json") as editor:
        editor.edit([{"p": ["before"], "oi": 1}])
        editor.edit([{"p": ["big"], "oi": {"a": "x" * 2_000_000}}])
        editor.edit([{"p": ["after"], "oi": 2}])
        with pytest.raises(EditRefused, match="the limit is 1048576"):
            await editor.saved()
        await editor.saved()
        assert await stored(served) == editor.content == {"before": 1, "after": 2}


async def stored(served: Served) -> Any:
    return (await served.app.manager.read_document("doc"))[2]


@pytest.mark.parametrize("code", [1008, 4008])
async def test_a_refusal_is_known_by_the_codes_that_a_server_can_send(code: int) -> None:
    async def refuse(websocket: ServerConnection) -> None:
        await websocket.send(
            json.dumps({"type": "error", "code": "wrong_doc_type", "message": "x"})
        )
        await websocket.close(code)

    async with websocket_server(refuse, "127.0.0.1", 0, subprotocols=["collab.v1"]) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        with pytest.raises(JoinRefused, match="1008 wrong_doc_type: x"):
            async with connect(f"http://127.0.0.1:{port}", "doc"):
                pass


# -- one id for two edits -----------------------------------------------------------------------


@pytest.mark.parametrize("is_compacted", [False, True])
@pytest.mark.parametrize("theirs", ["theirs", "mine"])
async def test_an_edit_that_was_stored_under_the_id_of_ones_own_is_not_taken_for_it(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, theirs: str, is_compacted: bool
) -> None:
    is_sent = asyncio.Event()

    async def fail(*_: Any) -> list[list[int]]:
        is_sent.set()
        raise StorageUnavailable("the database has not answered")

    served = await serve()
    async with connect(served.url, "doc", client_id="b") as bob:
        bob.edit(insert(0, "- "))
        await bob.saved()
    async with connect(served.url, "doc", client_id="a") as ann:
        monkeypatch.setattr(served.app.manager.store.operations, "append", fail)
        ann.edit(insert(2, "mine"))
        await is_sent.wait()
        await served.stop()
        # While this client is away, another of its client_id has an edit stored under the same id.
        between = await serve()
        address = f"ws://{between.address}/ws/documents/doc?client_id=a"
        async with open_websocket(address) as other:
            edit = {"type": "edit", "id": 1, "version": 0, "operation": insert(0, theirs)}
            await other.send(json.dumps(edit))
            while json.loads(await other.recv())["type"] != "ack":
                pass
        if is_compacted:
            await compact(between.app)
        await between.stop()
        again = await serve(port=served.port)
        await ann.saved()
        assert sorted(ann.content) == sorted(f"- mine{theirs}")
        assert (await again.app.manager.read_document("doc"))[1:] == (3, ann.content)
