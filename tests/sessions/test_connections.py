"""Connections: handshakes, resuming, taking over, presence, slow readers, the end."""

from __future__ import annotations

import time
from typing import Any

import pytest

from collab.app import Collab
from collab.auth import User
from tests.conftest import Make
from tests.wire import Refused, Wire, connect


async def type_letters(wire: Wire, letters: str, version: int = 0) -> int:
    """Type at the end of a document nobody else edits; returns the new version."""
    for edit_id, letter in enumerate(letters, start=version + 1):
        retain = [{"retain": edit_id - 1}] if edit_id > 1 else []
        await wire.edit(edit_id, edit_id - 1, *retain, {"insert": letter})
        await wire.until("ack")
    return version + len(letters)


# -- handshake ----------------------------------------------------------------------------------


async def test_the_subprotocol_is_chosen_where_it_is_offered(app: Collab) -> None:
    wire = await connect(app, "doc", subprotocols=("other", "collab.v1"))
    assert wire.subprotocol == "collab.v1"
    assert (await connect(app, "doc")).subprotocol is None


@pytest.mark.parametrize(
    ("doc_id", "query", "status", "code"),
    [
        ("doc", {"client_id": "no spaces"}, 400, "invalid_request"),
        ("doc", {"client_id": "x" * 65}, 400, "invalid_request"),
        ("doc", {"version": "-1"}, 400, "invalid_request"),
        ("doc", {"user_id": "x" * 129}, 400, "invalid_request"),
        ("doc", {"name": "bell\x07"}, 400, "invalid_request"),
        ("x" * 129, {}, 400, "invalid_request"),
        ("sp ace", {}, 400, "invalid_request"),
    ],
)
async def test_a_malformed_join_is_refused_before_it_is_accepted(
    app: Collab, doc_id: str, query: dict, status: int, code: str
) -> None:
    with pytest.raises(Refused) as refused:
        await connect(app, doc_id, **query)
    assert (refused.value.status, refused.value.body["code"]) == (status, code)


async def test_only_other_subprotocols_are_refused(app: Collab) -> None:
    with pytest.raises(Refused) as refused:
        await connect(app, "doc", subprotocols=("graphql-ws",))
    assert refused.value.status == 400
    assert "collab.v1" in refused.value.body["message"]
    assert await app.manager.store.catalog.find_document("doc") is None


async def test_a_client_id_belongs_to_the_user_who_used_it_first(make_app: Make) -> None:
    app = await make_app()
    wire = await connect(app, "doc", client_id="a", user_id="ann")
    await type_letters(wire, "x")
    with pytest.raises(Refused) as refused:
        await connect(app, "doc", client_id="a", user_id="bob")
    assert (refused.value.status, refused.value.body["code"]) == (403, "forbidden")
    await app.close()
    app = await make_app()
    with pytest.raises(Refused):
        await connect(app, "doc", client_id="a", user_id="bob")
    assert (await (await connect(app, "doc", client_id="a", user_id="ann")).receive())["last_id"]


async def test_an_unknown_document_closes_with_4404_where_joining_does_not_create(
    make_app: Make,
) -> None:
    app = await make_app(create_on_join=False)
    wire = await connect(app, "nope")
    assert (await wire.receive())["code"] == "not_found"
    assert await wire.closed() == 4404


async def test_a_document_of_another_type_is_refused(app: Collab) -> None:
    await app.manager.create_document("doc", "text")
    wire = await connect(app, "doc", doc_type="richtext")
    assert (await wire.receive())["code"] == "wrong_doc_type"
    assert await wire.closed() == 1008


async def test_a_peer_that_leaves_while_joining_leaves_nothing_behind(app: Collab) -> None:
    async def gone(event: dict) -> None:
        raise OSError("the peer is gone")

    wire = Wire(app, "/ws/documents/doc?client_id=a")
    wire.task.cancel()
    received = iter([{"type": "websocket.connect"}])

    async def receive() -> dict:
        return next(received)

    await app({**wire.scope}, receive, gone)
    refused = {**wire.scope, "query_string": b"version=x"}
    received = iter([{"type": "websocket.connect"}])
    await app(refused, receive, gone)
    document = app.manager.documents["doc"]
    assert document.is_idle
    assert len(document.authors) == 0


# -- resuming -----------------------------------------------------------------------------------


async def test_a_client_resumes_with_exactly_what_it_missed(app: Collab) -> None:
    ann = await connect(app, "doc", client_id="a")
    epoch = (await ann.receive())["epoch"]
    bob = await connect(app, "doc", client_id="b")
    await type_letters(ann, "xyz")
    await bob.leave()
    await bob.task
    bob = await connect(app, "doc", client_id="b", version=1, epoch=epoch)
    resumed = await bob.expect("document_resumed")
    assert (resumed["version"], resumed["epoch"], resumed["last_id"]) == (1, epoch, 0)
    assert "content" not in resumed
    assert [(await bob.expect("document_change"))["version"] for _ in range(2)] == [2, 3]


async def test_ones_own_accepted_edits_come_as_acks_when_resuming(app: Collab) -> None:
    ann = await connect(app, "doc", client_id="a")
    epoch = (await ann.receive())["epoch"]
    await type_letters(ann, "xy")
    await ann.leave()
    ann = await connect(app, "doc", client_id="a", version=0, epoch=epoch)
    assert (await ann.expect("document_resumed"))["last_id"] == 2
    acks = [await ann.expect("ack") for _ in range(2)]
    assert [(ack["id"], ack["version"]) for ack in acks] == [(1, 1), (2, 2)]


@pytest.mark.parametrize(
    "query", [{"version": 9}, {"version": 1, "epoch": "other"}, {"version": 1}]
)
async def test_a_version_not_of_this_history_gets_the_state(app: Collab, query: dict) -> None:
    ann = await connect(app, "doc", client_id="a")
    epoch = (await ann.receive())["epoch"]
    await type_letters(ann, "xy")
    if query == {"version": 9}:
        query = {**query, "epoch": epoch}
    bob = await connect(app, "doc", **query)
    state = await bob.expect("document_state")
    assert (state["content"], state["version"]) == ("xy", 2)


async def test_a_client_resumes_from_before_what_is_in_memory(make_app: Make) -> None:
    app = await make_app(max_history_operations=5)
    ann = await connect(app, "doc", client_id="a")
    epoch = (await ann.receive())["epoch"]
    await type_letters(ann, "abcdefghijklmnopqrstuvwxyz")
    bob = await connect(app, "doc", client_id="b", version=2, epoch=epoch)
    await bob.expect("document_resumed")
    versions = [(await bob.expect("document_change"))["version"] for _ in range(24)]
    assert versions == list(range(3, 27))


async def test_a_newer_connection_of_the_same_client_takes_over(app: Collab) -> None:
    older = await connect(app, "doc", client_id="a", user_id="ann")
    newer = await connect(app, "doc", client_id="a", user_id="ann")
    assert await older.closed() == 4409
    await newer.expect("document_state")
    await type_letters(newer, "x")
    assert (await app.manager.read_document("doc"))[2] == "x"


async def test_two_connections_of_one_user_are_two_editors(app: Collab) -> None:
    one = await connect(app, "doc", client_id="a", user_id="ann")
    two = await connect(app, "doc", client_id="b", user_id="ann")
    await one.expect("document_state")
    await two.expect("document_state")
    assert (await one.expect("user_joined"))["count"] == 2
    await one.edit(1, 0, {"insert": "x"})
    assert (await two.expect("document_change"))["user_id"] == "ann"


# -- who is here --------------------------------------------------------------------------------


async def test_joining_and_leaving_is_told_to_the_others(app: Collab) -> None:
    ann = await connect(app, "doc", client_id="a", user_id="ann")
    await ann.expect("document_state")
    bob = await connect(app, "doc", client_id="b", user_id="bob", name="Bob")
    users = (await bob.expect("document_state"))["users"]
    assert [user["client_id"] for user in users] == ["a", "b"]
    joined = await ann.expect("user_joined")
    assert joined["color"].startswith("#")
    assert (joined["client_id"], joined["name"], joined["count"]) == ("b", "Bob", 2)
    await bob.leave()
    left = await ann.expect("user_left")
    assert (left["client_id"], left["user_id"], left["count"]) == ("b", "bob", 1)


async def test_people_in_one_room_have_different_colors(app: Collab) -> None:
    wires = [await connect(app, "doc", client_id=f"c{n}", user_id=f"u{n}") for n in range(12)]
    colors = {(await wire.until("document_state"))["user"]["color"] for wire in wires}
    assert len(colors) == 12
    again = await connect(app, "doc", client_id="other", user_id="u3")
    users = (await again.until("document_state"))["users"]
    shown = {user["client_id"]: user["color"] for user in users}
    assert shown["other"] == shown["c3"]
    assert len(set(shown.values())) == 12
    await connect(app, "doc", client_id="thirteenth")


async def test_cursors_are_moved_along_with_edits(app: Collab) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await ann.until("document_state")
    await bob.until("document_state")
    await type_letters(ann, "hello")
    # Set on version 4, when there was no "o": the server moves it to the newest version.
    await ann.send({"type": "presence", "cursor": {"anchor": 1, "head": 4}, "version": 4})
    presence = await bob.until("presence")
    assert presence["client_id"] == "a"
    assert presence["version"] == 5
    assert presence["cursor"] == {"anchor": 1, "head": 5}
    await bob.edit(1, 5, {"insert": ">> "})
    await bob.until("ack")
    carl = await connect(app, "doc", client_id="c")
    users = {user["client_id"]: user for user in (await carl.receive())["users"]}
    assert users["a"]["cursor"] == {"anchor": 4, "head": 8}
    assert users["b"]["cursor"] is None


async def test_presence_data_is_passed_on_and_ends_with_its_connection(app: Collab) -> None:
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await bob.until("document_state")
    await ann.send({"type": "presence", "cursor": None, "data": {"mood": "fine"}})
    presence = await bob.until("presence")
    assert (presence["cursor"], presence["data"]) == (None, {"mood": "fine"})
    await ann.leave()
    carl = await connect(app, "doc", client_id="c")
    assert [user["client_id"] for user in (await carl.receive())["users"]] == ["b", "c"]
    await carl.send({"type": "ping"})
    assert (await carl.receive())["type"] == "pong"


async def test_cursors_survive_the_trimming_of_the_history(make_app: Make) -> None:
    app = await make_app(max_history_operations=4)
    ann = await connect(app, "doc", client_id="a")
    bob = await connect(app, "doc", client_id="b")
    await type_letters(ann, "0123456789")
    await bob.send({"type": "presence", "cursor": {"anchor": 10, "head": 10}, "version": 10})
    await ann.until("presence")
    for edit_id in range(11, 31):
        await ann.edit(edit_id, edit_id - 1, {"insert": "x"})
        await ann.until("ack")
    carl = await connect(app, "doc", client_id="c")
    users = {user["client_id"]: user for user in (await carl.receive())["users"]}
    assert users["b"]["cursor"] == {"anchor": 30, "head": 30}


async def test_a_ping_is_answered_with_its_data(app: Collab) -> None:
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    before = time.time()
    await wire.send({"type": "ping", "data": [1, "x"]})
    pong = await wire.expect("pong")
    assert pong["data"] == [1, "x"]
    assert before <= pong["timestamp"] <= time.time()


async def test_a_message_reaches_every_connection_of_a_user(app: Collab) -> None:
    ann = await connect(app, "one", user_id="ann", client_id="a")
    also = await connect(app, "two", user_id="ann", client_id="a")
    bob = await connect(app, "two", user_id="bob", client_id="b")
    assert await app.manager.send_personal_message("ann", {"type": "hello"}) == 2
    assert await ann.until("hello") == {"type": "hello"}
    assert await also.until("hello") == {"type": "hello"}
    await app.manager.broadcast_to_document("two", {"type": "all"}, exclude="a")
    await bob.until("document_state")
    assert (await bob.receive())["type"] == "all"
    assert also.silent()


# -- frames that are wrong ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("nope", "invalid_json", "JSON"),
        ("[]", "invalid_frame", "object"),
        ("{}", "unknown_type", "type"),
        ('{"type": "shout"}', "unknown_type", "shout"),
        ('{"type": "edit", "id": "1", "version": 0, "operation": {}}', "invalid_frame", "id"),
        ('{"type": "presence", "cursor": {"anchor": 1, "head": 1}}', "invalid_frame", "version"),
        ('{"type": "presence", "version": 7}', "version_ahead", "7"),
        ('{"type": "ping", "data": "' + "x" * 5000 + '"}', "too_large", "4096"),
        ('{"type": "edit", "id": 1, "version": 0, "operation": {"ops": [{"insert": "'
         + "x" * 2_000_000 + '"}]}}', "too_large", "1048576"),
    ],
)  # fmt: skip
async def test_a_bad_frame_is_answered_and_the_connection_stays(
    app: Collab, text: str, code: str, told: str
) -> None:
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await wire.send_text(text)
    error = await wire.expect("error")
    assert error["code"] == code
    assert told in error["message"]
    await wire.edit(1, 0, {"insert": "x"})
    assert await wire.acknowledged() == 1


async def test_too_many_bad_frames_in_a_row_close_the_connection(make_app: Make) -> None:
    app = await make_app(max_bad_frames=3)
    wire = await connect(app, "doc")
    for text in ("x", "x", '{"type":"ping"}', "x", "x", "x"):
        await wire.send_text(text)
    assert await wire.closed() == 1008


async def test_a_binary_frame_closes_the_connection(app: Collab) -> None:
    wire = await connect(app, "doc")
    await wire.send_bytes(b"x")
    assert await wire.closed() == 1003


async def test_a_viewer_sees_changes_and_may_not_make_any(app: Collab) -> None:
    async def viewing(scope: Any, receive: Any, send: Any) -> None:
        from collab.asgi.websockets import WebSocket

        websocket = WebSocket(scope, receive, send)
        await app.manager.serve(websocket, "doc", User("vera", role="viewer"))

    vera = await Wire(viewing, "/").open()
    assert (await vera.receive())["user"]["role"] == "viewer"
    await vera.edit(1, 0, {"insert": "x"})
    assert (await vera.expect("error"))["code"] == "read_only"
    await type_letters(await connect(app, "doc"), "x")
    assert (await vera.until("document_change"))["version"] == 1


# -- slow readers -------------------------------------------------------------------------------


async def test_a_reader_that_falls_behind_memory_is_closed_and_harms_nobody(
    make_app: Make,
) -> None:
    app = await make_app(max_history_operations=4)
    slow = await connect(app, "doc", client_id="slow")
    await slow.expect("document_state")
    slow.reading.clear()
    ann = await connect(app, "doc", client_id="a")
    await type_letters(ann, "abcdefghijklmnopqrstuvwxyz")
    slow.reading.set()
    assert await slow.closed() == 1013


async def test_a_commit_larger_than_the_memory_for_the_past_leaves_no_healthy_reader_behind(
    make_app: Make,
) -> None:
    app = await make_app(max_history_bytes=1000)
    reader = await connect(app, "doc", client_id="reader")
    writers = [await connect(app, "doc", client_id=f"writer-{number}") for number in range(3)]
    for writer in writers:
        await writer.expect("document_state")
        await writer.edit(1, 0, {"insert": "x" * 40_000})
    acknowledged = [(await writer.until("ack"))["version"] for writer in writers]
    assert sorted(acknowledged) == [1, 2, 3]
    assert [(await reader.until("document_change"))["version"] for _ in writers] == [1, 2, 3]


async def test_a_reader_that_takes_nothing_for_too_long_is_ended(make_app: Make) -> None:
    app = await make_app(drain_timeout_seconds=5)
    slow = await connect(app, "doc", client_id="slow")
    await slow.expect("document_state")
    ann = await connect(app, "doc", client_id="a")
    await ann.expect("document_state")
    slow.reading.clear()
    await type_letters(ann, "ab")
    await app.manager.sweep(time.monotonic() + 1)
    assert ann.silent()
    await app.manager.sweep(time.monotonic() + 10)
    assert (await ann.expect("user_left"))["client_id"] == "slow"
    await slow.task


async def test_a_reader_with_a_full_outbox_is_closed(make_app: Make) -> None:
    app = await make_app(max_outbox_frames=16)
    slow = await connect(app, "doc", client_id="slow")
    await slow.expect("document_state")
    slow.reading.clear()
    for _ in range(30):
        await app.manager.broadcast_to_document("doc", {"type": "noise"})
    slow.reading.set()
    assert await slow.closed() == 1013


# -- the end ------------------------------------------------------------------------------------


async def test_closing_commits_tells_and_closes_with_1001(make_app: Make) -> None:
    app = await make_app()
    wire = await connect(app, "doc", client_id="a")
    await wire.expect("document_state")
    await wire.edit(1, 0, {"insert": "last words"})
    await wire.send({"type": "ping"})
    await wire.until("pong")
    await app.close()
    frames = []
    while True:
        event = await wire.event()
        if event["type"] == "websocket.close":
            break
        frames.append(event["text"])
    assert event["code"] == 1001
    assert '"ack"' in frames[0]
    assert '"server_shutdown"' in frames[-1]
    assert '"retry_after"' in frames[-1]
    app = await make_app()
    assert (await app.manager.read_document("doc"))[2] == "last words"


async def test_closing_twice_and_joining_after_is_harmless(make_app: Make) -> None:
    app = await make_app()
    await app.close()
    await app.close()
    with pytest.raises(Refused) as refused:
        await connect(app, "doc")
    assert refused.value.status == 503


async def test_a_deleted_document_closes_its_connections_with_4410(app: Collab) -> None:
    wire = await connect(app, "doc", client_id="a")
    epoch = (await wire.receive())["epoch"]
    await type_letters(wire, "x")
    await app.manager.delete_document("doc", "boss")
    assert (await wire.until("document_deleted"))["user_id"] == "boss"
    assert await wire.closed() == 4410
    await app.manager.create_document("doc")
    again = await connect(app, "doc", client_id="a", version=1, epoch=epoch)
    state = await again.expect("document_state")
    assert (state["content"], state["version"], state["last_id"]) == ("", 0, 0)
    assert state["epoch"] != epoch
