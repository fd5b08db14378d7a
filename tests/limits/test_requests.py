"""Connections that do not say what they want, say it slowly, or never stop, on the real server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from websockets.asyncio.client import connect as open_websocket

from collab.server.requests import PendingConnections
from tests.served import Serve, Served

HEAD = b"GET /healthz HTTP/1.1\r\nHost: [::1]\r\n\r\n"
UPGRADE = (
    b"GET /ws/documents/doc HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\n"
    b"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)

OpenPeer = Callable[[Served], Awaitable["Peer"]]


class Peer:
    """A TCP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self) -> tuple[int, Any]:
        """The status and the JSON body of the next response."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        fields = dict(line.lower().split(b": ") for line in head.split(b"\r\n")[1:-2])
        body = await self.reader.readexactly(int(fields[b"content-length"]))
        return int(head.split()[1]), json.loads(body)

    async def rest(self) -> bytes:
        """Everything up to the end."""
        try:
            return await asyncio.wait_for(self.reader.read(), 20)
        except ConnectionResetError:
            # What it had sent after the close was answered so.
            return b""


@pytest.fixture
async def open_peer() -> AsyncIterator[OpenPeer]:
    peers: list[Peer] = []

    async def opened(served: Served) -> Peer:
        peers.append(Peer(*await asyncio.open_connection("127.0.0.1", served.port)))
        return peers[-1]

    yield opened
    for peer in peers:
        peer.writer.close()


async def test_who_says_nothing_is_closed_in_good_time(serve: Serve, open_peer: OpenPeer) -> None:
    peer = await open_peer(await serve(handshake_timeout_seconds=0.05))
    assert await peer.rest() == b""


@pytest.mark.parametrize("request_bytes", [HEAD, UPGRADE], ids=["request", "handshake"])
async def test_who_sends_a_byte_now_and_then_is_told_and_closed(
    serve: Serve, open_peer: OpenPeer, request_bytes: bytes
) -> None:
    peer = await open_peer(await serve(handshake_timeout_seconds=0.1))

    async def dribble() -> None:
        peer.send(request_bytes[:-2] + b"X: ")
        while True:
            peer.send(b"x")
            await asyncio.sleep(0.005)

    dribbling = asyncio.ensure_future(dribble())
    status, body = await peer.answer()
    dribbling.cancel()
    assert (status, body["code"]) == (408, "request_timeout")
    assert "0.1 s, which is the limit (handshake_timeout_seconds)" in body["message"]
    assert await peer.rest() == b""


async def test_a_second_request_on_a_connection_has_the_same_time(
    serve: Serve, open_peer: OpenPeer
) -> None:
    peer = await open_peer(await serve(handshake_timeout_seconds=0.1))
    peer.send(HEAD)
    assert (await peer.answer())[0] == 200
    peer.send(HEAD[:10])
    assert (await peer.answer())[0] == 408
    assert await peer.rest() == b""


async def test_a_body_that_does_not_come_is_not_waited_for(
    serve: Serve, open_peer: OpenPeer
) -> None:
    peer = await open_peer(await serve(handshake_timeout_seconds=0.1))
    peer.send(b"POST /api/documents HTTP/1.1\r\nHost: [::1]\r\nContent-Length: 20\r\n\r\n{")
    status, body = await peer.answer()
    assert (status, body["code"]) == (408, "request_timeout")
    assert await peer.rest() == b""


async def test_headers_beyond_the_limit_are_refused(serve: Serve, open_peer: OpenPeer) -> None:
    peer = await open_peer(await serve(max_request_head_bytes=2000))
    peer.send(HEAD[:-2] + b"X: " + b"x" * 3000)
    status, body = await peer.answer()
    assert (status, body["code"]) == (413, "too_large")
    assert "2000 bytes, which is the limit (max_request_head_bytes)" in body["message"]
    assert await peer.rest() == b""


async def test_headers_up_to_the_limit_are_taken(serve: Serve, open_peer: OpenPeer) -> None:
    peer = await open_peer(await serve(max_request_head_bytes=2000))
    for _ in range(3):
        peer.send(HEAD[:-2] + b"X: " + b"x" * 1900 + b"\r\n\r\n")
        assert (await peer.answer())[0] == 200
    peer.writer.close()


async def test_requests_that_wait_for_one_another_are_answered_in_order(
    serve: Serve, open_peer: OpenPeer
) -> None:
    peer = await open_peer(await serve(max_waiting_requests=3))
    peer.send(HEAD * 4)
    assert [(await peer.answer())[0] for _ in range(4)] == [200] * 4
    peer.writer.close()


async def test_who_sends_requests_and_waits_for_no_answer_is_closed(
    serve: Serve, open_peer: OpenPeer
) -> None:
    served = await serve(max_waiting_requests=3)
    peer = await open_peer(served)
    peer.send(HEAD * 1000)
    assert (await peer.rest()).count(b"HTTP/1.1 200") <= 4
    other = await open_peer(served)
    other.send(HEAD)
    assert (await other.answer())[0] == 200
    other.writer.close()


async def test_of_many_silent_connections_the_oldest_is_let_go(
    serve: Serve, open_peer: OpenPeer
) -> None:
    served = await serve(max_handshakes=3)
    silent = [await open_peer(served) for _ in range(3)]
    async with open_websocket(f"ws://127.0.0.1:{served.port}/ws/documents/doc") as editor:
        assert json.loads(await editor.recv())["type"] == "document_state"
        status, body = await silent[0].answer()
        assert (status, body["code"]) == (503, "server_busy")
        assert "more than 3 connections" in body["message"]
        assert "max_handshakes" in body["message"]
        assert await silent[0].rest() == b""
        # The others still have their turn.
        for peer in silent[1:]:
            peer.send(HEAD)
            assert (await peer.answer())[0] == 200
            peer.writer.close()


async def test_an_idle_editor_is_not_expected_to_send_anything(
    serve: Serve, open_peer: OpenPeer
) -> None:
    served = await serve(max_handshakes=1, handshake_timeout_seconds=0.05)
    async with open_websocket(f"ws://127.0.0.1:{served.port}/ws/documents/doc") as editor:
        await editor.recv()
        for _ in range(3):
            assert await (await open_peer(served)).rest() == b""
        await (await editor.ping())


def waiting_of(served: Served) -> PendingConnections:
    protocol: Any = served.server.config.http_protocol_class
    waiting = protocol.keywords["waiting"]
    assert isinstance(waiting, PendingConnections)
    return waiting


async def test_nobody_is_waited_for_who_has_left_or_become_a_websocket(
    serve: Serve, open_peer: OpenPeer
) -> None:
    served = await serve()
    waiting = waiting_of(served)
    async with open_websocket(f"ws://127.0.0.1:{served.port}/ws/documents/doc") as editor:
        await editor.recv()
        assert len(waiting) == 0
        peer = await open_peer(served)
        peer.send(HEAD + HEAD)
        assert [(await peer.answer())[0] for _ in range(2)] == [200, 200]
        assert len(waiting) == 1
        peer.send(HEAD[:-2] + b"Connection: close\r\n\r\n")
        assert (await peer.answer())[0] == 200
        assert await peer.rest() == b""
        assert len(waiting) == 0
