"""The WebSocket endpoint: `/ws/documents/{doc_id}`."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from functools import partial

from ..asgi.routing import WebSocketRoute
from ..asgi.websockets import WebSocket
from ..auth import Access, OpenAccess, User, check_origin, may_create, permitted
from ..connection_log import log_fields
from ..documents.open_documents import DEFAULT_TYPE
from ..errors import CollabError, DocumentDeleted, DocumentExists, Internal, NoSuchDocument
from ..manager import DocumentManager
from ..sessions import JoinRequest
from ..sessions.handshake import refuse
from ..sessions.join import check_doc_id
from ..sessions.reauthorization import Admit

__all__ = ["editing_route"]

logger = logging.getLogger(__name__)


def editing_route(manager: DocumentManager, access: Access) -> WebSocketRoute:
    """Editing, for whom `access` lets in."""

    async def edit(websocket: WebSocket) -> None:
        doc_id = websocket.path_params["doc_id"]
        try:
            check_origin(websocket, manager.settings.allowed_origins)
            request = JoinRequest.of_query(websocket.query_params)
            check_doc_id(doc_id)
            user = await who(websocket, doc_id, request)
        except CollabError as error:
            manager.metrics.joins_refused[error.code] += 1
            logger.info("refused: %s", error, extra=log_fields(websocket.scope, doc_id))
            await refuse(websocket, error)
            return
        await manager.serve(websocket, doc_id, user, request)

    async def who(websocket: WebSocket, doc_id: str, request: JoinRequest) -> User | Admit:
        if isinstance(access, OpenAccess):
            # Nothing that takes time, nor that a review could change.
            return await access.user(websocket, request.client_id)
        return partial(asked, websocket, doc_id, request)

    async def asked(websocket: WebSocket, doc_id: str, request: JoinRequest) -> User:
        try:
            return await admitted(websocket, doc_id, request)
        except CollabError:
            raise
        except Exception as error:
            # What a host's own function raises.
            logger.exception(
                "authentication hook failed", extra=log_fields(websocket.scope, doc_id)
            )
            raise Internal("internal error: try again later") from error

    async def admitted(websocket: WebSocket, doc_id: str, request: JoinRequest) -> User:
        user = await access.user(websocket, request.client_id, request.guest_secret)
        await created(websocket, user, doc_id, request)
        role = await permitted(access, user, doc_id, "viewer")
        return user if user.role == role else dataclasses.replace(user, role=role)

    async def created(websocket: WebSocket, user: User, doc_id: str, request: JoinRequest) -> None:
        """See that there is a document: who makes it by joining owns it."""
        if await manager.store.catalog.find_document(doc_id) is not None:
            return
        role = await access.role(user, doc_id)
        if role is not None and await manager.store.catalog.was_deleted(doc_id):
            raise DocumentDeleted(f"the document {doc_id!r} was deleted")
        settings = manager.settings
        if settings.create_on_join and may_create(user, role, settings.users_may_create):
            manager.budgets.count_creation(websocket.scope, user)
            with contextlib.suppress(DocumentExists):
                owner = user.user_id if access.creator_owns else None
                await manager.create_document(
                    doc_id, request.doc_type or DEFAULT_TYPE, owner=owner, anew=False
                )
        elif role is not None:
            raise NoSuchDocument(f"there is no document {doc_id!r}, and joining creates none")

    return WebSocketRoute("/ws/documents/{doc_id}", edit)
