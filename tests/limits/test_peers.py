"""How long the server bears a peer that is not there any more."""

from __future__ import annotations

import asyncio
import socket

from tests.client.conftest import Served, serve
from tests.conftest import Make
from tests.wire import connect

HANDSHAKE = (
    b"GET /ws/documents/doc?client_id=gone HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


async def vanished(served: Served) -> socket.socket:
    """A peer that has joined and answers nothing any more, as if its cable was cut."""
    loop = asyncio.get_running_loop()
    peer = socket.create_connection(("127.0.0.1", served.port))
    peer.setblocking(False)
    await loop.sock_sendall(peer, HANDSHAKE)
    received = b""
    while b'"document_state"' not in received:
        received += await loop.sock_recv(peer, 65536)
    return peer


async def test_a_peer_that_answers_no_ping_is_let_go_and_the_others_are_told(
    make_app: Make,
) -> None:
    app = await make_app(ping_interval_seconds=0.05, ping_timeout_seconds=0.05)
    served = await serve(app)
    # This one is read from without a network, and so not pinged.
    ann = await connect(app, "doc", client_id="a")
    peer = await vanished(served)
    assert (await ann.until("user_left"))["client_id"] == "gone"
    assert not served.server.server_state.connections
    peer.close()
    await served.stop()
