"""Connections to the real application without a network: what a peer writes and what it is told."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from collab.app import Collab
from collab.server.protocol import WebSocketProtocol
from tests.wire import websocket_scope

__all__ = ["AsgiWire", "FrameWire", "Line", "MemoryTransport", "client_frame", "server_frames"]

CONTINUATION, TEXT, BINARY, CLOSE = 0x0, 0x1, 0x2, 0x8
KEY = b"\x5a\x81\xff\x07"
MASK = 0x80
NO_CODE, LOST = 1005, 1006
FINAL = 0x80


def client_frame(
    opcode: int, payload: bytes, *, key: bytes = bytes(4), first: int = FINAL
) -> bytes:
    """A frame as a client sends it (RFC 6455, section 5.2). The usual key changes nothing."""
    length = len(payload)
    if length < 126:
        head = bytes((first | opcode, MASK | length))
    elif length < 65536:
        head = bytes((first | opcode, MASK | 126)) + length.to_bytes(2, "big")
    else:
        head = bytes((first | opcode, MASK | 127)) + length.to_bytes(8, "big")
    if any(key):
        payload = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    return head + key + payload


def server_frames(data: bytearray) -> Iterator[tuple[int, bytes]]:
    """The opcode and payload of each whole frame; they are taken from `data`."""
    at = 0
    while len(data) >= at + 2:
        length, begin = data[at + 1], at + 2
        if length == 126:
            length, begin = int.from_bytes(data[begin : begin + 2], "big"), begin + 2
        elif length == 127:
            length, begin = int.from_bytes(data[begin : begin + 8], "big"), begin + 8
        if len(data) < begin + length:
            break
        yield data[at] & 0x0F, bytes(data[begin : begin + length])
        at = begin + length
    del data[:at]


class Line:
    """What all connections of one run share: the application, and a bell that rings when something
    was written to any of them."""

    def __init__(self, app: Collab, settings: uvicorn.Config) -> None:
        self.app = app
        self.config = settings
        self.state = ServerState()
        self.bell = asyncio.Event()

    @classmethod
    def to(cls, app: Collab, max_frame_bytes: int) -> Line:
        config = uvicorn.Config(
            app,
            ws=WebSocketProtocol,
            ws_per_message_deflate=False,
            ws_max_size=max_frame_bytes,
            ws_ping_interval=None,
            lifespan="off",
            log_config=None,
        )
        config.load()
        return cls(app, config)


class MemoryTransport(asyncio.Transport):
    """The server's end of a TCP connection whose other end takes what is written, or does not."""

    def __init__(self, bell: asyncio.Event) -> None:
        super().__init__({"peername": ("127.0.0.1", 5), "sockname": ("127.0.0.1", 8000)})
        self.protocol: WebSocketProtocol
        self.taken = bytearray()
        self.gone = False
        self._bell = bell
        self._buffer = bytearray()
        self._high = 65536
        self._is_taking = True
        self._is_paused = False
        self._is_reading = True
        self._is_closing = False
        self._is_ending = False
        self._unread: list[bytes] = []

    # -- the peer's side ------------------------------------------------------------------------

    def feed(self, data: bytes) -> None:
        """The peer has sent something."""
        if self._is_closing:
            return
        if self._is_reading and not self._unread:
            self.protocol.data_received(data)
        else:
            self._unread.append(data)

    def take(self, taking: bool) -> None:
        """Whether the peer takes what is written."""
        self._is_taking = taking
        if taking:
            self.taken += self._buffer
            self._buffer.clear()
            if self._is_closing:
                self._end()
            elif self._is_paused:
                self._is_paused = False
                self.protocol.resume_writing()

    # -- the server's side ----------------------------------------------------------------------

    def write(self, data: Any) -> None:
        if self._is_closing:
            return
        self._bell.set()
        if self._is_taking:
            self.taken += data
            return
        self._buffer += data
        if len(self._buffer) > self._high and not self._is_paused:
            self._is_paused = True
            self.protocol.pause_writing()

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        self._high = 65536 if high is None else high

    def get_write_buffer_size(self) -> int:
        return len(self._buffer)

    def is_closing(self) -> bool:
        return self._is_closing

    def is_reading(self) -> bool:
        return self._is_reading

    def pause_reading(self) -> None:
        self._is_reading = False

    def resume_reading(self) -> None:
        if self._is_reading or self._is_closing:
            return
        self._is_reading = True
        if self._unread:
            asyncio.get_running_loop().call_soon(self._deliver)

    def _deliver(self) -> None:
        while self._unread and self._is_reading and not self._is_closing:
            self.protocol.data_received(self._unread.pop(0))

    def close(self) -> None:
        if not self._is_closing:
            self._is_closing = True
            if not self._buffer:
                self._end()

    def abort(self) -> None:
        self._is_closing = True
        self._buffer.clear()
        self._end()

    def _end(self) -> None:
        if not self._is_ending:
            self._is_ending = True
            asyncio.get_running_loop().call_soon(self._lose)

    def _lose(self) -> None:
        self.gone = True
        self._bell.set()
        self.protocol.connection_lost(None)


class FrameWire:
    """A peer of the server's own protocol class, from the bytes of its handshake on."""

    speaks_bytes = True

    def __init__(self, line: Line, path: str) -> None:
        self._transport = MemoryTransport(line.bell)
        protocol = WebSocketProtocol(line.config, line.state, {})
        self._transport.protocol = protocol
        protocol.connection_made(self._transport)
        self._is_open = False
        self._code: int | None = None
        self._sent = 0
        self._unsent = b""
        self.status = 0
        self.send_bytes(
            b"GET %b HTTP/1.1\r\nHost: testserver\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            % path.encode()
        )

    @property
    def close_code(self) -> int | None:
        """With which code the server has closed; `LOST` for none at all, None while it is open."""
        if self._code is None and self._transport.gone:
            return LOST
        return self._code

    def send_bytes(self, data: bytes) -> None:
        data, self._unsent = self._unsent + data, b""
        self._transport.feed(data)

    def send_text(self, payload: bytes, more: bool = False) -> None:
        """Send a message: now and then masked, in fragments or cut by the end of a read; if there
        is `more`, in one read with the next."""
        self._sent += 1
        frame = client_frame(TEXT, payload)
        if self._sent % 5 == 1 and len(payload) < 500:
            frame = client_frame(TEXT, payload, key=KEY)
        elif self._sent % 25 == 2:
            middle = len(payload) // 2
            frame = client_frame(TEXT, payload[:middle], first=0)
            frame += client_frame(CONTINUATION, payload[middle:])
        if more:
            self._unsent += frame
        elif self._sent % 5 == 3:
            cut = self._sent * 7 % len(frame)
            self.send_bytes(frame[:cut])
            self.send_bytes(frame[cut:])
        else:
            self.send_bytes(frame)

    def send_binary(self, payload: bytes) -> None:
        self.send_bytes(client_frame(BINARY, payload))

    def received(self) -> list[bytes]:
        """The text messages that have come."""
        taken = self._transport.taken
        if not self._is_open:
            end = taken.find(b"\r\n\r\n")
            if end < 0:
                return []
            self.status = int(taken[9:12])
            self._is_open = True
            del taken[: end + 4]
        if self.status != 101 or not taken:
            return []
        messages = []
        for opcode, payload in server_frames(taken):
            if opcode == TEXT:
                messages.append(payload)
            elif opcode == CLOSE and self._code is None:
                self._code = int.from_bytes(payload[:2], "big") or NO_CODE
        return messages

    def take(self, taking: bool) -> None:
        self._transport.take(taking)

    def leave(self) -> None:
        self.send_bytes(client_frame(CLOSE, b"\x03\xe8"))
        self.vanish()

    def vanish(self) -> None:
        self._transport.abort()


class AsgiWire:
    """A peer of another ASGI server: its connection reads and writes with tasks."""

    speaks_bytes = False

    def __init__(self, line: Line, path: str) -> None:
        self.status = 0
        self.close_code: int | None = None
        self._bell = line.bell
        self._taking = asyncio.Event()
        self._taking.set()
        self._messages: list[bytes] = []
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._events.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.get_running_loop().create_task(
            line.app(websocket_scope(path), self._events.get, self._take)
        )
        line.state.tasks.add(self._task)
        self._task.add_done_callback(line.state.tasks.discard)
        self._task.add_done_callback(self._ended)

    async def _take(self, event: dict[str, Any]) -> None:
        await self._taking.wait()
        self._bell.set()
        if event["type"] == "websocket.send":
            self._messages.append(event["text"].encode())
        elif event["type"] == "websocket.accept":
            self.status = 101
        elif event["type"] == "websocket.close":
            self.close_code = event["code"]
        elif event["type"] == "websocket.http.response.start":
            self.status = event["status"]

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._bell.set()
        if self.close_code is None:
            self.close_code = LOST
        if not task.cancelled():
            task.result()

    def send_text(self, payload: bytes, more: bool = False) -> None:
        with contextlib.suppress(UnicodeDecodeError):
            text = payload.decode()
            self._events.put_nowait({"type": "websocket.receive", "text": text})

    def send_binary(self, payload: bytes) -> None:
        self._events.put_nowait({"type": "websocket.receive", "bytes": payload})

    def received(self) -> list[bytes]:
        messages, self._messages = self._messages, []
        return messages

    def take(self, taking: bool) -> None:
        if taking:
            self._taking.set()
        else:
            self._taking.clear()

    def leave(self) -> None:
        self._events.put_nowait({"type": "websocket.disconnect", "code": 1000})
        self._taking.set()

    vanish = leave
