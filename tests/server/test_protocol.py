"""What our protocol class offers beside ASGI, on real sockets and both event loops."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import uvicorn
import uvloop
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Frame, Opcode

from collab.server.protocol import TURN_BYTES, WebSocketProtocol
from collab.server.requests import MAX_UNSENT_BYTES
from collab.server.serving import listen
from collab.sessions.direct_transport import EXTENSION
from collab.sessions.wire import encode_text_frame
from tests.rawpeer import RawPeer, raw_peer

Behaviour = Callable[["Peer"], Awaitable[None]]

both_loops = pytest.mark.parametrize(
    "loop_factory", [asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"]
)


class Peer:
    """The server's side of one WebSocket: what it was told, and when it has ended."""

    def __init__(self, frames: WebSocketProtocol, send: Any) -> None:
        self.socket = frames
        self.send = send
        self.messages: list[str | bytes] = []
        self.drained = asyncio.Event()
        self.received = asyncio.Event()
        self.ended = asyncio.Event()
        self.stops: list[bool] = []
        frames.attach(self.drained.set, self.stops.append)

    def listen(self) -> None:
        self.socket.listen(self.take, self.ended.set)

    def take(self, message: str | bytes) -> None:
        self.messages.append(message)
        self.received.set()

    async def until(self, count: int) -> None:
        while len(self.messages) < count:
            self.received.clear()
            await self.received.wait()


class ReadyServer(uvicorn.Server):
    """Says when it accepts connections."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@contextlib.asynccontextmanager
async def served(behaviour: Behaviour, **config: Any) -> AsyncIterator[str]:
    """A server that accepts each WebSocket and does this with it; yields its address."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await behaviour(Peer(scope["extensions"][EXTENSION], send))

    async with serving(app, **config) as address:
        yield address


@contextlib.asynccontextmanager
async def serving(app: Any, **config: Any) -> AsyncIterator[str]:
    """A server of this application; yields its address."""
    listener = listen("127.0.0.1", 0)
    config = {"ws_ping_interval": None, **config}
    server = ReadyServer(
        uvicorn.Config(
            app,
            ws=WebSocketProtocol,
            ws_per_message_deflate=False,
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
            **config,
        )
    )
    task = asyncio.ensure_future(server._serve([listener]))
    await server.ready.wait()
    host, port = listener.getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.should_exit = True
        await task
        listener.close()


def slow_peer(address: str) -> AbstractAsyncContextManager[RawPeer]:
    """One with the smallest buffer, that reads only when told to."""
    return raw_peer(address, receive_buffer_bytes=4096)


def run(loop_factory: Any, scenario: Any) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(30):
            await scenario

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(bounded())


CLOSE_1000 = Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=False)


@both_loops
def test_frames_come_in_order_and_none_after_the_close(loop_factory: Any) -> None:
    outcomes: list[bool | None] = []

    async def behaviour(peer: Peer) -> None:
        peer.listen()
        outcomes.append(peer.socket.write(encode_text_frame("1") + encode_text_frame("2")))
        outcomes.append(peer.socket.write(encode_text_frame("3")))
        assert peer.stops == []
        await peer.send({"type": "websocket.close", "code": 1000})
        assert peer.stops == [False]
        outcomes.append(peer.socket.write(encode_text_frame("too late")))
        await peer.ended.wait()

    async def scenario() -> None:
        async with served(behaviour) as address, slow_peer(address) as peer:
            expected = b"".join(map(encode_text_frame, "123")) + CLOSE_1000
            data = await peer.exactly(len(expected))
            await peer.send(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
            assert data + await peer.rest() == expected
        assert outcomes == [True, True, None]

    run(loop_factory, scenario())


async def read_late(behaviour: Behaviour, written: list[bytes], full: asyncio.Event) -> None:
    """A peer that reads only once the buffer is full gets all that was written, and a close."""
    async with served(behaviour) as address, slow_peer(address) as peer:
        await full.wait()
        # What a reader that takes nothing costs: far from the 4 MB of an untuned socket.
        assert sum(map(len, written)) < 500_000
        data = b""
        while not data.endswith(CLOSE_1000):
            data += await peer.receive()
    assert data == b"".join(written) + CLOSE_1000


@both_loops
def test_a_full_buffer_is_told_and_so_is_its_drain_and_nothing_is_lost(loop_factory: Any) -> None:
    written: list[bytes] = []
    full = asyncio.Event()

    async def behaviour(peer: Peer) -> None:
        while True:
            frame = encode_text_frame(f"{len(written)} " + "x" * 100)
            written.append(frame)
            if peer.socket.write(frame) is False:
                break
        # One that is written all the same keeps its place.
        written.append(encode_text_frame("last"))
        assert peer.socket.write(written[-1]) is False
        full.set()
        await peer.drained.wait()
        written.append(encode_text_frame("after"))
        assert peer.socket.write(written[-1]) is True
        await peer.send({"type": "websocket.close", "code": 1000})

    run(loop_factory, read_late(behaviour, written, full))


@both_loops
def test_who_writes_without_asking_is_stopped_before_the_buffer_grows(loop_factory: Any) -> None:
    written: list[bytes] = []
    full = asyncio.Event()

    async def behaviour(peer: Peer) -> None:
        while not peer.stops:
            written.append(encode_text_frame(f"{len(written)} " + "x" * 100))
            peer.socket.live_write(written[-1])
        assert peer.stops == [True]
        full.set()
        await peer.drained.wait()
        written.append(encode_text_frame("after"))
        peer.socket.live_write(written[-1])
        assert peer.stops == [True]
        await peer.send({"type": "websocket.close", "code": 1000})

    run(loop_factory, read_late(behaviour, written, full))


@both_loops
def test_a_peer_that_says_goodbye_stops_who_writes_without_asking(loop_factory: Any) -> None:
    peers: list[Peer] = []

    async def behaviour(peer: Peer) -> None:
        peers.append(peer)
        peer.listen()
        peer.socket.live_write(encode_text_frame("x"))
        await peer.ended.wait()

    async def scenario() -> None:
        async with served(behaviour) as address, slow_peer(address) as peer:
            await peer.send(Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True))
            assert await peer.rest() == encode_text_frame("x") + CLOSE_1000
        assert peers[0].stops
        assert not any(peers[0].stops)

    run(loop_factory, scenario())


@both_loops
def test_writing_to_a_socket_that_is_gone_does_nothing(loop_factory: Any) -> None:
    outcomes: list[bool | None] = []

    async def behaviour(peer: Peer) -> None:
        peer.listen()
        peer.socket.abort()
        assert peer.stops == [False]
        outcomes.append(peer.socket.write(encode_text_frame("x")))
        await peer.ended.wait()
        outcomes.append(peer.socket.write(encode_text_frame("x")))
        peer.socket.pause_reading()
        peer.socket.resume_reading()
        peer.socket.abort()

    async def scenario() -> None:
        async with served(behaviour) as address, slow_peer(address) as peer:
            assert await peer.rest() == b""
        assert outcomes == [None, None]

    run(loop_factory, scenario())


@both_loops
def test_who_goes_away_before_being_attached_is_only_said_to_be_gone(loop_factory: Any) -> None:
    outcomes: list[bool | None] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        scope["extensions"][EXTENSION].abort()
        assert (await receive())["type"] == "websocket.disconnect"
        peer = Peer(scope["extensions"][EXTENSION], send)
        assert peer.stops == [False]
        outcomes.append(peer.socket.write(encode_text_frame("x")))

    async def scenario() -> None:
        async with serving(app) as address, slow_peer(address) as peer:
            assert await peer.rest() == b""
        assert outcomes == [None]

    run(loop_factory, scenario())


@both_loops
def test_every_kind_of_message_is_handed_on_in_order(loop_factory: Any) -> None:
    peers: list[Peer] = []
    started = asyncio.Event()
    listening = asyncio.Event()

    async def behaviour(peer: Peer) -> None:
        peers.append(peer)
        started.set()
        await listening.wait()
        peer.listen()
        await peer.until(6)
        await peer.ended.wait()

    async def scenario() -> None:
        async with (
            served(behaviour) as address,
            connect(f"ws://{address}", compression=None) as wire,
        ):
            await started.wait()
            # Sent before anybody listens.
            await wire.send("early")
            await wire.send(["fragments ", "of ", "one"])
            listening.set()
            await wire.send("x" * 100_000)
            await (await wire.ping())
            await wire.send(b"binary")
            await wire.send(["é" * 30_000, "", "y" * 30_000])
            await (await wire.ping())
            await wire.send("last")
            await peers[0].until(6)
        assert peers[0].messages == [
            "early",
            "fragments of one",
            "x" * 100_000,
            b"binary",
            "é" * 30_000 + "y" * 30_000,
            "last",
        ]

    run(loop_factory, scenario())


@both_loops
def test_a_failing_callback_ends_its_own_connection_only(
    loop_factory: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def behaviour(peer: Peer) -> None:
        def take(message: str | bytes) -> None:
            if message == "bad":
                raise ValueError("a mistake of ours")
            peer.socket.write(encode_text_frame("seen"))

        peer.socket.listen(take, peer.ended.set)
        await peer.ended.wait()

    async def scenario() -> None:
        async with (
            served(behaviour) as address,
            connect(f"ws://{address}") as good,
            connect(f"ws://{address}") as bad,
        ):
            await bad.send("bad")
            await bad.send("more")
            with pytest.raises(ConnectionClosed):
                await bad.recv()
            assert bad.close_code == 1011
            await good.send("good")
            assert await good.recv() == "seen"

    run(loop_factory, scenario())
    assert "message handler failed" in caplog.text


@both_loops
def test_a_burst_is_taken_in_turns(loop_factory: Any) -> None:
    count = 10_000
    frame = Frame(Opcode.TEXT, b"x").serialize(mask=True)
    per_turn: dict[int, int] = {}

    async def behaviour(peer: Peer) -> None:
        loop = asyncio.get_running_loop()
        turn = 0

        def next_turn() -> None:
            nonlocal turn
            turn += 1
            if len(peer.messages) < count:
                loop.call_soon(next_turn)

        def take(message: str | bytes) -> None:
            per_turn[turn] = per_turn.get(turn, 0) + 1
            peer.take(message)

        next_turn()
        peer.socket.listen(take, peer.ended.set)
        await peer.until(count)
        peer.socket.write(encode_text_frame("done"))
        await peer.ended.wait()

    async def scenario() -> None:
        async with served(behaviour) as address, slow_peer(address) as peer:
            await peer.send(frame * count)
            assert await peer.receive(100) == encode_text_frame("done")
        assert sum(per_turn.values()) == count
        # A turn of ours may see two of the loop's: one at its end, one at its beginning.
        assert max(per_turn.values()) <= 2 * (TURN_BYTES // len(frame) + 1)

    run(loop_factory, scenario())


@both_loops
def test_who_is_paused_is_not_read_on_and_loses_nothing(loop_factory: Any) -> None:
    count = 5000
    texts = [f"{number}" for number in range(count)]
    paused = asyncio.Event()
    go_on = asyncio.Event()
    peers: list[Peer] = []

    async def behaviour(peer: Peer) -> None:
        def take(message: str | bytes) -> None:
            peer.take(message)
            if len(peer.messages) == 10:
                peer.socket.pause_reading()
                paused.set()

        peers.append(peer)
        peer.socket.listen(take, peer.ended.set)
        await go_on.wait()
        peer.socket.resume_reading()
        await peer.until(count)
        await peer.ended.wait()

    async def scenario() -> None:
        async with served(behaviour) as address, slow_peer(address) as peer:
            data = b"".join(
                Frame(Opcode.TEXT, each.encode()).serialize(mask=True) for each in texts
            )
            sending = asyncio.ensure_future(peer.send(data))
            await paused.wait()
            for _ in range(20):
                await asyncio.sleep(0)
            # What had been begun is finished: no more than one turn.
            assert len(peers[0].messages) <= 10 + TURN_BYTES // 7
            go_on.set()
            await sending
            await peers[0].until(count)
        assert peers[0].messages == texts

    run(loop_factory, scenario())


@both_loops
def test_a_stalled_peer_that_answers_no_ping_is_let_go(loop_factory: Any) -> None:
    async def behaviour(peer: Peer) -> None:
        peer.listen()
        while peer.socket.write(encode_text_frame("x" * 10_000)):
            pass
        await peer.ended.wait()

    async def scenario() -> None:
        ended = asyncio.Event()

        async def watched(peer: Peer) -> None:
            await behaviour(peer)
            ended.set()

        fast = {"ws_ping_interval": 0.02, "ws_ping_timeout": 0.02}
        async with served(watched, **fast) as address, slow_peer(address):
            await ended.wait()

    run(loop_factory, scenario())


@both_loops
def test_bad_utf8_and_a_frame_too_large_close_with_their_codes_and_are_no_errors_of_ours(
    loop_factory: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def behaviour(peer: Peer) -> None:
        peer.listen()
        await peer.ended.wait()
        assert peer.messages == []

    async def scenario() -> None:
        async with served(behaviour, ws_max_size=1000) as address:
            for payload, code in ((b"\xff\xfe", 1007), (b"x" * 1001, 1009)):
                async with slow_peer(address) as peer:
                    await peer.send(Frame(Opcode.TEXT, payload).serialize(mask=True))
                    close = await peer.frame()
                    assert (close.opcode, close.data[:2]) == (Opcode.CLOSE, code.to_bytes(2, "big"))

    run(loop_factory, scenario())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@both_loops
def test_a_handshake_that_is_refused_by_a_response_is_no_error_of_ours(
    loop_factory: Any, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.http.response.start", "status": 403, "headers": []})
        await send({"type": "websocket.http.response.body", "body": b"no"})

    async def scenario() -> None:
        async with serving(app) as address:
            with pytest.raises(InvalidStatus) as refused:
                await connect(f"ws://{address}")
            assert (refused.value.response.status_code, refused.value.response.body) == (403, b"no")

    run(loop_factory, scenario())
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@both_loops
def test_a_handshake_that_fails_is_answered_and_the_server_goes_on(loop_factory: Any) -> None:
    async def behaviour(peer: Peer) -> None:
        peer.socket.write(encode_text_frame("hello"))
        kernel = peer.socket.transport.get_extra_info("socket")
        unsent = kernel.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
        assert unsent == MAX_UNSENT_BYTES
        peer.socket.write(encode_text_frame(str(unsent)))

    async def scenario() -> None:
        async with served(behaviour) as address:
            reader, writer = await asyncio.open_connection(*address.split(":"))
            with contextlib.closing(writer):
                writer.write(
                    b"GET / HTTP/1.1\r\nHost: [::1]\r\n"
                    b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                    b"Sec-WebSocket-Version: 99\r\nSec-WebSocket-Key: x\r\n\r\n"
                )
                assert (await reader.read()).startswith(b"HTTP/1.1 4")
            async with connect(f"ws://{address}") as wire:
                assert [await wire.recv(), await wire.recv()] == ["hello", "16384"]

    run(loop_factory, scenario())


async def test_what_uvicorn_keeps_of_a_connection_lies_in_slots() -> None:
    # A later uvicorn may keep more: then the list of attributes has to grow.
    config = uvicorn.Config(nobody, log_config=None)
    config.load()
    assert vars(WebSocketProtocol(config, uvicorn.server.ServerState(), {})) == {}


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    pass
