"""How large a frame may be, of how many parts, and how many may be bad."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest
from websockets.frames import Frame, Opcode

from tests.client.conftest import serve
from tests.conftest import Make
from tests.wire import connect

HANDSHAKE = (
    b"GET /ws/documents/doc HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def edit(text: str) -> dict[str, Any]:
    return {"type": "edit", "id": 1, "version": 0, "operation": {"ops": [{"insert": text}]}}


@pytest.mark.parametrize(
    ("frame", "limit"),
    [
        (edit("x" * 1000), "1000"),
        ({"type": "presence", "data": "x" * 500}, "500"),
        ({"type": "ping", "data": "x" * 500}, "500"),
    ],
    ids=["edit", "presence", "ping"],
)
async def test_a_frame_that_is_too_large_is_refused_and_the_connection_stays(
    make_app: Make, frame: dict[str, Any], limit: str
) -> None:
    app = await make_app(operation_maximum_bytes=1000, presence_maximum_bytes=500)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await wire.send(frame)
    error = await wire.expect("error")
    assert error["code"] == "too_large"
    assert f"the limit is {limit}" in error["message"]
    assert error.get("id") == frame.get("id")
    await wire.send(edit("short"))
    assert await wire.acknowledged() == 1


async def test_a_document_that_is_full_may_still_shrink(make_app: Make) -> None:
    app = await make_app(document_maximum_size=10)
    wire = await connect(app, "doc")
    await wire.expect("document_state")
    await wire.send(edit("x" * 11))
    error = await wire.expect("error")
    assert (error["code"], error["id"]) == ("document_full", 1)
    assert "a size of 11, the limit is 10" in error["message"]
    await wire.send(edit("x" * 10))
    assert await wire.acknowledged() == 1
    await wire.edit(2, 1, {"delete": 1})
    assert await wire.acknowledged() == 2


async def after_fragments(url_port: int, count: int) -> Frame:
    """What the server says to a ping in so many fragments; the joined state is read over."""
    loop = asyncio.get_running_loop()
    peer = socket.create_connection(("127.0.0.1", url_port))
    peer.setblocking(False)
    await loop.sock_sendall(peer, HANDSHAKE)
    received = b""
    while b'"document_state"' not in received or not received.endswith(b"}"):
        received += await loop.sock_recv(peer, 65536)
    parts = [
        Frame(Opcode.TEXT, b'{"type":', fin=False),
        *[Frame(Opcode.CONT, b"", fin=False)] * (count - 2),
        Frame(Opcode.CONT, b'"ping"}'),
    ]
    await loop.sock_sendall(peer, b"".join(part.serialize(mask=True) for part in parts))
    head = await loop.sock_recv(peer, 2)
    payload = await loop.sock_recv(peer, head[1])
    peer.close()
    return Frame(Opcode(head[0] & 15), payload)


async def test_a_frame_of_too_many_fragments_closes_the_connection(make_app: Make) -> None:
    served = await serve(await make_app(frame_maximum_fragments=5))
    pong = await after_fragments(served.port, 5)
    assert (pong.opcode, b'"pong"' in pong.data) == (Opcode.TEXT, True)
    close = await after_fragments(served.port, 6)
    assert close.opcode == Opcode.CLOSE
    assert close.data == (1009).to_bytes(2, "big") + b"more than 5 fragments"
    await served.stop()
