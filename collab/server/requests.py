"""A uvicorn HTTP protocol with limits on the size and duration of requests and on slow readers.

WebSocket handshakes pass through it as well.
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import socket
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ..api.security import SECURITY_HEADERS
from ..errors import CollabError, InvalidRequest, RequestTimeout, ServerBusy, TooLarge
from ..frames import encode_json
from ..limits.budget import UNCHARGED
from ..limits.connection_limits import address_of
from ..limits.progress import Progress
from ..limits.unread import Unread
from ..limits.work import cpu_clock
from ..metrics import Metrics
from ..settings import Settings

__all__ = ["PendingConnections", "RequestProtocol", "limit_unsent_bytes"]


class PendingConnections:
    """The connections from which the server expects a request: neither WebSockets nor connections
    whose request is being answered.

    Bound: `max_handshakes`. Above it the connection that has waited longest is closed, not the
    newest, so that a client can't lock others out by opening connections.
    """

    def __init__(self, settings: Settings, metrics: Metrics, unread: Unread) -> None:
        self.metrics = metrics
        self.settings = settings
        self.unread = unread
        self.timeout_seconds = settings.handshake_timeout_seconds
        self.max_head_bytes = settings.max_request_head_bytes
        self.max_requests = settings.max_waiting_requests
        self._maximum = settings.max_handshakes
        self._waiting: dict[RequestProtocol, None] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def enter(self, protocol: RequestProtocol) -> None:
        """Add a connection. Idempotent: a connection that is present keeps its place."""
        self._waiting[protocol] = None
        if len(self._waiting) > self._maximum:
            oldest = next(iter(self._waiting))
            self.leave(oldest)
            oldest.refuse(
                ServerBusy(
                    f"more than {self._maximum} connections have sent no request, which is the "
                    "limit (max_handshakes): try again later"
                )
            )

    def leave(self, protocol: RequestProtocol) -> None:
        self._waiting.pop(protocol, None)


# Bytes of a header line besides name and value: colon, space and CRLF.
FIELD_BYTES = 4

CLOCK_SECONDS = 0.1


# Linux grows a socket's send buffer to 4 MB. This bounds the unsent bytes in the kernel, so that a
# stalled reader is noticed after 100 kB.
MAX_UNSENT_BYTES = 16384


def limit_unsent_bytes(transport: asyncio.Transport) -> None:
    """Limit the unsent bytes that the kernel accepts from the transport."""
    accepted = transport.get_extra_info("socket")
    # Some systems and some kinds of sockets don't support the option.
    with contextlib.suppress(AttributeError, OSError):
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, MAX_UNSENT_BYTES)


class Refused(Exception):
    """Stops the parser after a request was refused."""


class RequestProtocol(HttpToolsProtocol):
    """One connection until it becomes a WebSocket.

    Bounds: the size of a request's head (`max_request_head_bytes`); the time to receive the head,
    and that to receive the body (`handshake_timeout_seconds` each); pipelined requests
    (`max_waiting_requests`); the unread part of a response (`Progress`, `Unread`).
    """

    def __init__(self, *args: Any, waiting: PendingConnections, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting = waiting
        self._timeout: asyncio.TimerHandle | None = None
        # Bytes since the last request, to detect a head that does not end.
        self._received_bytes = 0
        self._head_bytes = 0
        self._is_in_head = False
        # CPU seconds that are not yet charged to a call of the application.
        self._uncharged = 0.0
        self._is_silent = True
        self._answering: RequestResponseCycle | None = None
        self._progress: Progress | None = None
        self._sampler: asyncio.TimerHandle | None = None

    # asyncio declares BaseTransport; uvicorn declares the type that a TCP connection has.
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        begun = cpu_clock()
        super().connection_made(transport)
        # With this limit the transport reports when its buffer fills and when it is empty again.
        transport.set_write_buffer_limits(high=0)
        limit_unsent_bytes(transport)
        self._start_timeout()
        self._waiting.enter(self)
        self._uncharged = cpu_clock() - begun

    def connection_lost(self, exc: Exception | None) -> None:
        self._cancel_timeout()
        self._stop_sampling()
        self._waiting.leave(self)
        self._mark_disconnected()
        self.pipeline.clear()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        begun = cpu_clock()
        self._is_silent = False
        self._received_bytes += len(data)
        super().data_received(data)
        self._charge_later(cpu_clock() - begun)
        if self._is_in_head and self._received_bytes > self._waiting.max_head_bytes:
            self._refuse_head()

    def _charge_later(self, seconds: float) -> None:
        """Charge work of the server to the next call of the application."""
        self._uncharged += seconds
        reader: Any = self.transport.get_protocol()
        scope = getattr(reader, "scope", None)
        if scope is not None:
            scope[UNCHARGED] = scope.get(UNCHARGED, 0.0) + self._uncharged
            self._uncharged = 0.0

    def _refuse_head(self) -> None:
        limit = self._waiting.max_head_bytes
        self.refuse(
            TooLarge(
                f"the address and headers of the request are larger than {limit} bytes, which "
                "is the limit (max_request_head_bytes)"
            )
        )

    def handle_websocket_upgrade(self) -> None:
        # The handshake may have been refused already.
        if not self.transport.is_closing():
            self._stop_sampling()
            super().handle_websocket_upgrade()

    # -- the parser's callbacks -----------------------------------------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head = True
        self._head_bytes = 0
        self._waiting.enter(self)
        if self._timeout is None:
            self._start_timeout()

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._head_bytes += len(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._head_bytes += len(name) + len(value) + FIELD_BYTES

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        if self._head_bytes > self._waiting.max_head_bytes:
            # The whole head arrived in one read.
            self._refuse_head()
            raise Refused
        if not self._has_one_host():
            self.refuse(
                InvalidRequest("the request has no header `Host`, or several: send one (RFC 9112)")
            )
            raise Refused
        if len(self.pipeline) >= self._waiting.max_requests:
            # Without an error response: the client would take it for that of an earlier request.
            self._waiting.metrics.requests_refused[ServerBusy.code] += 1
            self.pipeline.clear()
            self._close()
            raise Refused
        self._start_timeout()
        super().on_headers_complete()

    def _has_one_host(self) -> bool:
        found = sum(name == b"host" for name, _ in self.headers)
        return found == 1 or (found == 0 and self.parser.get_http_version() == "1.0")

    def on_message_complete(self) -> None:
        self._cancel_timeout()
        self._received_bytes = 0
        self._waiting.leave(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        # With pipelined requests, `cycle` is the next one by now.
        if self.cycle.response_complete and not self.transport.is_closing():
            self._waiting.enter(self)

    def send_400_response(self, msg: str) -> None:
        self.refuse(InvalidRequest("the request can't be read: send HTTP/1.1 as RFC 9112 has it"))

    # -- time -----------------------------------------------------------------------------------

    def _start_timeout(self) -> None:
        self._cancel_timeout()
        self._timeout = self.loop.call_later(self._waiting.timeout_seconds, self._time_out)

    def _cancel_timeout(self) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
            self._timeout = None

    def _time_out(self) -> None:
        self._timeout = None
        if self._is_silent:
            # Browsers open connections in advance, and would take an error response for the
            # response to their next request.
            self.transport.close()
            return
        self.refuse(
            RequestTimeout(
                f"the request took longer than {self._waiting.timeout_seconds:g} s, which is the "
                "limit (handshake_timeout_seconds): send it again"
            )
        )

    def refuse(self, error: CollabError) -> None:
        """Answer with an error, unless an answer has begun, and close."""
        if self.transport.is_closing():
            return
        self._waiting.metrics.requests_refused[error.code] += 1
        if self.cycle is None or self.cycle.response_complete or not self.cycle.response_started:
            self.transport.write(error_response(error))
        self._close()

    # -- slow readers ---------------------------------------------------------------------------

    def pause_writing(self) -> None:
        super().pause_writing()
        unsent = self.transport.get_write_buffer_size()
        self._progress = Progress(self._waiting.settings, self.loop.time(), unsent)
        self._sample_later()
        self._waiting.unread.wait(self._address, self, unsent)

    def resume_writing(self) -> None:
        self._stop_sampling()
        super().resume_writing()

    @property
    def _address(self) -> str:
        return address_of({"client": self.client})

    def _stop_sampling(self) -> None:
        self._progress = None
        if self._sampler is not None:
            self._sampler.cancel()
            self._sampler = None
            self._waiting.unread.leave(self._address, self)

    def _sample_later(self) -> None:
        seconds = self._waiting.settings.drain_timeout_seconds
        self._sampler = self.loop.call_later(seconds, self._sample)

    def _sample(self) -> None:
        assert self._progress is not None
        # The timer may be early by the resolution of the clock.
        now = self.loop.time() + CLOCK_SECONDS
        if self._progress.is_too_slow(now, self.transport.get_write_buffer_size()):
            self.abort()
        else:
            self._sample_later()

    def abort(self) -> None:
        """Close the connection of a reader that is too slow or has too much to read."""
        self._waiting.metrics.slow_readers += 1
        self._stop_sampling()
        self._mark_disconnected()
        self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answering = cycle
        super()._start_asgi_task(cycle, app)

    def _close(self) -> None:
        self._mark_disconnected()
        self.transport.close()

    def _mark_disconnected(self) -> None:
        """Mark the request in progress as disconnected; uvicorn marks the last request only."""
        if self._answering is not None:
            self._answering.disconnected = True
            self._answering.message_event.set()


def error_response(error: CollabError) -> bytes:
    """A complete HTTP response that closes the connection."""
    body = encode_json({"code": error.code, "message": error.message}).encode()
    retry = f"retry-after: {error.retry_after_seconds}"
    security = "".join(f"{name}: {value}\r\n" for name, value in SECURITY_HEADERS.items())
    head = (
        f"HTTP/1.1 {error.status} {http.HTTPStatus(error.status).phrase}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"{retry if error.retry else 'cache-control: no-store'}\r\n"
        f"{security}connection: close\r\n\r\n"
    )
    return head.encode() + body
