"""What a room tells its members, and in how many writes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from collab import ot
from collab.auth import User
from collab.documents.history import Change, History
from collab.frames import Cursor
from collab.limits.budget import Allowance
from collab.metrics import Metrics
from collab.sessions.room import Room
from collab.sessions.wire import Batch, texts_of
from collab.storage import OperationRecord


class Recorder:
    """A member that keeps what it is given, one entry for each write."""

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.user = User(client_id)
        self.color = self.user.color
        self.presences: dict[str, None] = {}
        self.notified = 0
        self.allowance = Allowance(None)
        self.writes: list[bytes] = []

    @property
    def outbound(self) -> Recorder:
        return self

    def put(self, frames: bytes, count: int = 1) -> None:
        assert len(list(texts_of(frames))) == count
        self.writes.append(frames)

    def publish(self, version: int, head: int, batch: Batch | None) -> None:
        assert batch is not None
        self.writes.append(batch.for_client(self.client_id))

    def publish_presences(self, moved: Iterable[str], batch: Batch) -> None:
        self.writes.append(batch.for_client(self.client_id))

    def close(
        self, code: int, reason: str, *, last_frame: bytes | None = None, drain: bool = True
    ) -> None: ...

    def frames(self) -> list[dict]:
        return [msgspec.json.decode(text) for each in self.writes for text in texts_of(each)]


@pytest.fixture
def history() -> History:
    return History(0, max_operations=100, max_bytes=1_000_000)


def make_room(history: History, interval: float = 0.0) -> Room:
    return Room(history, ot.get_type("text"), Metrics(), interval)


def commit(history: History, *client_ids: str) -> None:
    for client_id in client_ids:
        version = history.accepted + 1
        record = OperationRecord(version, '{"ops":[]}', client_id, 1, client_id, "", 0.0)
        history.append(Change(record, {"ops": []}))
    history.commit(history.accepted)


async def test_who_joins_together_is_told_in_one_write_for_each_reader(history: History) -> None:
    room = make_room(history)
    members = [Recorder(f"c{number}") for number in range(100)]
    for member in members:
        room.enter(member)
    await asyncio.sleep(0)
    assert [len(member.writes) for member in members] == [1] * 99 + [0]
    for position, member in enumerate(members):
        told = [frame["client_id"] for frame in member.frames()]
        assert told == [f"c{number}" for number in range(position + 1, 100)]
    assert members[0].frames()[-1]["count"] == 100


async def test_readers_who_know_the_same_share_the_bytes(history: History) -> None:
    room = make_room(history)
    ann, bob, carl = Recorder("a"), Recorder("b"), Recorder("c")
    room.enter(ann)
    room.enter(bob)
    await asyncio.sleep(0)
    room.enter(carl)
    room.leave(carl)
    await asyncio.sleep(0)
    assert ann.writes[-1] is bob.writes[-1]
    assert [frame["type"] for frame in bob.frames()] == ["user_joined", "user_left"]
    assert not carl.writes


async def test_who_came_is_told_before_what_they_write(history: History) -> None:
    room = make_room(history, interval=600)
    ann, bob = Recorder("a"), Recorder("b")
    room.enter(ann)
    await asyncio.sleep(0)
    room.enter(bob)
    await asyncio.sleep(0)
    assert ann.writes == []
    commit(history, "b")
    room.publish(0)
    assert [frame["type"] for frame in ann.frames()] == ["user_joined", "document_change"]
    room.leave(ann)
    room.leave(bob)


async def test_everybody_gets_the_same_bytes_and_authors_their_acks(history: History) -> None:
    room = make_room(history)
    members = {client_id: Recorder(client_id) for client_id in "abcd"}
    for member in members.values():
        room.enter(member)
    await asyncio.sleep(0)
    for member in members.values():
        member.writes.clear()
    commit(history, "a", "b", "x", "a")
    room.publish(0)
    change, ack = "document_change", "ack"
    assert members["c"].writes[0] is members["d"].writes[0]
    for client_id, types in {
        "a": [ack, change, change, ack],
        "b": [change, ack, change, change],
        "c": [change] * 4,
    }.items():
        frames = members[client_id].frames()
        assert [frame["type"] for frame in frames] == types
        assert [frame["version"] for frame in frames] == [1, 2, 3, 4]


async def test_cursors_that_are_much_work_to_move_are_told_in_several_turns(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = make_room(history)
    members = [Recorder(f"c{number}") for number in range(4)]
    for member in members:
        room.enter(member)
    await asyncio.sleep(0)
    commit(history, *"xxx")
    room.publish(0)
    for member in members:
        member.writes.clear()
    monkeypatch.setattr("collab.sessions.room.MAX_MOVES", 6)
    for member in members:
        room.update_presence(member, Cursor(0, 0), None, 0)
    told: list[list[str]] = []
    while len(told) < 2:
        await asyncio.sleep(0)
        told += [[f["client_id"] for f in members[3].frames()]] if members[3].writes else []
        members[3].writes.clear()
    # Each is behind by three components, so two are the most of a turn; c3 is not told of itself.
    assert told == [["c0", "c1"], ["c2"]]


async def test_the_latest_presence_of_each_is_told_once_in_one_write(history: History) -> None:
    room = make_room(history)
    ann, bob, carl = Recorder("a"), Recorder("b"), Recorder("c")
    for member in (ann, bob, carl):
        room.enter(member)
    await asyncio.sleep(0)
    for member in (ann, bob, carl):
        member.writes.clear()
    for offset in range(5):
        room.update_presence(ann, Cursor(offset, offset), None, 0)
        room.update_presence(bob, Cursor(offset, offset), None, 0)
    await asyncio.sleep(0)
    assert len(carl.writes) == 1
    assert [(each["client_id"], each["cursor"]["head"]) for each in carl.frames()] == [
        ("a", 4),
        ("b", 4),
    ]
    assert [each["client_id"] for each in ann.frames()] == ["b"]


async def test_the_list_of_users_follows_their_cursors(history: History) -> None:
    room = make_room(history)
    ann = Recorder("a")
    room.enter(ann)
    assert msgspec.json.decode(room.present(0))[0]["cursor"] is None
    room.update_presence(ann, Cursor(1, 2), None, 0)
    assert msgspec.json.decode(room.present(0))[0]["cursor"] == {"anchor": 1, "head": 2}
    room.update_presence(ann, None, None, 0)
    assert msgspec.json.decode(room.present(0))[0]["cursor"] is None
    room.leave(ann)
    again = Recorder("a")
    again.user = User("a", name="Another name")
    room.enter(again)
    assert msgspec.json.decode(room.present(0))[0]["name"] == "Another name"
    room.leave(again)


def commit_letters(history: History, count: int) -> None:
    kind: Any = ot.get_type("text")
    for _ in range(count):
        operation = {"ops": [{"insert": "x"}]}
        record = OperationRecord(
            history.accepted + 1, '{"ops":[{"insert":"x"}]}', "writer", 1, "writer", "", 0.0
        )
        history.append(Change(record, outline=kind.outline(operation)))
    history.commit(history.accepted)


async def full_room(history: History, count: int) -> Room:
    """A room of editors whose cursors stand at 7 as of the version 0."""
    room = make_room(history)
    for number in range(count):
        member = Recorder(f"c{number}")
        room.enter(member)
        room.update_presence(member, Cursor(7, 7), None, 0)
    await asyncio.sleep(0)
    return room


async def test_cursors_are_brought_forward_commit_by_commit(history: History) -> None:
    room = await full_room(history, 300)
    for _ in range(700):
        shown = history.head
        commit_letters(history, 1)
        room.advance_presences(history.head - shown)
    behind = [history.head - each.version for each in room._presences.values()]
    # All of them are looked at in 18 commits, and moved when they are 100 versions behind.
    assert max(behind) <= 100 + 300 // 16 + 1
    written = room.presence_frame("c0")
    assert written is not None
    frame = next(texts_of(written))
    assert msgspec.json.decode(frame)["cursor"] == {"anchor": 707, "head": 707}


async def test_where_very_many_cursors_are_far_behind_some_are_forgotten(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collab.sessions.room.MAX_MOVES", 500)
    room = await full_room(history, 20)
    commit_letters(history, 100)
    room.move_presences(100)
    cursors = [each.cursor for each in room._presences.values()]
    assert cursors == [Cursor(107, 107)] * 5 + [None] * 15
    assert {each.version for each in room._presences.values()} == {100}
