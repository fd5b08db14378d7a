"""The WebSocket handshake: subprotocol, acceptance, refusal."""

from __future__ import annotations

import logging
from typing import Any, Protocol

from ..errors import (
    CollabError,
    DocumentDeleted,
    InvalidRequest,
    NoSuchDocument,
    PeerLeft,
    WrongDocType,
)
from ..frames import encode_json, error_frame
from .join import SUBPROTOCOL

__all__ = [
    "WebSocketLike",
    "accept",
    "check_subprotocols",
    "close",
    "close_reason",
    "refuse",
]

logger = logging.getLogger(__name__)

# A close frame holds 125 bytes, two of them are the code.
MAX_REASON_BYTES = 123

# Every server sends those from here on (RFC 6455, section 7.4.2).
APPLICATION_CODES = 3000


class WebSocketLike(Protocol):
    """What a connection needs of a WebSocket: collab's own, Starlette's and FastAPI's have it."""

    scope: Any
    application_state: Any

    @property
    def query_params(self) -> Any: ...
    async def accept(self, subprotocol: str | None = None) -> None: ...
    async def receive(self) -> Any: ...
    async def send(self, message: Any) -> None: ...
    async def send_text(self, data: str) -> None: ...
    async def close(self, code: int = 1000, reason: str | None = None) -> None: ...


def check_subprotocols(websocket: WebSocketLike) -> None:
    """Raise `InvalidRequest` if the client offers only other subprotocols."""
    offered = websocket.scope.get("subprotocols") or []
    if offered and SUBPROTOCOL not in offered and not is_accepted(websocket):
        raise InvalidRequest(
            f"got the subprotocols {', '.join(offered)[:100]}: offer '{SUBPROTOCOL}', or none"
        )


# What a browser must act on, and could not see in a refused handshake.
_TOLD = (NoSuchDocument, DocumentDeleted, WrongDocType)


async def accept(websocket: WebSocketLike) -> None:
    """Accept, unless the host has done so, choosing `collab.v1` where the client offers it.

    Raises:
        PeerLeft: there is nobody any more.
    """
    if is_accepted(websocket):
        return
    offered = SUBPROTOCOL in (websocket.scope.get("subprotocols") or [])
    try:
        await websocket.accept(subprotocol=SUBPROTOCOL if offered else None)
    except Exception as error:
        # Each kind of WebSocket has its own exception for this.
        raise PeerLeft("the peer left during the handshake") from error


def is_accepted(websocket: WebSocketLike) -> bool:
    return bool(websocket.application_state.name == "CONNECTED")


def close_reason(text: str) -> str:
    """As much of `text` as fits into a close frame."""
    return text.encode()[:MAX_REASON_BYTES].decode(errors="ignore")


async def close(websocket: WebSocketLike, code: int, reason: str) -> None:
    """Close, by a code of the range of applications where the server sends no other.

    So it is with daphne, which raises for 1001 to 1015 and leaves the connection as it is.
    """
    state = websocket.application_state
    try:
        await websocket.close(code, close_reason(reason))
    except Exception:
        if code >= APPLICATION_CODES:
            raise
        # It has taken itself for closed before the server was asked.
        websocket.application_state = state
        await websocket.close(code + APPLICATION_CODES, close_reason(reason))


async def refuse(websocket: WebSocketLike, error: CollabError) -> None:
    """Answer a join that is refused.

    What a browser could not see in a refused handshake but must act on (no such document, deleted,
    another type) is told after accepting; all else is an HTTP response where the server can send
    one. A peer that has gone away is told nothing.
    """
    try:
        await _refuse(websocket, error)
    except Exception as gone:
        logger.debug("client disconnected before the refusal was sent: %r", gone)


async def _refuse(websocket: WebSocketLike, error: CollabError) -> None:
    if not is_accepted(websocket) and isinstance(error, _TOLD):
        await accept(websocket)
    if is_accepted(websocket):
        await websocket.send_text(error_frame(error))
        await close(websocket, error.close_code, error.message)
        return
    if "websocket.http.response" not in (websocket.scope.get("extensions") or {}):
        await websocket.close(1008, close_reason(f"{error.code}: {error.message}"))
        return
    body = encode_json({"code": error.code, "message": error.message}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *([(b"retry-after", b"%d" % error.retry_after_seconds)] if error.retry else []),
    ]
    await websocket.send(
        {"type": "websocket.http.response.start", "status": error.status, "headers": headers}
    )
    await websocket.send({"type": "websocket.http.response.body", "body": body})
