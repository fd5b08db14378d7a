"""Class-based endpoints: one method per HTTP method, or per event of a WebSocket."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, ClassVar, Literal

from .concurrency import is_async_callable, run_in_threadpool
from .exceptions import HTTPException
from .middleware.exceptions import HANDLERS
from .requests import Request
from .responses import PlainTextResponse, Response
from .types import Message, Receive, Scope, Send
from .websockets import WebSocket, parse_json

__all__ = ["HTTPEndpoint", "WebSocketEndpoint"]

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")


class HTTPEndpoint:
    """Override `get`, `post` and so on: `func(self, request) -> response`, async or plain."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "http", f"Expected an HTTP scope, got {scope['type']!r}."
        self.scope = scope
        self.receive = receive
        self.send = send

    def __await__(self) -> Generator[Any, None, None]:
        return self.dispatch().__await__()

    async def dispatch(self) -> None:
        request = Request(self.scope, self.receive, self.send)
        handler = self._handler(request.method) or self.method_not_allowed
        if is_async_callable(handler):
            response = await handler(request)
        else:
            response = await run_in_threadpool(handler, request)
        await response(self.scope, self.receive, self.send)

    def _handler(self, method: str) -> Any:
        if method not in _METHODS:
            return None
        handler = getattr(self, method.lower(), None)
        return self._handler("GET") if handler is None and method == "HEAD" else handler

    async def method_not_allowed(self, request: Request) -> Response:
        allowed = [method for method in _METHODS if self._handler(method)]
        headers = {"Allow": ", ".join(allowed)}
        if HANDLERS in self.scope:
            raise HTTPException(status_code=405, headers=headers)
        return PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)


class WebSocketEndpoint:
    """Override `on_connect`, `on_receive` and `on_disconnect`.

    `encoding` determines what `on_receive` gets: "text", "bytes", "json" (the decoded value of a
    frame of either kind), or None for any frame as it is. Any other frame closes the connection
    with 1003. `on_disconnect` runs once after `on_connect`, whatever ended the connection.
    """

    encoding: ClassVar[Literal["text", "bytes", "json"] | None] = None

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] == "websocket", f"Expected a WebSocket scope, got {scope['type']!r}."
        self.scope = scope
        self.receive = receive
        self.send = send

    def __await__(self) -> Generator[Any, None, None]:
        return self.dispatch().__await__()

    async def dispatch(self) -> None:
        websocket = WebSocket(self.scope, self.receive, self.send)
        await self.on_connect(websocket)
        close_code = 1000
        try:
            while (message := await websocket.receive())["type"] != "websocket.disconnect":
                data = await self.decode(websocket, message)
                await self.on_receive(websocket, data)
            close_code = int(message.get("code") or 1000)
        except Exception:
            close_code = 1011
            raise
        finally:
            await self.on_disconnect(websocket, close_code)

    async def decode(self, websocket: WebSocket, message: Message) -> Any:
        """Return the argument of `on_receive`. Raises RuntimeError after closing with 1003."""
        text, data = message.get("text"), message.get("bytes")
        if self.encoding == "text" and text is None:
            await self._refuse(websocket, "Expected text websocket messages, but got bytes")
        if self.encoding == "bytes" and data is None:
            await self._refuse(websocket, "Expected bytes websocket messages, but got text")
        if self.encoding == "json":
            return await self._decode_json(websocket, data if text is None else text)
        assert self.encoding in (None, "text", "bytes"), f"Unsupported encoding {self.encoding!r}."
        if self.encoding == "bytes":
            return data
        return data if text is None else text

    async def _decode_json(self, websocket: WebSocket, data: str | bytes) -> Any:
        try:
            return parse_json(data)
        except ValueError:
            await self._refuse(websocket, "Malformed JSON data received.")

    async def _refuse(self, websocket: WebSocket, problem: str) -> None:
        await websocket.close(code=1003)
        raise RuntimeError(problem)

    async def on_connect(self, websocket: WebSocket) -> None:
        await websocket.accept()

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        pass

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        pass
