"""Answer exceptions with the registered handlers.

An endpoint's exceptions are handled where it is called, with handlers from the scope, so that they
get the endpoint's own `Request` or `WebSocket`. The middleware handles exceptions raised elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from ..concurrency import is_async_callable, run_in_threadpool
from ..exceptions import HTTPException, WebSocketException
from ..requests import Request
from ..responses import PlainTextResponse, Response
from ..types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send
from ..websockets import WebSocket

__all__ = ["HANDLERS", "ExceptionMiddleware", "answer_exception", "handle_exceptions"]

# Keys are exception classes and HTTP statuses.
Handlers: TypeAlias = Mapping[Any, ExceptionHandler]

# A key of our own: the handlers of an outer Starlette don't know our exceptions.
HANDLERS = "collab.asgi.exception_handlers"


class ExceptionMiddleware:
    """`handlers` by exception class or by the status of an HTTPException."""

    def __init__(self, app: ASGIApp, handlers: Handlers | None = None, debug: bool = False) -> None:
        self.app = app
        self.debug = debug
        self.handlers: dict[Any, ExceptionHandler] = {
            HTTPException: self.http_exception,
            WebSocketException: self.websocket_exception,
            **(handlers or {}),
        }

    def add_exception_handler(
        self, exc_class_or_status_code: int | type[Exception], handler: ExceptionHandler
    ) -> None:
        self.handlers[exc_class_or_status_code] = handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope[HANDLERS] = self.handlers
        is_http = scope["type"] == "http"
        connection = (Request if is_http else WebSocket)(scope, receive, send)
        await handle_exceptions(self.app, connection, scope, receive, send)

    async def http_exception(self, request: Request, exc: HTTPException) -> Response:
        if exc.status_code in (204, 304):
            return Response(status_code=exc.status_code, headers=exc.headers)
        return PlainTextResponse(exc.detail, status_code=exc.status_code, headers=exc.headers)

    async def websocket_exception(self, websocket: WebSocket, exc: WebSocketException) -> None:
        await websocket.close(code=exc.code, reason=exc.reason)


async def handle_exceptions(
    app: ASGIApp, connection: Request | WebSocket, scope: Scope, receive: Receive, send: Send
) -> None:
    """Run `app` and answer its exceptions with the handlers in the scope.

    Raises RuntimeError if a handled exception is raised after the response has started.
    """
    response = _Response(send) if scope["type"] == "http" else None
    try:
        await app(scope, receive, send if response is None else response.send)
    except Exception as error:
        has_begun = response is not None and response.has_begun
        await answer_exception(error, connection, scope, receive, send, has_begun)


async def answer_exception(
    error: Exception,
    connection: Request | WebSocket,
    scope: Scope,
    receive: Receive,
    send: Send,
    has_begun: bool = False,
) -> None:
    """Answer with the handler in the scope; without one, raise the error again.

    Raises RuntimeError if the response has started.
    """
    handler = _handler(connection.scope.get(HANDLERS, {}), error)
    if handler is None:
        raise error
    if has_begun:
        raise RuntimeError("Caught handled exception, but response already started.") from error
    answer = await call_handler(handler, connection, error)
    if answer is not None:
        await answer(scope, receive, send)


class _Response:
    """Records whether the response has started."""

    __slots__ = ("_send", "has_begun")

    def __init__(self, send: Send) -> None:
        self._send = send
        self.has_begun = False

    async def send(self, message: Message) -> None:
        self.has_begun = self.has_begun or message["type"] == "http.response.start"
        await self._send(message)


async def call_handler(handler: Any, connection: Request | WebSocket, error: Exception) -> Any:
    """Call the handler and return its result; a plain function runs in the thread pool."""
    if is_async_callable(handler):
        return await handler(connection, error)
    return await run_in_threadpool(handler, connection, error)


def _handler(handlers: Handlers, error: Exception) -> ExceptionHandler | None:
    """Return the handler of an HTTPException's status, else that of the nearest class."""
    keys: list[Any] = [error.status_code] if isinstance(error, HTTPException) else []
    return next((handlers[key] for key in [*keys, *type(error).__mro__] if key in handlers), None)
