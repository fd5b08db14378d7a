"""What every request of the API passes before its handler: origin, user, role, query and body."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from msgspec import Struct

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..auth import Access, User, check_origin, permitted
from ..errors import DocumentDeleted, NoSuchDocument
from ..limits.connection_limits import address_of
from ..limits.unread import Unread
from ..sessions.join import check_doc_id
from ..storage import Store
from .decoding import decode_body, decode_query, read_body
from .endpoints import Call, Endpoint, Nothing

__all__ = ["Guard"]

NOTHING = Nothing()


class Guard:
    """Calls handlers for those who may call them, with what they have sent.

    Args:
        allowed_origins: pages of these may call all endpoints that are not for the same host only.
    """

    def __init__(
        self, access: Access, store: Store, unread: Unread, allowed_origins: Collection[str]
    ) -> None:
        self._access = access
        self._store = store
        self._unread = unread
        self._allowed_origins = allowed_origins

    async def call(self, endpoint: Endpoint, request: Request) -> Response:
        """The answer of the endpoint.

        Raises:
            CollabError: this is refused, by the guard or by the handler.
        """
        user = await self._admit(endpoint, request)
        query: Struct = NOTHING
        if endpoint.query is not Nothing:
            query = decode_query(request, endpoint.query)
        with contextlib.ExitStack() as holds:
            body: Struct = NOTHING
            sent = b""
            if endpoint.body is not Nothing:
                limit = endpoint.max_body_bytes
                sent = await read_body(request, limit, lambda: self._hold(holds, request, limit))
                body = decode_body(sent, endpoint.body)
            try:
                return await endpoint.handler(Call(request, user, query, body, len(sent)))
            except NoSuchDocument:
                await self._check_deleted(request)
                raise

    def _hold(self, holds: contextlib.ExitStack, request: Request, size: int) -> None:
        """Count a large body until it is answered."""
        hold = self._unread.hold(address_of(request.scope), request, size)
        holds.callback(hold.release)

    async def _admit(self, endpoint: Endpoint, request: Request) -> User | None:
        if request.method not in ("GET", "HEAD"):
            check_origin(request, () if endpoint.same_host else self._allowed_origins)
        needs = endpoint.needs
        if needs == "anyone":
            return None
        user = await self._access.user(request)
        if "doc_id" in request.path_params:
            check_doc_id(request.path_params["doc_id"])
        if needs != "user":
            await permitted(self._access, user, request.path_params["doc_id"], needs)
        return user

    async def _check_deleted(self, request: Request) -> None:
        """A document that was deleted is another thing than one that never was."""
        doc_id = request.path_params.get("doc_id")
        if doc_id is not None and await self._store.catalog.was_deleted(doc_id):
            raise DocumentDeleted(f"the document {doc_id!r} was deleted") from None
