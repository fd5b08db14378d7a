"""Turns exceptions into the answers that handlers give for them.

Handlers are found where an endpoint is called, by way of the scope, so that they get the same
`Request` or `WebSocket` as the endpoint; the middleware catches what is raised around endpoints.
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

__all__ = ["HANDLERS", "ExceptionMiddleware", "handling_exceptions"]

# By exception class and by HTTP status.
Handlers: TypeAlias = Mapping[Any, ExceptionHandler]

# Our own key in the scope: a Starlette around us has handlers too, but none for our exceptions.
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
            return await self.app(scope, receive, send)
        scope[HANDLERS] = self.handlers
        is_http = scope["type"] == "http"
        connection = (Request if is_http else WebSocket)(scope, receive, send)
        return await handling_exceptions(self.app, connection)(scope, receive, send)

    async def http_exception(self, request: Request, exc: HTTPException) -> Response:
        if exc.status_code in (204, 304):
            return Response(status_code=exc.status_code, headers=exc.headers)
        return PlainTextResponse(exc.detail, status_code=exc.status_code, headers=exc.headers)

    async def websocket_exception(self, websocket: WebSocket, exc: WebSocketException) -> None:
        await websocket.close(code=exc.code, reason=exc.reason)


def handling_exceptions(app: ASGIApp, connection: Request | WebSocket) -> ASGIApp:
    """`app`, with the scope's handlers answering for what it raises.

    Raises RuntimeError for a handled exception that comes after the response has begun.
    """
    handlers: Handlers = connection.scope.get(HANDLERS, {})

    async def handled(scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def sender(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await app(scope, receive, sender)
        except Exception as error:
            handler = _handler(handlers, error)
            if handler is None:
                raise
            if started:
                raise RuntimeError(
                    "Caught handled exception, but response already started."
                ) from error
            response = await call_handler(handler, connection, error)
            if response is not None:
                await response(scope, receive, sender)

    return handled


async def call_handler(handler: Any, connection: Request | WebSocket, error: Exception) -> Any:
    """What the handler answers; a plain function runs in the thread pool."""
    if is_async_callable(handler):
        return await handler(connection, error)
    return await run_in_threadpool(handler, connection, error)


def _handler(handlers: Handlers, error: Exception) -> ExceptionHandler | None:
    """The one for the status of an HTTPException, else for the nearest class."""
    keys: list[Any] = [error.status_code] if isinstance(error, HTTPException) else []
    return next((handlers[key] for key in [*keys, *type(error).__mro__] if key in handlers), None)
