"""The shortest way of a commit to those who have everything: one write of their socket each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any
from unittest.mock import patch

import pytest

from collab.app import Collab
from collab.asgi.websockets import WebSocketState
from collab.auth import User
from collab.sessions.direct_transport import EXTENSION, EXTENSION_VERSION
from tests.conftest import Make
from tests.fragments import Messages


class Socket:
    """A WebSocket on our own server whose peer takes everything, or nothing while it is `full`."""

    version = EXTENSION_VERSION

    def __init__(self, client_id: str) -> None:
        self.client_id = client_id
        self.query_params = {"client_id": client_id}
        self.scope: dict[str, Any] = {
            "subprotocols": [],
            "extensions": {EXTENSION: self},
        }
        self.application_state = WebSocketState.CONNECTING
        self.full = False
        self.gone = False
        self.aborted = False
        self.writes: list[list[dict[str, Any]]] = []
        self._messages = Messages()
        self.flowed = 0
        self.closed_with: int | None = None
        self.changed = asyncio.Event()

    # -- what the handshake asks for ------------------------------------------------------------

    async def accept(self, subprotocol: str | None = None) -> None:
        self.application_state = WebSocketState.CONNECTED

    async def receive(self) -> dict[str, Any]:
        raise AssertionError("messages come by the callback")

    async def send(self, message: dict[str, Any]) -> None:
        raise AssertionError(f"not refused: {message}")

    async def send_text(self, data: str) -> None:
        raise AssertionError("frames go straight to the socket")

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        self._on_stopped(False)
        self.closed_with = code
        self.changed.set()

    # -- `FrameSocket` --------------------------------------------------------------------------

    def attach(self, on_drained: Callable[[], None], on_stopped: Callable[[bool], None]) -> None:
        self._on_drained, self._on_stopped = on_drained, on_stopped

    @property
    def unsent_bytes(self) -> int:
        return 1 if self.full else 0

    def write(self, frames: bytes) -> bool | None:
        self._take(frames)
        return not self.full

    def live_write(self, frames: bytes) -> None:
        self.flowed += 1
        self._take(frames)

    def _take(self, frames: bytes) -> None:
        assert self.closed_with is None
        if self.gone:
            raise RuntimeError("the handler is closed")
        texts = self._messages.of(frames)
        if texts:
            self.writes.append([json.loads(text) for text in texts])
        self.changed.set()
        if self.full:
            self._on_stopped(True)

    def listen(self, on_message: Callable[[str | bytes], None], on_end: Callable[[], None]) -> None:
        self._on_message, self._on_end = on_message, on_end

    def charge(self, allowance: Any) -> None:
        pass

    def pause_reading(self) -> None: ...
    def resume_reading(self) -> None: ...
    def abort(self) -> None:
        self.aborted = True

    def end(self) -> None:
        self._on_stopped(False)
        self._on_end()

    # -- the peer -------------------------------------------------------------------------------

    def drain(self) -> None:
        self.full = False
        self._on_drained()

    def send_frame(self, **frame: Any) -> None:
        self._on_message(json.dumps(frame))

    @property
    def frames(self) -> list[dict[str, Any]]:
        return [frame for write in self.writes for frame in write]

    @property
    def versions(self) -> list[int]:
        """Of the stream: `ack` and `document_change`, in the order in which they came."""
        return [each["version"] for each in self.frames if each["type"] in STREAM]

    async def until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self.changed.clear()
            await asyncio.wait_for(self.changed.wait(), 10)

    async def until_version(self, version: int) -> None:
        await self.until(lambda: version in self.versions)


STREAM = ("ack", "document_change")


class Writer:
    """Types at the front, and knows how far it is."""

    def __init__(self, socket: Socket) -> None:
        self.socket = socket
        self.version = 0
        self._edits = 0

    def type(self, text: str = "x") -> None:
        self._edits += 1
        operation = {"ops": [{"insert": text}]}
        self.socket.send_frame(
            type="edit", id=self._edits, version=self.version, operation=operation
        )

    async def commit(self, text: str = "x") -> int:
        self.type(text)
        self.version += 1
        await self.socket.until_version(self.version)
        return self.version


@pytest.fixture
async def sockets(app: Collab) -> AsyncIterator[list[Socket]]:
    """Three editors of one document, who have been told of each other; the first one writes."""
    joined = [Socket(name) for name in ("a", "b", "c")]
    async with asyncio.TaskGroup() as serving:
        tasks = [
            serving.create_task(app.manager.serve(socket, "doc", User(socket.client_id)))
            for socket in joined
        ]
        for socket in joined:
            await socket.until(lambda socket=socket: knows_all(socket, joined))
        yield joined
        for socket in joined:
            socket.end()
        await asyncio.wait(tasks, timeout=10)


def knows_all(socket: Socket, joined: list[Socket]) -> bool:
    """Whether it was told of everybody, by its first frame or by a later one."""
    told = {frame["client_id"] for frame in socket.frames if frame["type"] == "user_joined"}
    told.update(user["client_id"] for frame in socket.frames[:1] for user in frame["users"])
    return len(told) == len(joined)


async def test_from_the_second_commit_on_everybody_flows(sockets: list[Socket]) -> None:
    writer = Writer(sockets[0])
    await writer.commit()
    assert [socket.flowed for socket in sockets] == [0, 0, 0]
    for _ in range(3):
        await writer.commit()
    assert [socket.flowed for socket in sockets] == [3, 3, 3]
    assert [socket.versions for socket in sockets] == [[1, 2, 3, 4]] * 3
    assert [frame["type"] for frame in sockets[0].frames][-1] == "ack"
    assert [frame["type"] for frame in sockets[1].frames][-1] == "document_change"


async def test_who_has_not_taken_all_gets_the_rest_in_one_write(sockets: list[Socket]) -> None:
    writer, slow = Writer(sockets[0]), sockets[1]
    await writer.commit()
    await writer.commit()
    slow.full = True
    for _ in range(4):
        await writer.commit()
    assert slow.versions == [1, 2, 3]
    slow.drain()
    assert slow.versions == [1, 2, 3, 4, 5, 6]
    assert len(slow.writes[-1]) == 3
    assert sockets[2].versions == [1, 2, 3, 4, 5, 6]
    await writer.commit()
    flowed = slow.flowed
    await writer.commit()
    assert slow.flowed == flowed + 1
    assert slow.versions == list(range(1, 9))


async def test_an_editor_whose_own_ack_is_not_taken_leaves_the_flow(
    sockets: list[Socket],
) -> None:
    writer = Writer(sockets[0])
    await writer.commit()
    sockets[0].full = True
    await writer.commit()
    other = Writer(sockets[1])
    other.version = 2
    await other.commit()
    assert sockets[0].versions == [1, 2]
    sockets[0].drain()
    assert sockets[0].versions == [1, 2, 3]


async def test_a_commit_too_large_for_one_write_goes_by_pages(sockets: list[Socket]) -> None:
    writer = Writer(sockets[0])
    await writer.commit()
    await writer.commit()
    await writer.commit("y" * 100_000)
    await writer.commit()
    await sockets[2].until_version(4)
    assert [socket.versions for socket in sockets] == [[1, 2, 3, 4]] * 3


async def test_what_waits_comes_before_a_later_commit(app: Collab, sockets: list[Socket]) -> None:
    writer = Writer(sockets[0])
    await writer.commit()
    await writer.commit()
    reader = sockets[1]
    seen = len(reader.frames)
    # A commit that ends in the very turn in which an answer was put, and not yet written.
    room = next(iter(app.manager.connections)).document.room
    publish = room.publish

    def ping_first(version: int) -> None:
        reader.send_frame(type="ping", data=1)
        publish(version)

    with patch.object(room, "publish", ping_first):
        await writer.commit()
    await reader.until_version(3)
    assert [frame["type"] for frame in reader.frames[seen:]] == ["pong", "document_change"]


async def test_a_connection_that_is_gone_harms_nobody(sockets: list[Socket]) -> None:
    writer = Writer(sockets[0])
    await writer.commit()
    sockets[1].gone = True
    for _ in range(3):
        await writer.commit()
    assert sockets[1].versions == [1]
    assert sockets[2].versions == [1, 2, 3, 4]


async def test_nothing_is_written_after_the_close(app: Collab, sockets: list[Socket]) -> None:
    writer, leaving = Writer(sockets[0]), sockets[1]
    await writer.commit()
    await writer.commit()
    leaving._on_message(b"binary")
    await leaving.until(lambda: leaving.closed_with is not None)
    await writer.commit()
    assert leaving.closed_with == 1003
    assert leaving.versions == [1, 2]
    assert sockets[2].versions == [1, 2, 3]


async def test_presence_and_bytes_are_counted_in_the_flow_too(
    app: Collab, sockets: list[Socket]
) -> None:
    metrics = app.manager.metrics
    writer = Writer(sockets[0])
    await writer.commit()
    sent = metrics.sent_bytes
    writes = len(sockets[0].writes)
    sockets[1].send_frame(type="presence", cursor={"anchor": 0, "head": 0}, version=1)
    await sockets[0].until(lambda: len(sockets[0].writes) > writes)
    assert sockets[0].frames[-1]["client_id"] == "b"
    assert sockets[2].frames[-1]["client_id"] == "b"
    assert all(frame["type"] != "presence" for frame in sockets[1].frames)
    assert metrics.sent_bytes > sent


async def test_who_takes_no_goodbye_is_cut_off_when_the_server_closes(make_app: Make) -> None:
    app = await make_app(shutdown_timeout_seconds=0.05)
    sockets = [Socket("healthy"), Socket("stalled")]
    serving = [
        asyncio.ensure_future(app.manager.serve(socket, "doc", User(socket.client_id)))
        for socket in sockets
    ]
    for socket in sockets:
        await socket.until(lambda socket=socket: knows_all(socket, sockets))
    sockets[1].full = True
    await Writer(sockets[0]).commit()
    await app.manager.close()
    await asyncio.wait_for(asyncio.gather(*serving), 10)
    assert (sockets[0].closed_with, sockets[0].aborted) == (1001, False)
    assert (sockets[1].closed_with, sockets[1].aborted) == (None, True)
