"""The real server on a real socket: peers that stall, vanish or stay when it stops."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager

import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from collab.errors import ConfigurationError
from collab.server.serving import listen
from collab.sessions.room import room_of
from tests.conftest import Make
from tests.rawpeer import RawPeer, raw_peer
from tests.served import serving


@contextlib.asynccontextmanager
async def join(address: str, doc_id: str, client_id: str) -> AsyncIterator[ClientConnection]:
    url = f"ws://{address}/ws/documents/{doc_id}?client_id={client_id}"
    async with open_websocket(url, compression=None) as wire:
        assert json.loads(await wire.recv())["type"] == "document_state"
        yield wire


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


def stalled_peer(address: str) -> AbstractAsyncContextManager[RawPeer]:
    """A peer that joins and then reads nothing more, with the smallest buffer."""
    return raw_peer(address, "/ws/documents/doc?client_id=stalled", receive_buffer_bytes=4096)


async def test_a_stalled_reader_is_let_go_and_holds_up_nobody(make_app: Make) -> None:
    app = await make_app(drain_timeout_seconds=1, ping_interval_seconds=600)
    async with (
        serving(app) as served,
        join(served.address, "doc", "a") as ann,
        stalled_peer(served.address),
    ):
        while "stalled" not in room_of(app.manager.documents["doc"]).connections:
            await ann.recv()
        await type_blocks(ann, 120, 60_000)
        # On a slow machine it has left while the blocks were typed.
        while "stalled" in room_of(app.manager.documents["doc"]).connections:
            await ann.recv()
        assert list(room_of(app.manager.documents["doc"]).connections) == ["a"]
        # The transport itself is gone, not only its place in the room.
        assert len(served.server.server_state.connections) == 1


async def test_stopping_does_not_wait_for_a_stalled_reader(make_app: Make) -> None:
    app = await make_app(
        drain_timeout_seconds=600, ping_interval_seconds=600, shutdown_timeout_seconds=1
    )
    async with (
        serving(app) as served,
        join(served.address, "doc", "a") as ann,
        stalled_peer(served.address),
    ):
        await type_blocks(ann, 120, 60_000)
        served.server.should_exit = True
        frames = [json.loads(text) async for text in ann]
        assert frames[-1]["type"] == "server_shutdown"
        assert ann.close_code == 1001
        await asyncio.wait_for(served.task, 20)
        assert not served.server.server_state.connections


async def test_a_peer_that_vanishes_leaves_the_room(make_app: Make) -> None:
    app = await make_app()
    async with (
        serving(app) as served,
        join(served.address, "doc", "a") as ann,
        join(served.address, "doc", "b") as bob,
    ):
        assert json.loads(await ann.recv())["type"] == "user_joined"
        bob.transport.abort()
        left = json.loads(await ann.recv())
        assert (left["type"], left["client_id"]) == ("user_left", "b")


async def test_a_frame_beyond_the_hard_limit_closes_with_1009(make_app: Make) -> None:
    app = await make_app(max_frame_bytes=100_000)
    async with serving(app) as served, join(served.address, "doc", "a") as wire:
        await wire.send("x" * 200_000)
        with pytest.raises(ConnectionClosed):
            await wire.recv()
        assert wire.close_code == 1009


async def test_a_refused_handshake_is_answered_with_json(make_app: Make) -> None:
    app = await make_app()
    async with serving(app) as served:
        with pytest.raises(InvalidStatus) as refused:
            await open_websocket(
                f"ws://{served.address}/ws/documents/doc?version=x", compression=None
            )
        assert refused.value.response.status_code == 400
        assert json.loads(refused.value.response.body or b"")["code"] == "invalid_request"


async def test_compression_is_not_negotiated(make_app: Make) -> None:
    app = await make_app()
    async with (
        serving(app) as served,
        open_websocket(f"ws://{served.address}/ws/documents/doc") as wire,
    ):
        assert wire.response is not None
        assert "Sec-WebSocket-Extensions" not in wire.response.headers


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
