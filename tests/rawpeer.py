"""A WebSocket whose every byte the test itself writes and reads: nothing is answered for it."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

from websockets.frames import Frame, Opcode

__all__ = ["RawPeer", "raw_peer"]

HANDSHAKE = (
    b"GET %s HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


class RawPeer:
    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock

    async def send(self, data: bytes) -> None:
        await asyncio.get_running_loop().sock_sendall(self._socket, data)

    async def receive(self, maximum: int = 65536) -> bytes:
        """What has come; empty at the end."""
        return await asyncio.get_running_loop().sock_recv(self._socket, maximum)

    async def exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = await self.receive(count - len(data))
            if not part:
                raise EOFError(f"the end after {data!r}, expected {count} bytes")
            data += part
        return data

    async def frame(self) -> Frame:
        """The next frame, as a server sends it (RFC 6455, section 5.2)."""
        first, length = await self.exactly(2)
        if length > 125:
            length = int.from_bytes(await self.exactly(2 if length == 126 else 8), "big")
        return Frame(Opcode(first & 15), await self.exactly(length), fin=first > 127)

    async def rest(self) -> bytes:
        """All that comes until the end, however it ends."""
        data = b""
        with contextlib.suppress(ConnectionResetError):
            while part := await self.receive():
                data += part
        return data


@contextlib.asynccontextmanager
async def raw_peer(
    address: str,
    path: str = "/",
    *,
    receive_buffer_bytes: int | None = None,
    source: str = "127.0.0.1",
) -> AsyncIterator[RawPeer]:
    """A peer of the server at host:port after its handshake, for as long as the context lasts; it
    comes from the network address `source`."""
    host, _, port = address.rpartition(":")
    with socket.socket() as sock:
        if receive_buffer_bytes is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer_bytes)
        sock.setblocking(False)
        sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        peer = RawPeer(sock)
        await peer.send(HANDSHAKE % path.encode())
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += await peer.exactly(1)
        assert head.startswith(b"HTTP/1.1 101 "), head
        yield peer
