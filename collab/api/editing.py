"""The WebSocket endpoint: `/ws/documents/{doc_id}`."""

from __future__ import annotations

import contextlib

from ..asgi.routing import WebSocketRoute
from ..asgi.websockets import WebSocket
from ..auth import open_user
from ..documents import DocumentManager, JoinRequest
from ..documents.handshake import refuse
from ..errors import CollabError

__all__ = ["editing_route"]


def editing_route(manager: DocumentManager) -> WebSocketRoute:
    """Editing in open mode: everybody is who they say they are."""

    async def edit(websocket: WebSocket) -> None:
        try:
            request = JoinRequest.of_query(websocket.query_params)
            query = websocket.query_params
            user = open_user(query.get("user_id"), query.get("name"), request.client_id)
            doc_id = websocket.path_params["doc_id"]
            connection = await manager.join_document(websocket, doc_id, user, request)
        except CollabError as error:
            with contextlib.suppress(OSError, RuntimeError):
                await refuse(websocket, error)
            return
        await connection.run()

    return WebSocketRoute("/ws/documents/{doc_id}", edit)
