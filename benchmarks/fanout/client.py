"""A client of the load generator, with little work per message."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import cast

from .feed import Ack, Change, DocumentResumed, DocumentState, Entry, Feed, Refusal, decode
from .websocket import CLOSE, PING, TEXT, close_frame, handshake, pong_frame, text_frame

__all__ = ["Client", "LoadFailed"]

clock = time.perf_counter


class LoadFailed(Exception):
    """A client observed an error, such as a refused edit."""


def nothing() -> None:
    pass


class Client(asyncio.Protocol):
    """Types single characters at a caret, which is transformed over the edits of others.

    `on_changes` is called with the number of changes in one read, after all of them were counted;
    `on_ack` after the client's own edit was acknowledged.
    """

    def __init__(self, feed: Feed, doc_id: str, number: int, address: str = "127.0.0.1") -> None:
        self.feed = feed
        self.address = address
        """The local address to connect from."""
        self.doc_id = doc_id
        self.client_id = f"c{number}"
        self.letter = chr(97 + number % 26)
        self.content_length = 0
        self.version = 0
        self.epoch = ""
        self.caret = 0
        self.edits = 0
        """The number of sent edits, which is the `id` of the last."""
        self.acknowledged = 0
        self.received = 0
        """The number of received edits of others."""
        self.received_bytes = 0
        self.on_changes: Callable[[int], None] | None = None
        self.on_ack: Callable[[], None] = nothing
        self.transport: asyncio.Transport | None = None
        self.expected_close_codes = {1000}
        self.close_code: int | None = None
        loop = asyncio.get_running_loop()
        self.joined: asyncio.Future[None] = loop.create_future()
        self.closed: asyncio.Future[None] = loop.create_future()
        self._is_open = False
        self._parts: list[bytes] = []
        self._wanted = 0
        self._start_length = self._start_version = 0
        self._query = ""

    async def join(self, url: str, query: str = "") -> None:
        """Connect; returns once the first frame has arrived.

        Raises:
            LoadFailed: the server refused or closed the connection.
        """
        host, _, port = url.removeprefix("http://").partition(":")
        self._query = query
        loop = asyncio.get_running_loop()
        await loop.create_connection(lambda: self, host, int(port), local_addr=(self.address, 0))
        async with asyncio.timeout(40):
            await self.joined

    def edit(self, pressed: float = 0.0) -> None:
        """Send the next character, if connected; `pressed` is the time of its key press, if
        earlier."""
        assert self.transport is not None
        if self.transport.is_closing():
            return
        self.edits += 1
        end = self._start_length + self.version - self._start_version
        offset = self.caret if self.caret < end else end
        self.caret = offset + 1
        retain = f'{{"retain":{offset}}},' if offset else ""
        feed = self.feed
        if feed.record.is_on:
            feed.record.edits += 1
        feed.sent(self.client_id, pressed or clock())
        self.transport.write(
            text_frame(
                f'{{"type":"edit","id":{self.edits},"version":{self.version},"operation":'
                f'{{"ops":[{retain}{{"insert":"{self.letter}"}}]}}}}'.encode()
            )
        )

    def pause(self) -> None:
        """Stop reading, like a stalled reader."""
        assert self.transport is not None
        self.transport.pause_reading()

    def resume(self) -> None:
        assert self.transport is not None
        self.transport.resume_reading()

    async def close(self) -> None:
        if self.transport is None or self.transport.is_closing():
            return
        self.transport.write(close_frame())
        try:
            async with asyncio.timeout(3):
                await asyncio.shield(self.closed)
        except TimeoutError:
            self.abort()

    def abort(self) -> None:
        assert self.transport is not None
        self.transport.abort()

    # -- asyncio.Protocol -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        path = f"/ws/documents/{self.doc_id}?client_id={self.client_id}&user_id={self.client_id}"
        self.transport.write(handshake(path + self._query))

    def connection_lost(self, failure: Exception | None) -> None:
        if not self.joined.done():
            self.joined.set_exception(LoadFailed("the server hung up before the first frame"))
        if not self.closed.done():
            self.closed.set_result(None)

    def data_received(self, data: bytes) -> None:
        now = clock()
        self.received_bytes += len(data)
        feed = self.feed
        is_known = not self._wanted and data == feed.chunk
        entries = feed.entries if is_known else self._entries(data)
        if entries:
            self._take(entries, now)

    def _take(self, entries: list[Entry], now: float) -> None:
        record = self.feed.record
        latencies = record.latencies if record.is_on else None
        version, caret = self.version, self.caret
        acks = 0
        for made, offset, sent_at in entries:
            if made != version + 1:
                record.gaps += 1
            version = made
            if offset < 0:
                acks += 1
                continue
            if offset <= caret:
                caret += 1
            if latencies is not None:
                latencies.append(now - sent_at)
        self.version, self.caret = version, caret
        changes = len(entries) - acks
        self.received += changes
        if latencies is not None:
            record.deliveries += changes
            record.chunks += 1
        if changes and self.on_changes is not None:
            self.on_changes(changes)
        if acks:
            self.acknowledged += acks
            self.on_ack()

    # -- parsing --------------------------------------------------------------------------------

    def _entries(self, data: bytes) -> list[Entry]:
        """The changes and acks that this read completes. Other frames are handled at once."""
        if self._parts:
            self._parts.append(data)
            if sum(map(len, self._parts)) < self._wanted:
                return []
            data = b"".join(self._parts)
        whole, at = not self._parts, 0
        self._parts, self._wanted = [], 0
        if not self._is_open:
            at = self._opened(data)
        feed, known, count = self.feed, self.feed.changes, 0
        entries: list[Entry] = []
        end = len(data)
        while at < end:
            start, size = _body(data, at, end)
            stop = start + size
            if stop > end:
                self._parts, self._wanted = [data[at:]], stop - at
                return entries
            payload = data[start:stop]
            count += 1
            entry = known.get(payload) or self._entry(data[at], payload)
            if entry is not None:
                entries.append(entry)
            at = stop
        if whole and 0 < len(entries) == count and all(offset >= 0 for _, offset, _ in entries):
            feed.chunk, feed.entries = data, entries
        return entries

    def _opened(self, data: bytes) -> int:
        """The offset of the first frame, which may follow the handshake response in one read."""
        end = data.find(b"\r\n\r\n")
        if end < 0:
            self._parts, self._wanted = [data], len(data) + 1
            return len(data)
        if not data.startswith(b"HTTP/1.1 101 "):
            raise self._fail(f"refused: {data.decode(errors='replace')}")
        self._is_open = True
        return end + 4

    def _entry(self, first: int, payload: bytes) -> Entry | None:
        if first != TEXT:
            self._control(first, payload)
            return None
        frame = decode(payload)
        if isinstance(frame, Change):
            return self.feed.entry(payload, frame)
        if isinstance(frame, Ack):
            return (frame.version, -1, 0.0)
        self.feed.record.frames_beside += 1
        if isinstance(frame, Refusal):
            raise self._fail(f"{frame.code}: {frame.message}")
        if isinstance(frame, DocumentState):
            self.content_length = self._start_length = self.caret = len(frame.content)
            self.epoch = frame.epoch
            self._first(frame.version, frame.last_id)
        elif isinstance(frame, DocumentResumed):
            self._first(frame.version, frame.last_id)
        return None

    def _first(self, version: int, last_id: int) -> None:
        self.version = self._start_version = version
        self.edits = last_id
        if not self.joined.done():
            self.joined.set_result(None)

    def _control(self, first: int, payload: bytes) -> None:
        assert self.transport is not None
        if first == PING:
            self.transport.write(pong_frame(payload))
        elif first == CLOSE:
            self.close_code = int.from_bytes(payload[:2], "big")
            self.transport.close()
            if self.close_code not in self.expected_close_codes:
                raise self._fail(f"closed: {self.close_code} {payload[2:].decode()}")

    def _fail(self, message: str) -> LoadFailed:
        failure = LoadFailed(f"client {self.client_id} of {self.doc_id}: {message}")
        self.feed.record.failures.append(failure)
        if not self.joined.done():
            self.joined.set_exception(failure)
            # Marks the exception as retrieved, since no caller may await it.
            self.joined.exception()
        self.abort()
        return failure


def _body(data: bytes, at: int, end: int) -> tuple[int, int]:
    """The offset and size of the payload of the frame at `at`, which may exceed the data."""
    if end - at < 2:
        return at + 2, 1
    size = data[at + 1]
    if size < 126:
        return at + 2, size
    if size == 126:
        if end - at < 4:
            return at + 4, 1
        return at + 4, data[at + 2] << 8 | data[at + 3]
    if end - at < 10:
        return at + 10, 1
    return at + 10, int.from_bytes(data[at + 2 : at + 10], "big")
