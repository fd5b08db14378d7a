"""A bare server, as a lower bound for a server on uvloop: `python -m benchmarks.fanout.floor`.

Each received edit is answered with an `ack` and sent to all other clients as a `document_change`,
the same bytes by `transport.write` to each. Nothing is decoded, checked, transformed or stored, and
slow readers are not detected.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections import defaultdict
from typing import cast

import uvloop

__all__ = ["main"]

UPGRADE = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"
)
STATE = (
    b'{"type":"document_state","doc_id":"floor","epoch":"0","doc_type":"text","content":"",'
    b'"version":%d,"client_id":"%s","users":[],"last_id":0}'
)
ACK = b'{"type":"ack","id":%d,"version":%d}'
CHANGE = (
    b'{"type":"document_change","operation":{"ops":[{"retain":%d},{"insert":"a"}]},'
    b'"user_id":"%s","client_id":"%s","version":%d}'
)
# Flushes edits when fewer than `gather` arrive, because not all clients write.
GATHER_SECONDS = 0.002
CLOSE_FRAME = 0x88


def framed(payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        return bytes((0x81, size)) + payload
    return b"\x81\x7e" + size.to_bytes(2, "big") + payload


class Room:
    """The sockets of one document. `gather` edits are joined into one write per socket."""

    def __init__(self, gather: int) -> None:
        self.gather = gather
        self.peers: set[Peer] = set()
        self.version = 0
        self.waiting: list[tuple[Peer, bytes, bytes]] = []
        self.timer: asyncio.TimerHandle | None = None

    def edited(self, peer: Peer) -> None:
        self.version += 1
        peer.edits += 1
        ack = framed(ACK % (peer.edits, self.version))
        name = peer.name
        change = framed(CHANGE % (self.version, name, name, self.version))
        self.waiting.append((peer, ack, change))
        if len(self.waiting) >= self.gather:
            self.flush()
        elif self.timer is None:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_later(GATHER_SECONDS, self.flush)

    def flush(self) -> None:
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        waiting, self.waiting = self.waiting, []
        authors = {author for author, _, _ in waiting}
        joined = b"".join([change for _, _, change in waiting])
        for peer in self.peers:
            if peer not in authors:
                peer.transport.write(joined)
        for peer in authors:
            own = [ack if author is peer else change for author, ack, change in waiting]
            peer.transport.write(b"".join(own))


class Peer(asyncio.Protocol):
    def __init__(self, rooms: defaultdict[str, Room]) -> None:
        self.rooms = rooms
        self.room: Room | None = None
        self.name = b""
        self.edits = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def connection_lost(self, failure: Exception | None) -> None:
        if self.room is not None:
            self.room.peers.discard(self)

    def data_received(self, data: bytes) -> None:
        # Clients send the next frame after the last was answered, so this is one frame.
        if self.room is None:
            self.join(data.decode())
        elif data[0] == CLOSE_FRAME:
            self.transport.close()
        else:
            self.room.edited(self)

    def join(self, request: str) -> None:
        asked = re.match(r"GET /ws/documents/([^? ]+)\?client_id=(\w+)", request)
        if asked is None:
            self.transport.abort()
            return
        self.name = asked[2].encode()
        self.room = self.rooms[asked[1]]
        self.room.peers.add(self)
        self.transport.write(UPGRADE + framed(STATE % (self.room.version, self.name)))


async def serve(port: int, gather: int) -> None:
    rooms: defaultdict[str, Room] = defaultdict(lambda: Room(gather))
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Peer(rooms), "127.0.0.1", port, backlog=2048)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"serving at http://127.0.0.1:{port}/\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--gather", type=int, default=1, help="edits joined into one write")
    arguments = parser.parse_args()
    uvloop.run(serve(arguments.port, arguments.gather))


if __name__ == "__main__":
    main()
