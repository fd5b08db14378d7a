"""The real server on a real socket: peers that stall, vanish or stay when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from collab.app import Collab
from collab.errors import ConfigurationError
from collab.server.serving import Server, configure, listen
from tests.conftest import Make


@contextlib.asynccontextmanager
async def served(app: Collab) -> AsyncIterator[tuple[str, Server, asyncio.Task[None]]]:
    """The application behind the real server; yields its address, the server, its task."""
    listener = listen("127.0.0.1", 0)
    ready = asyncio.Event()
    server = Server(configure(app.settings, app), app, ready.set)
    # The signal handlers are the command's; here the test itself says when to stop.
    task = asyncio.ensure_future(server._serve([listener]))
    await ready.wait()
    host, port = listener.getsockname()
    try:
        yield f"{host}:{port}", server, task
    finally:
        server.should_exit = True
        await task


async def join(address: str, doc_id: str, client_id: str) -> ClientConnection:
    wire = await open_websocket(
        f"ws://{address}/ws/documents/{doc_id}?client_id={client_id}", compression=None
    )
    assert json.loads(await wire.recv())["type"] == "document_state"
    return wire


async def type_blocks(wire: ClientConnection, count: int, size: int) -> None:
    block = "x" * size
    for edit_id in range(1, count + 1):
        frame = {
            "type": "edit",
            "id": edit_id,
            "version": edit_id - 1,
            "operation": {"ops": [{"insert": block}]},
        }
        await wire.send(json.dumps(frame))
        while json.loads(await wire.recv())["type"] != "ack":
            pass


async def stalled_peer(address: str) -> socket.socket:
    """A peer that joins and then reads nothing more, with the smallest buffer."""
    host, port = address.split(":")
    peer = socket.socket()
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    peer.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(peer, (host, int(port)))
    await loop.sock_sendall(
        peer,
        b"GET /ws/documents/doc?client_id=stalled HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
        b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
    )
    assert (await loop.sock_recv(peer, 12)).startswith(b"HTTP/1.1 101")
    return peer


async def test_a_stalled_reader_is_let_go_and_holds_up_nobody(make_app: Make) -> None:
    app = await make_app(drain_timeout_seconds=1, ping_interval_seconds=600)
    async with served(app) as (address, server, _):
        ann = await join(address, "doc", "a")
        stalled = await stalled_peer(address)
        while "stalled" not in app.manager.documents["doc"].room.connections:
            await ann.recv()
        await type_blocks(ann, 120, 60_000)
        # On a slow machine it has left while the blocks were typed.
        while "stalled" in app.manager.documents["doc"].room.connections:
            await ann.recv()
        assert list(app.manager.documents["doc"].room.connections) == ["a"]
        # The transport itself is gone, not only its place in the room.
        assert len(server.server_state.connections) == 1
        await ann.close()
        stalled.close()


async def test_stopping_does_not_wait_for_a_stalled_reader(make_app: Make) -> None:
    app = await make_app(
        drain_timeout_seconds=600, ping_interval_seconds=600, shutdown_timeout_seconds=1
    )
    async with served(app) as (address, server, task):
        ann = await join(address, "doc", "a")
        stalled = await stalled_peer(address)
        await type_blocks(ann, 120, 60_000)
        server.should_exit = True
        frames = [json.loads(text) async for text in ann]
        assert frames[-1]["type"] == "server_shutdown"
        assert ann.close_code == 1001
        await asyncio.wait_for(task, 20)
        assert not server.server_state.connections
        stalled.close()


async def test_a_peer_that_vanishes_leaves_the_room(make_app: Make) -> None:
    app = await make_app()
    async with served(app) as (address, _, _):
        ann = await join(address, "doc", "a")
        bob = await join(address, "doc", "b")
        assert json.loads(await ann.recv())["type"] == "user_joined"
        bob.transport.abort()
        left = json.loads(await ann.recv())
        assert (left["type"], left["client_id"]) == ("user_left", "b")


async def test_a_frame_beyond_the_hard_limit_closes_with_1009(make_app: Make) -> None:
    app = await make_app(frame_maximum_bytes=100_000)
    async with served(app) as (address, _, _):
        wire = await join(address, "doc", "a")
        await wire.send("x" * 200_000)
        with pytest.raises(ConnectionClosed):
            await wire.recv()
        assert wire.close_code == 1009


async def test_a_refused_handshake_is_answered_with_json(make_app: Make) -> None:
    app = await make_app()
    async with served(app) as (address, _, _):
        with pytest.raises(InvalidStatus) as refused:
            await open_websocket(f"ws://{address}/ws/documents/doc?version=x", compression=None)
        assert refused.value.response.status_code == 400
        assert json.loads(refused.value.response.body or b"")["code"] == "invalid_request"


async def test_compression_is_not_negotiated(make_app: Make) -> None:
    app = await make_app()
    async with served(app) as (address, _, _):
        wire = await open_websocket(f"ws://{address}/ws/documents/doc")
        assert wire.response is not None
        assert "Sec-WebSocket-Extensions" not in wire.response.headers
        await wire.close()


def test_a_port_in_use_is_said_so() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"port {port}.*in use"):
            listen("127.0.0.1", port)


def test_an_unknown_host_is_said_so() -> None:
    with pytest.raises(ConfigurationError, match=r"no\.such\.host\.invalid"):
        listen("no.such.host.invalid", 8000)


def test_what_the_program_is_made_of_is_not_collected_again_and_again() -> None:
    # In a program of its own: the collector is the process's.
    program = (
        "import gc; from collab.server.serving import COLLECTOR_THRESHOLDS, spare_collector; "
        "spare_collector(); "
        "assert gc.get_freeze_count() > 10_000 and gc.get_threshold() == COLLECTOR_THRESHOLDS"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
