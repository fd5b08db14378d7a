"""The outermost layer: answer unhandled exceptions with 500."""

from __future__ import annotations

import traceback

from ..requests import Request
from ..responses import PlainTextResponse
from ..types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send
from .exceptions import call_handler

__all__ = ["ServerErrorMiddleware"]


class ServerErrorMiddleware:
    """Answers 500, with `handler` if there is one, and raises again, so that the server logs it.

    With `debug` the answer is the traceback: never use it in public.
    """

    def __init__(
        self, app: ASGIApp, handler: ExceptionHandler | None = None, debug: bool = False
    ) -> None:
        self.app = app
        self.handler = handler
        self.debug = debug

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self.app(scope, receive, send)
        started = False

        async def sender(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            return await self.app(scope, receive, sender)
        except Exception as error:
            response = await self._response(Request(scope), error)
            if not started:
                await response(scope, receive, send)
            raise

    async def _response(self, request: Request, error: Exception) -> ASGIApp:
        if self.debug:
            text = "".join(traceback.format_exception(error))
            return PlainTextResponse(text, status_code=500)
        if self.handler is None:
            return PlainTextResponse("Internal Server Error", status_code=500)
        response: ASGIApp = await call_handler(self.handler, request, error)
        return response
