"""What is answered at an address where there is nothing."""

from __future__ import annotations

import logging

from ..asgi.types import ASGIApp, Receive, Scope, Send
from ..asgi.url import get_route_path
from ..asgi.websockets import WebSocket
from ..connection_log import log_fields
from ..errors import CollabError, NoSuchResource
from ..metrics import Metrics
from ..sessions.handshake import refuse
from ..sessions.join import check_doc_id
from .json import error_response

__all__ = ["unknown_address"]

logger = logging.getLogger(__name__)

EDITING = "/ws/documents/"


def unknown_address(metrics: Metrics) -> ASGIApp:
    """An ASGI application that answers everything with an error of ours, as JSON."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        path = get_route_path(scope)
        if scope["type"] == "websocket":
            error = _error_of_socket(path)
            metrics.joins_refused[error.code] += 1
            logger.info("refused: %s", error, extra=log_fields(scope, ""))
            await refuse(WebSocket(scope, receive, send), error)
        else:
            await error_response(_nothing(path))(scope, receive, send)

    return answer


def _error_of_socket(path: str) -> CollabError:
    """An id with a slash in it, or an empty one, finds no route either."""
    if path.startswith(EDITING):
        try:
            check_doc_id(path.removeprefix(EDITING))
        except CollabError as error:
            return error
    return _nothing(path)


def _nothing(path: str) -> CollabError:
    return NoSuchResource(f"there is nothing at {path[:200]}")
