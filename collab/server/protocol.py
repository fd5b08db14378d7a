"""A uvicorn WebSocket protocol that writes encoded frames directly to the transport, delivers
messages by callback, and closes the connection of a peer that stops reading.

The additions are offered as `FrameSocket` in the scope's extensions. The handshake, ASGI's send and
receive, fragments, pings and the closing handshake are those of uvicorn and websockets.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame
from websockets.http11 import Request
from websockets.protocol import OPEN, Event
from websockets.server import ServerProtocol

from ..errors import InvalidRequest
from ..limits.budget import Allowance
from ..limits.token_bucket import TokenBucket
from ..limits.work import WaitQueue, cpu_clock
from ..sessions.direct_transport import EXTENSION, EXTENSION_VERSION
from .handshake import HandshakeProtocol
from .requests import error_response, limit_unsent_bytes
from .text_frames import TextFrames

__all__ = ["WebSocketProtocol"]

logger = logging.getLogger(__name__)

# Water marks for ASGI sends. uvloop's defaults are 16 bytes and 64 KiB: with so small a low mark,
# sending to a healthy reader of one large frame would resume only once it has read everything.
WRITE_HIGH_BYTES = 65536
WRITE_LOW_BYTES = 16384

HEAD_SLACK_BYTES = 64

HANDSHAKE_END = b"\r\n\r\n"

# Limits of the input of one peer that is processed in one turn of the loop: at most this many
# bytes, and no further message once this time has passed.
TURN_BYTES = 8192
TURN_SECONDS = 0.002

RECEIVE_SECONDS = 15e-6
"""CPU time of the kernel and the event loop for each read. It passes before `data_received` is
called, so that it can't be measured here."""

# Input after the close frame was sent is discarded. Above this limit the connection is aborted.
MAX_LATE_BYTES = 262_144


# The attributes that uvicorn sets on each connection. In slots they take 300 bytes, in a dictionary
# 1,600. Attributes that a later uvicorn adds go into the dictionary.
UVICORN_ATTRIBUTES = (
    "app",
    "app_state",
    "asgi_version",
    "client",
    "close_timeout",
    "close_timer",
    "config",
    "conn",
    "connections",
    "curr_msg_data_type",
    "default_headers",
    "disconnected",
    "frames",
    "handshake_complete",
    "handshake_initiated",
    "initial_response",
    "last_ping_rtt",
    "logger",
    "loop",
    "pending_ping_payload",
    "ping_interval",
    "ping_sent_at",
    "ping_timeout",
    "ping_timer",
    "pong_timer",
    "queue",
    "read_paused",
    "request",
    "response",
    "root_path",
    "scheme",
    "scope",
    "server",
    "tasks",
    "transport",
    "writable",
)


_WRITABLE = asyncio.Event()
_WRITABLE.set()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """One WebSocket connection, which is also the `FrameSocket` in its scope.

    Bounds: received bytes that wait for their turn: one read of the loop (256 kB); an incomplete
    message: uvicorn's `ws_max_size` and `max_fragments`; pongs that wait to be written: one; input
    that is discarded after a close: `MAX_LATE_BYTES`.

    Args:
        max_head_bytes: a handshake with a larger head is refused (400). The HTTP protocol that runs
            before this one usually refuses it first.
        pings_per_second, pings_burst: a peer that sends more WebSocket pings and pongs is closed
            (1008).
    """

    __slots__ = (
        *UVICORN_ATTRIBUTES,
        "_allowance",
        "_backlog",
        "_close_sent",
        "_events",
        "_max_fragments",
        "_full_seconds",
        "_full_since",
        "_has_drained",
        "_inbox",
        "_is_fresh",
        "_is_full",
        "_is_reading_paused",
        "_waits_for_turn",
        "_late_bytes",
        "_on_drained",
        "_on_stopped",
        "_pings",
        "_pong",
        "_text_frames",
        "_turn_ends_at",
        "_unsent_seen",
    )

    version = EXTENSION_VERSION

    def __init__(
        self,
        *args: Any,
        max_fragments: int = 1024,
        pings_per_second: float = 200.0,
        pings_burst: float = 1000.0,
        max_head_bytes: int = 32_768,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.conn = HandshakeProtocol(
            # uvicorn writes the head again, and may make it a few bytes longer.
            max_head_bytes=max_head_bytes + HEAD_SLACK_BYTES,
            extensions=self.conn.available_extensions,
            max_size=self.config.ws_max_size,
            logger=self.conn.logger,
        )
        self._max_fragments = max_fragments
        self._pings = TokenBucket(pings_per_second, pings_burst)
        self._late_bytes = 0
        self._on_drained: Callable[[], None] | None = None
        self._on_stopped: Callable[[bool], None] | None = None
        self._inbox: _Inbox | None = None
        self._backlog: memoryview | None = None
        # Parsed events, to be handled before the backlog.
        self._events: list[Event] = []
        self._turn_ends_at = 0.0
        self._is_reading_paused = False
        self._is_full = False
        self._allowance: Allowance | None = None
        # Whether reading is paused until the allowance permits it.
        self._waits_for_turn = False
        self._full_since = 0.0
        # The buffer size at the last keepalive, and whether the buffer was empty since then.
        self._unsent_seen = 0
        self._has_drained = False
        # Seconds since the last pong during which the transport's buffer was not empty.
        self._full_seconds = 0.0
        # A pong that could not be written yet.
        self._pong = b""
        self._text_frames: TextFrames | None = None
        # Whether the library has received exactly the handshake and no further byte.
        self._is_fresh = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES, low=WRITE_LOW_BYTES)
        limit_unsent_bytes(self.transport)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        # A failed handshake has no scope.
        scope = getattr(self, "scope", None)
        if scope is not None:
            cast(dict[str, Any], scope["extensions"])[EXTENSION] = self
            self._is_fresh = True

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and self.close_sent:
            # uvicorn would log a handshake that was refused by a response as an error.
            self.handshake_complete = True

    # -- writing --------------------------------------------------------------------------------

    @property
    def close_sent(self) -> bool:
        """uvicorn's flag: nothing may be written any more."""
        return self._close_sent

    @close_sent.setter
    def close_sent(self, value: bool) -> None:
        self._close_sent = value
        if value:
            self._stop(False)

    def _stop(self, is_full: bool) -> None:
        if self._on_stopped is not None:
            self._on_stopped(is_full)

    @property
    def live_write(self) -> Callable[[bytes], None]:
        return self.transport.write

    def attach(self, on_drained: Callable[[], None], on_stopped: Callable[[bool], None]) -> None:
        self._on_drained = on_drained
        self._on_stopped = on_stopped
        # ASGI only sends the close from now on, which need not wait. One event for all connections
        # saves 800 bytes each.
        self.writable = _WRITABLE
        # From now on the transport reports when its buffer fills and when it is empty again. uvloop
        # refuses limits on a transport whose peer has disconnected.
        if not self.transport.is_closing():
            self.transport.set_write_buffer_limits(high=0)
        if self.close_sent or self.transport.is_closing():
            on_stopped(False)
        elif self._is_full:
            on_stopped(True)

    def write(self, frames: bytes) -> bool | None:
        transport = self.transport
        if self.close_sent or transport.is_closing():
            return None
        try:
            transport.write(frames)
        except RuntimeError:
            # uvloop raises it for a handle that was closed in the meantime.
            return None
        return not self._is_full

    def pause_writing(self) -> None:
        if self._on_drained is None:
            super().pause_writing()
        if not self._is_full:
            self._full_since = self.loop.time()
        self._is_full = True
        self._stop(True)

    def resume_writing(self) -> None:
        super().resume_writing()
        if self._is_full:
            self._full_seconds += self.loop.time() - self._full_since
            self._has_drained = True
        self._is_full = False
        pong, self._pong = self._pong, b""
        if pong and not self.close_sent and not self.transport.is_closing():
            self.transport.write(pong)
        # The pong may have filled it again.
        if self._on_drained is not None and not self.disconnected and not self._is_full:
            self._on_drained()

    @property
    def unsent_bytes(self) -> int:
        return self.transport.get_write_buffer_size()

    def abort(self) -> None:
        self._stop(False)
        self.transport.abort()

    # -- reading --------------------------------------------------------------------------------

    def listen(self, on_message: Callable[[str | bytes], None], on_end: Callable[[], None]) -> None:
        self._inbox = _Inbox(on_message, on_end, self._fail)
        queue, self.queue = self.queue, cast("asyncio.Queue[Any]", self._inbox)
        while not queue.empty():
            self._inbox.put_nowait(cast(dict[str, Any], queue.get_nowait()))
        if self._is_fresh:
            self._text_frames = TextFrames(
                self.config.ws_max_size, self._deliver_text, self._receive_rest, self._is_turn_over
            )
            self._free_handshake()
        if not self.read_paused:
            # With this set, uvicorn does not pause reading after each message.
            self.read_paused = True
        elif self._may_read:
            self._resume()

    def charge(self, allowance: Allowance) -> None:
        self._allowance = allowance

    def _free_handshake(self) -> None:
        """Free the handshake's headers, which the library's parser keeps.

        The scope has them, too. They are a fifth of the memory of an idle connection.
        """
        self.request = self.response = cast(Any, None)
        if self.conn.state is OPEN and not self.conn.extensions:
            self.conn = ServerProtocol(
                state=OPEN, max_size=self.config.ws_max_size, logger=self.conn.logger
            )

    def data_received(self, data: bytes) -> None:
        if self.close_sent:
            self._late_bytes += len(data)
            if self._late_bytes > MAX_LATE_BYTES:
                self._backlog = None
                self._events = []
                self.transport.abort()
                return
        allowance = self._allowance
        if (
            allowance is not None
            and not self._waits_for_turn
            and self._pause_until_turn(allowance.contended_wait_queue)
        ):
            # Other connections of the address have used up the share since the last read.
            self._backlog = memoryview(b"".join((self._backlog or b"", data)))
            return
        if self._inbox is not None and (len(data) > TURN_BYTES or self._has_backlog):
            self._receive_in_turns(data)
            return
        rest = self._receive(data)
        if rest:
            self._backlog = memoryview(rest)
        if self._has_backlog:
            self._read_later()

    def _receive(self, data: bytes) -> bytes:
        """Process these bytes; returns those that are left when the turn is over."""
        self._turn_ends_at = time.monotonic() + TURN_SECONDS
        allowance = self._allowance
        if allowance is None:
            return self._parse(data)
        begun = cpu_clock()
        try:
            return self._parse(data)
        finally:
            allowance.spend(cpu_clock() - begun + RECEIVE_SECONDS)
            if not self._waits_for_turn:
                self._pause_until_turn(allowance.wait_queue)

    def _pause_until_turn(self, queue: WaitQueue | None) -> bool:
        """Pause reading until this connection's turn; False if there is no turn to wait for."""
        if queue is None or self.close_sent or self.transport.is_closing():
            return False
        self._waits_for_turn = True
        self.transport.pause_reading()
        queue.call_when_available(self._on_available)
        return True

    def _on_available(self) -> None:
        assert self._allowance is not None
        queue = None if self.disconnected else self._allowance.contended_wait_queue
        if queue is not None:
            queue.call_when_available(self._on_available)
            return
        self._waits_for_turn = False
        if self._has_backlog:
            # Synchronously, so that its cost is charged before the next one in the same turn runs.
            self._process_part()
        else:
            self._continue_reading()

    def _parse(self, data: bytes) -> bytes:
        if self._text_frames is not None:
            if self._events:
                self.handle_events()
            return data if self._events else self._text_frames.feed(data)
        self._is_fresh = False
        super().data_received(data)
        if not self.handshake_initiated and self.conn.handshake_exc is not None:
            self._refuse_handshake()
        # The handshake is complete, and a frame may have arrived in the same read.
        if self._is_fresh:
            self._is_fresh = data.find(HANDSHAKE_END) == len(data) - len(HANDSHAKE_END)
        return b""

    def _refuse_handshake(self) -> None:
        """Answer a handshake that the library rejected, for which it writes no response."""
        if not self.transport.is_closing():
            self.close_sent = self.handshake_complete = True
            self.transport.write(
                error_response(
                    InvalidRequest(
                        "the handshake can't be read: send a GET request without a body, and "
                        "percent-encode its address"
                    )
                )
            )
            self.transport.close()

    def handle_events(self) -> None:
        """As uvicorn's, but events that are left when the turn is over wait for the next turn."""
        events = [*self._events, *self.conn.events_received()]
        self._events = []
        for index, event in enumerate(events):
            if index and self._is_turn_over():
                self._events = events[index:]
                return
            self.conn.events = [event]
            super().handle_events()

    def _is_turn_over(self) -> bool:
        return self._inbox is not None and time.monotonic() > self._turn_ends_at

    def _deliver_text(self, text: str) -> None:
        if self._inbox is not None and not self.close_sent:
            self._inbox.deliver(text)

    def _receive_rest(self, data: bytes) -> None:
        super().data_received(data)
        if self._text_frames is not None and self.conn.state is not OPEN:
            self._text_frames.stop()

    def handle_ping(self) -> None:
        if not self._is_full or self.conn.state is not OPEN:
            super().handle_ping()
        else:
            # A peer that does not read is sent only the newest pong (RFC 6455, section 5.5.3).
            self._pong = b"".join(self.conn.data_to_send())
        self._count_ping()

    def send_receive_event_to_app(self) -> None:
        """As uvicorn's, but invalid UTF-8 closes the connection (1007) without a traceback."""
        data, self.frames = b"".join(self.frames), []
        if self.close_sent:
            return
        if self.curr_msg_data_type == "text":
            try:
                text = data.decode()
            except UnicodeDecodeError:
                self._end(1007, "text that is not UTF-8")
                return
            self.queue.put_nowait({"type": "websocket.receive", "text": text})
        else:
            self.queue.put_nowait({"type": "websocket.receive", "bytes": data})
        if not self.read_paused:
            self.read_paused = True
            self.transport.pause_reading()

    def handle_pong(self, event: Frame) -> None:
        super().handle_pong(event)
        if self.pending_ping_payload is None:
            self._full_seconds = 0.0
        self._count_ping()

    def _count_ping(self) -> None:
        if self._pings.try_acquire() or not self._pings.is_overdrawn or self.close_sent:
            return
        if self.conn.state is OPEN:
            self.conn.send_close(1008, "too many pings (presences_per_second)")
            self.handle_parser_exception()

    def handle_cont(self, event: Frame) -> None:
        if self.disconnected or self.close_sent:
            return
        if len(self.frames) < self._max_fragments:
            super().handle_cont(event)
            return
        # An empty fragment takes memory, too.
        self.frames = []
        self._end(1009, f"more than {self._max_fragments} fragments")

    def _receive_in_turns(self, data: bytes) -> None:
        """Process a part now and the rest in later turns, so that a burst delays no other peer."""
        if self._has_backlog:
            # The transport had begun this read before reading was paused.
            self._backlog = memoryview(b"".join((self._backlog or b"", data)))
            return
        self._backlog = memoryview(data)
        if not self.transport.is_closing():
            self.transport.pause_reading()
        self._process_turn()

    def _read_later(self) -> None:
        """Pause reading until the backlog is processed."""
        if not self.transport.is_closing():
            self.transport.pause_reading()
        self._continue_reading()

    def _process_turn(self) -> None:
        if not (self._has_backlog and self._may_read) or self.disconnected:
            return
        allowance = self._allowance
        if allowance is None or not self._pause_until_turn(allowance.contended_wait_queue):
            self._process_part()

    def _process_part(self) -> None:
        if not self._may_read or self.disconnected:
            return
        backlog, self._backlog = self._backlog or memoryview(b""), None
        part = bytes(backlog[:TURN_BYTES])
        left = self._receive(part)
        backlog = backlog[len(part) - len(left) :]
        if len(backlog) and not self.disconnected:
            self._backlog = backlog
        self._continue_reading()

    @property
    def _has_backlog(self) -> bool:
        return self._backlog is not None or bool(self._events)

    @property
    def _may_read(self) -> bool:
        return not (self._is_reading_paused or self._waits_for_turn)

    def _continue_reading(self) -> None:
        if not self._may_read:
            return
        if self._has_backlog:
            self.loop.call_soon(self._process_turn)
        else:
            self._resume()

    def pause_reading(self) -> None:
        self._is_reading_paused = True
        if not self.transport.is_closing():
            self.transport.pause_reading()

    def resume_reading(self) -> None:
        if not self._is_reading_paused:
            return
        self._is_reading_paused = False
        self._continue_reading()

    def _resume(self) -> None:
        if not self.transport.is_closing():
            self.transport.resume_reading()

    def _fail(self) -> None:
        """Close this connection after a callback raised."""
        if self.close_sent or self.transport.is_closing():
            return
        self._send_close(1011, "internal error")
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()

    def _end(self, code: int, reason: str) -> None:
        """Close the connection after a protocol error of the peer."""
        self._send_close(code, reason)
        self.handle_parser_exception()

    def _send_close(self, code: int, reason: str) -> None:
        # The library parses ahead, and may have answered a close of the peer already.
        if self.conn.state is OPEN:
            self.conn.send_close(code, reason)

    # -- the end --------------------------------------------------------------------------------

    def connection_lost(self, exc: Exception | None) -> None:
        begun = cpu_clock()
        self._backlog = None
        self._events = []
        self._stop(False)
        super().connection_lost(exc)
        if self._allowance is not None:
            self._allowance.spend(cpu_clock() - begun)

    def send_keepalive_ping(self) -> None:
        super().send_keepalive_ping()
        self._sample_unsent()

    def _sample_unsent(self) -> bool:
        """Whether the peer has read anything since the last call."""
        unsent = self.transport.get_write_buffer_size()
        has_taken = self._has_drained or unsent < self._unsent_seen
        self._has_drained, self._unsent_seen = False, unsent
        return has_taken

    def keepalive_timeout(self) -> None:
        if self.close_sent or self.transport.is_closing():
            return
        # The ping waits behind earlier output, so a peer that reads that output is alive. Once it
        # has read all, its own buffers may hold what it received while it was behind.
        if self._sample_unsent():
            grace, self._full_seconds = self._full_seconds, 0.0
            assert self.ping_timeout is not None
            self.pong_timer = self.loop.call_later(
                self.ping_timeout + grace, self.keepalive_timeout
            )
            return
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.get_write_buffer_size():
            self.transport.abort()


class _Inbox:
    """Replaces uvicorn's queue of received events: passes each event to a callback at once."""

    __slots__ = ("_end", "_fail", "_on_end", "_on_message")

    def __init__(
        self,
        on_message: Callable[[str | bytes], None],
        on_end: Callable[[], None],
        fail: Callable[[], None],
    ) -> None:
        self._on_message = on_message
        self._on_end = on_end
        self._fail = fail
        self._end: dict[str, Any] | None = None

    def put_nowait(self, event: dict[str, Any]) -> None:
        if event["type"] != "websocket.receive":
            if self._end is None:
                self._end = event
                self._on_end()
        else:
            text = event.get("text")
            self.deliver(event["bytes"] if text is None else text)

    def deliver(self, message: str | bytes) -> None:
        if self._end is not None:
            return
        try:
            self._on_message(message)
        except Exception:
            logger.exception("message handler failed")
            self._fail()
            self.put_nowait({"type": "websocket.disconnect", "code": 1011})

    def empty(self) -> bool:
        return True

    async def get(self) -> dict[str, Any]:
        """The disconnect event."""
        return self._end or {"type": "websocket.disconnect", "code": 1006}
