"""The transport from `httpx2` to an ASGI application in the same process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from typing import Any
from urllib.parse import unquote

import httpx2

from .testloop import LoopThread
from .testsession import WebSocketTestSession
from .types import ASGIApp, Message, Scope

__all__ = ["TestTransport", "Upgrade"]

_DEFAULT_PORTS = {"http": 80, "ws": 80, "https": 443, "wss": 443}


class Upgrade(Exception):
    """Carries the session of a WebSocket request out of the HTTP client."""

    def __init__(self, session: WebSocketTestSession) -> None:
        super().__init__("A WebSocket has no HTTP response: use websocket_connect.")
        self.session = session


class TestTransport(httpx2.BaseTransport):
    """Args:
    loops: returns the loop that runs the application, for one exchange.
    app_state: the state set by the lifespan; each connection gets a copy.
    """

    __test__ = False

    def __init__(
        self,
        app: ASGIApp,
        loops: Callable[[], AbstractContextManager[LoopThread]],
        *,
        raise_server_exceptions: bool,
        root_path: str,
        client: tuple[str, int],
        app_state: dict[str, Any],
    ) -> None:
        self.app = app
        self.loops = loops
        self.raise_server_exceptions = raise_server_exceptions
        self.root_path = root_path
        self.client = client
        self.app_state = app_state

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.scheme in ("ws", "wss"):
            raise Upgrade(
                WebSocketTestSession(self.app, self._websocket_scope(request), self.loops)
            )
        with ExitStack() as stack:
            loop = stack.enter_context(self.loops())
            exchange = _Exchange(loop, self.app, self._http_scope(request), request.read())
            stack.push(lambda *error: exchange.finish(self.raise_server_exceptions))
            start = exchange.start()
            if start is None:
                return self._without_response(stack, request)
            body = _Body(exchange, stack.pop_all(), silent=request.method == "HEAD")
        return httpx2.Response(
            start["status"], headers=list(start.get("headers", ())), stream=body, request=request
        )

    def _without_response(self, stack: ExitStack, request: httpx2.Request) -> httpx2.Response:
        stack.close()
        if self.raise_server_exceptions:
            raise AssertionError("The application returned without sending a response.")
        return httpx2.Response(500, request=request)

    def _http_scope(self, request: httpx2.Request) -> Scope:
        return {
            "type": "http",
            "method": request.method,
            "extensions": {},
            **self._connection_scope(request),
        }

    def _websocket_scope(self, request: httpx2.Request) -> Scope:
        offered = request.headers.get("sec-websocket-protocol")
        return {
            "type": "websocket",
            "subprotocols": [name.strip() for name in offered.split(",")] if offered else [],
            "extensions": {"websocket.http.response": {}},
            **self._connection_scope(request),
        }

    def _connection_scope(self, request: httpx2.Request) -> dict[str, Any]:
        url = request.url
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        return {
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "scheme": url.scheme,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "query_string": url.query,
            "root_path": self.root_path,
            "headers": headers,
            "client": self.client,
            "server": (url.raw_host.decode("ascii"), url.port or _DEFAULT_PORTS[url.scheme]),
            "state": self.app_state.copy(),
        }


class _Exchange:
    """One request and its response. The application waits until each piece is read."""

    def __init__(self, loop: LoopThread, app: ASGIApp, scope: Scope, body: bytes) -> None:
        self._loop = loop
        self._request: list[Message] = [{"type": "http.request", "body": body}]
        self._start: Message | None = None
        self._started = asyncio.Event()
        self._pieces: asyncio.Queue[bytes] = asyncio.Queue(1)
        self._complete = asyncio.Event()
        self._running = loop.call(self._run(app, scope))

    async def _run(self, app: ASGIApp, scope: Scope) -> asyncio.Task[None]:
        async def run() -> None:
            try:
                await app(scope, self._receive, self._send)
            finally:
                self._started.set()

        return asyncio.create_task(run())

    async def _receive(self) -> Message:
        if self._request:
            return self._request.pop()
        await self._complete.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            assert self._start is None, 'The application sent a second "http.response.start".'
            self._start = message
            self._started.set()
        elif message["type"] == "http.response.body":
            assert self._start is not None, "The application sent a body before the start."
            assert not self._complete.is_set(), "The application sent more after the last body."
            await self._pieces.put(bytes(message.get("body", b"")))
            if not message.get("more_body", False):
                self._complete.set()

    def start(self) -> Message | None:
        """Return the start of the response, or None if the application returned without one."""
        self._loop.call(self._wait_for_start())
        return self._start

    async def _wait_for_start(self) -> None:
        await self._started.wait()

    def pieces(self) -> Iterator[bytes]:
        while (piece := self._loop.call(self._next_piece())) is not None:
            yield piece

    async def _next_piece(self) -> bytes | None:
        if self._pieces.empty() and not self._complete.is_set():
            getting = asyncio.ensure_future(self._pieces.get())
            completing = asyncio.ensure_future(self._complete.wait())
            waiting = {getting, completing, self._running}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            completing.cancel()
            if getting.done():
                return getting.result()
            getting.cancel()
        return None if self._pieces.empty() else self._pieces.get_nowait()

    def finish(self, raising: bool) -> None:
        """Let the application and its background tasks end; cancel it if the body was not read."""
        self._loop.call(self._finish(raising))

    async def _finish(self, raising: bool) -> None:
        if not self._complete.is_set():
            self._running.cancel()
        await asyncio.wait([self._running])
        if raising and not self._running.cancelled():
            self._running.result()


class _Body(httpx2.SyncByteStream):
    """A response's body as a stream; a silent one is read to its end and not returned."""

    def __init__(self, exchange: _Exchange, stack: ExitStack, silent: bool) -> None:
        self._exchange = exchange
        self._stack = stack
        self._silent = silent

    def __iter__(self) -> Iterator[bytes]:
        for piece in self._exchange.pieces():
            if piece and not self._silent:
                yield piece
        self._stack.close()

    def close(self) -> None:
        self._stack.close()
