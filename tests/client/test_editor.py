"""Editors on the real server over real sockets."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from collab.api.sharing import make_link
from collab.client import (
    ChangesMissed,
    DocumentReplaced,
    Editor,
    EditorError,
    EditRefused,
    JoinRefused,
    NotSaved,
    TakenOver,
    connect,
)
from collab.client import changes as changes_module
from collab.client.changes import Changes
from collab.errors import InvalidOperation
from tests.conftest import Make
from tests.served import Serve, Served


def insert(offset: int, text: str) -> dict[str, Any]:
    return {"ops": [*([{"retain": offset}] if offset else []), {"insert": text}]}


def drop_connections(served: Served) -> None:
    """The network goes away under everybody."""
    for connection in list(served.server.server_state.connections):
        connection.transport.abort()


async def test_two_editors_see_each_other_s_changes(served: Served) -> None:
    async with (
        connect(served.url, "doc", client_id="a", name="Ann") as ann,
        connect(served.url, "doc", client_id="b", user_id="bob", name="Bob") as bob,
    ):
        seen = ann.changes()
        bob.edit(insert(0, "hello 🙂"))
        assert bob.content == "hello 🙂"
        await bob.saved()
        change = await anext(seen)
        assert (change.operation, change.version) == (insert(0, "hello 🙂"), 1)
        assert (change.user_id, change.client_id) == ("bob", "b")
        assert ann.content == bob.content
        ann.edit(insert(8, "!"))
        await ann.saved()
        await bob.reached(2)
        assert bob.content == "hello 🙂!"
        assert ann.version == bob.version == 2


async def test_many_edits_at_once_from_both_sides_converge(served: Served) -> None:
    async with connect(served.url, "doc") as ann, connect(served.url, "doc") as bob:
        for number in range(50):
            ann.edit(insert(0, f"a{number} "))
            bob.edit(insert(len(bob.content), f" b{number}"))
            if number % 10 == 0:
                await ann.saved()
        await ann.saved()
        await bob.saved()
        newest = max(ann.version, bob.version)
        await ann.reached(newest)
        await bob.reached(newest)
        assert ann.content == bob.content
        assert ann.content.count("a") == bob.content.count("b") == 50


async def test_leaving_waits_until_all_is_saved(served: Served) -> None:
    async with connect(served.url, "doc") as editor:
        editor.edit(insert(0, "x"))
    async with connect(served.url, "doc") as editor:
        assert editor.content == "x"


async def test_an_edit_that_does_not_fit_is_refused_at_once(served: Served) -> None:
    async with connect(served.url, "doc") as editor:
        with pytest.raises(InvalidOperation):
            editor.edit({"ops": [{"delete": 1}]})
        assert not editor.unsaved


async def test_editors_whose_connections_drop_come_back_and_save(served: Served) -> None:
    async with (
        connect(served.url, "doc", client_id="a") as ann,
        connect(served.url, "doc", client_id="b") as bob,
    ):
        ann.edit(insert(0, "one "))
        await ann.saved()
        drop_connections(served)
        ann.edit(insert(4, "two "))
        bob.edit(insert(0, "zero "))
        await ann.saved()
        await bob.saved()
        newest = max(ann.version, bob.version)
        await ann.reached(newest)
        await bob.reached(newest)
        assert ann.content == bob.content == "zero one two "
        assert newest == 3


async def test_editing_goes_on_while_the_server_is_away(serve: Serve) -> None:
    first = await serve()
    async with connect(first.url, "doc", client_id="a") as ann:
        ann.edit(insert(0, "before "))
        await ann.saved()
        assert ann.online
        await first.stop()
        ann.edit(insert(7, "while "))
        ann.edit(insert(13, "away"))
        assert ann.content == "before while away"
        await serve(port=first.port)
        await ann.saved()
        assert ann.version == 2


async def test_leaving_without_having_saved_is_an_error_with_the_content(serve: Serve) -> None:
    served = await serve()

    async def leave() -> None:
        async with connect(served.url, "doc", leave_timeout=0.01) as editor:
            await served.stop()
            editor.edit(insert(0, "precious"))

    with pytest.raises(NotSaved) as lost:
        await leave()
    assert lost.value.content == "precious"


async def test_a_refused_edit_is_taken_back_and_told_once(serve: Serve) -> None:
    served = await serve(max_document_size=10)
    async with connect(served.url, "doc") as editor:
        editor.edit(insert(0, "short"))
        await editor.saved()
        changes = editor.changes()
        editor.edit(insert(5, " and too long"))
        with pytest.raises(EditRefused, match="the limit is 10") as refused:
            await editor.saved()
        assert refused.value.reason == "document_full"
        assert refused.value.operation == insert(5, " and too long")
        assert editor.content == "short"
        change = await anext(changes)
        assert change.refusal is refused.value
        editor.edit(insert(5, "er"))
        await editor.saved()
        assert editor.content == "shorter"


async def test_a_refused_edit_nobody_was_told_of_is_raised_on_leaving(serve: Serve) -> None:
    served = await serve(max_document_size=10)
    with pytest.raises(EditRefused):
        async with connect(served.url, "doc") as editor:
            editor.edit(insert(0, "much too long"))


async def test_a_document_of_another_type_is_refused(served: Served) -> None:
    async with connect(served.url, "doc"):
        pass
    with pytest.raises(JoinRefused):
        async with connect(served.url, "doc", doc_type="nonsense"):
            pass


async def test_a_document_that_may_not_be_created_is_refused(serve: Serve) -> None:
    served = await serve(create_on_join=False)
    with pytest.raises(JoinRefused, match="not_found"):
        async with connect(served.url, "doc"):
            pass


async def test_a_malformed_join_is_refused_with_the_server_s_reason(served: Served) -> None:
    with pytest.raises(JoinRefused, match=r"400 invalid_request.*client_id"):
        async with connect(served.url, "doc", client_id="not good"):
            pass


async def test_a_server_that_is_not_there_is_an_error() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(OSError, match="Connect call failed"):
            async with connect(f"http://127.0.0.1:{port}", "doc"):
                pass


async def test_an_url_that_is_none_is_said_so() -> None:
    with pytest.raises(ValueError, match="got the URL 'localhost:8000': expected"):
        async with connect("localhost:8000", "doc"):
            pass


async def test_a_second_editor_of_the_same_client_id_takes_over(served: Served) -> None:
    async with connect(served.url, "doc", client_id="a") as first:
        changes = first.changes()
        async with connect(served.url, "doc", client_id="a"):
            with pytest.raises(TakenOver, match="a client_id of its own"):
                await anext(changes)
            with pytest.raises(TakenOver):
                first.edit(insert(0, "x"))


async def test_a_deleted_document_ends_the_editor(served: Served) -> None:
    async with connect(served.url, "doc") as editor:
        changes = editor.changes()
        await served.app.manager.delete_document("doc")
        with pytest.raises(EditorError):
            await anext(changes)


async def test_a_document_made_anew_is_not_mistaken_for_the_old_one(
    make_app: Make, serve: Serve
) -> None:
    first = await serve()

    async def edit_meanwhile() -> None:
        async with connect(first.url, "doc") as editor:
            editor.edit(insert(0, "old"))
            await editor.saved()
            await first.stop()
            editor.edit(insert(3, "er"))
            app = await make_app()
            await app.manager.delete_document("doc")
            await app.manager.create_document("doc")
            await serve(app, first.port)
            await editor.saved()

    with pytest.raises(DocumentReplaced) as replaced:
        await edit_meanwhile()
    assert replaced.value.content == "older"


async def test_reading_changes_ends_with_the_editor(served: Served) -> None:
    async with connect(served.url, "doc") as ann, connect(served.url, "doc") as bob:
        changes = ann.changes()
        bob.edit(insert(0, "x"))
        await bob.saved()
        await ann.reached(1)
    assert [change.operation async for change in changes] == [insert(0, "x")]


async def test_an_editor_is_iterated_for_its_changes(served: Served) -> None:
    async with connect(served.url, "doc") as ann, connect(served.url, "doc") as bob:
        # Made by hand: what comes before the loop begins is not missed.
        changes = aiter(ann)
        bob.edit(insert(0, "x"))
        async for change in changes:
            assert change.operation == insert(0, "x")
            break


async def test_changes_read_too_slowly_are_missed_not_kept(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes_module, "MAX_WAITING", 3)
    async with connect(served.url, "doc") as ann, connect(served.url, "doc") as bob:
        changes = ann.changes()
        for _ in range(5):
            bob.edit(insert(0, "x"))
            await bob.saved()
        await ann.reached(5)
        with pytest.raises(ChangesMissed):
            await anext(changes)
        bob.edit(insert(0, "y"))
        change = await anext(changes)
        assert change.operation == insert(0, "y")


async def test_readers_that_let_go_are_forgotten(served: Served) -> None:
    async with connect(served.url, "doc") as editor:
        changes: Changes | None = editor.changes()
        assert len(editor._changes) == 1
        del changes
        assert len(editor._changes) == 0


async def test_a_large_document_is_joined(served: Served) -> None:
    text = "0123456789🙂\n" * 60_000
    async with connect(served.url, "doc") as ann:
        ann.edit(insert(0, text[: len(text) // 2]))
        await ann.saved()
        ann.edit(insert(0, text[len(text) // 2 :]))
        await ann.saved()
        async with connect(served.url, "doc") as bob:
            assert bob.content == ann.content


async def test_closing_cancels_the_editor_s_task(served: Served) -> None:
    tasks = asyncio.all_tasks()
    async with connect(served.url, "doc") as editor:
        assert isinstance(editor, Editor)
    left = [task for task in asyncio.all_tasks() - tasks if "_run" in repr(task)]
    assert all(task.done() for task in left)


async def test_a_guest_of_a_link_goes_on_after_a_lost_connection(serve: Serve) -> None:
    served = await serve(auth="token", token_secret="a secret of at least thirty-two bytes")
    manager = served.app.manager
    await manager.create_document("doc", owner="ann")
    record = await manager.store.catalog.find_document("doc")
    assert record is not None
    link, stored = make_link(record.key, "editor", None)
    await manager.store.grants.add_link(stored, 10)
    async with connect(served.url, "doc", link=link, name="Gus") as guest:
        guest.edit(insert(0, "one"))
        await guest.saved()
        drop_connections(served)
        guest.edit(insert(3, " two"))
        await guest.saved()
        assert guest.user_id.startswith("guest:")
        assert guest.version == 2
