"""What every answer says to the browser that gets it, and what a fault of ours is answered with."""

from __future__ import annotations

from ..asgi.headers import MutableHeaders
from ..asgi.types import ASGIApp, Message, Receive, Scope, Send
from ..asgi.websockets import WebSocket
from ..errors import Internal
from ..sessions.handshake import refuse
from .json import error_response

__all__ = ["PAGE_POLICY", "SECURITY_HEADERS", "secured"]

# No inline script or style, nothing from elsewhere but pictures that a document names.
PAGE_POLICY = (
    "default-src 'self'; img-src 'self' data: https: http:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)

SECURITY_HEADERS = {
    # Nothing but the pages is to be shown as a page, and these have a policy of their own.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
}

STARTS = ("http.response.start", "websocket.http.response.start")


def secured(app: ASGIApp) -> ASGIApp:
    """`app` with `SECURITY_HEADERS` on each answer that doesn't set them itself, and with an answer
    of ours where it raises before it has begun one. What it raises is raised on, for the log.
    """

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            return await app(scope, receive, send)
        has_begun = False

        async def send_secured(message: Message) -> None:
            nonlocal has_begun
            has_begun = True
            await send(_secured(message) if message["type"] in STARTS else message)

        try:
            await app(scope, receive, send_secured)
        except Exception:
            if not has_begun:
                await _answer_fault(scope, receive, send_secured)
            raise

    return answer


def _secured(message: Message) -> Message:
    headers = MutableHeaders(raw=list(message.get("headers", ())))
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    return {**message, "headers": headers.raw}


async def _answer_fault(scope: Scope, receive: Receive, send: Send) -> None:
    error = Internal("internal error: try again later")
    if scope["type"] == "websocket":
        await refuse(WebSocket(scope, receive, send), error)
    else:
        await error_response(error)(scope, receive, send)
