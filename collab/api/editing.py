"""The WebSocket endpoint: `/ws/documents/{doc_id}`."""

from __future__ import annotations

from ..asgi.routing import WebSocketRoute
from ..asgi.websockets import WebSocket
from ..auth import open_user
from ..documents import DocumentManager, JoinRequest
from ..documents.handshake import refuse
from ..errors import InvalidRequest

__all__ = ["editing_route"]


def editing_route(manager: DocumentManager) -> WebSocketRoute:
    """Editing in open mode: everybody is who they say they are."""

    async def edit(websocket: WebSocket) -> None:
        query = websocket.query_params
        try:
            request = JoinRequest.of_query(query)
            user = open_user(query.get("user_id"), query.get("name"), request.client_id)
        except InvalidRequest as error:
            await refuse(websocket, error)
            return
        await manager.serve(websocket, websocket.path_params["doc_id"], user, request)

    return WebSocketRoute("/ws/documents/{doc_id}", edit)
