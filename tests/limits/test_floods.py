"""Peers that send and send, and go on when they are told to stop, on the real server."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator

import pytest
from websockets.frames import Frame, Opcode

from tests.client.conftest import Served, serve
from tests.conftest import Make
from tests.wire import connect

HANDSHAKE = (
    b"GET /ws/documents/doc?client_id=flood HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)
FLOODS = {
    "presence": Frame(Opcode.TEXT, b'{"type":"ping"}'),
    "bad frames": Frame(Opcode.TEXT, b"{"),
    "refused edits": Frame(
        Opcode.TEXT, b'{"type":"edit","id":9,"version":0,"operation":{"ops":[]}}'
    ),
    "pings": Frame(Opcode.PING, b""),
    "pongs": Frame(Opcode.PONG, b"unasked"),
}

# More than the systems' buffers on the way: so much is only sent to somebody who reads.
MAXIMUM_BYTES = 40_000_000


async def joined(served: Served) -> socket.socket:
    peer = socket.create_connection(("127.0.0.1", served.port))
    peer.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(peer, HANDSHAKE)
    received = b""
    while b'"document_state"' not in received:
        received += await loop.sock_recv(peer, 65536)
    return peer


async def flood(peer: socket.socket, frame: Frame) -> int:
    """Send it until the peer is cut off; how many bytes went out."""
    loop = asyncio.get_running_loop()
    block = frame.serialize(mask=True) * 1000
    sent = 0
    reading = asyncio.ensure_future(rest(peer))
    try:
        while sent < MAXIMUM_BYTES:
            await loop.sock_sendall(peer, block)
            sent += len(block)
    except ConnectionError:
        pass
    await asyncio.gather(reading, return_exceptions=True)
    peer.close()
    return sent


async def rest(peer: socket.socket) -> bytes:
    """The last of what comes until the end."""
    last = b""
    while data := await asyncio.get_running_loop().sock_recv(peer, 65536):
        last = (last + data)[-4096:]
    return last


@pytest.fixture
async def served(make_app: Make) -> AsyncIterator[Served]:
    app = await make_app(presences_burst_maximum=50, edits_burst_maximum=50, edits_per_second=50)
    served = await serve(app)
    yield served
    await served.stop()


@pytest.mark.parametrize("kind", FLOODS)
async def test_who_sends_on_after_being_closed_is_cut_off(served: Served, kind: str) -> None:
    ann = await connect(served.app, "doc", client_id="a")
    await ann.expect("document_state")
    assert await flood(await joined(served), FLOODS[kind]) < MAXIMUM_BYTES
    assert (await ann.until("user_left"))["client_id"] == "flood"
    await ann.edit(1, 0, {"insert": "still here"})
    assert await ann.acknowledged() == 1


@pytest.mark.parametrize("kind", ["pings", "pongs"])
async def test_who_sends_too_many_websocket_pings_is_closed(served: Served, kind: str) -> None:
    peer = await joined(served)
    frames = FLOODS[kind].serialize(mask=True) * 200
    await asyncio.get_running_loop().sock_sendall(peer, frames)
    assert (await rest(peer)).endswith(
        (1008).to_bytes(2, "big") + b"too many pings (presences_per_second)"
    )
    peer.close()
