"""The HTTP API of who may do what on a document; its owners' only."""

from __future__ import annotations

from typing import Any

from ..asgi.responses import Response
from ..auth import Access
from ..errors import Forbidden, NoSuchDocument, NoSuchResource
from ..manager import DocumentManager
from ..storage import DocumentRecord
from .endpoints import Call, Endpoint, Nothing
from .json import json_response
from .schemas import AccessList, Grant, Link, NewGrant, NewLink, SecretLink, UserQuery
from .sharing import make_link
from .user_ids import USER_ID, user_id_of

__all__ = ["GrantsAPI"]

MAX_BODY_BYTES = 4096


class GrantsAPI:
    """Endpoints under `/api/documents/{doc_id}/access`.

    A change takes effect at once on connections that are open.

    Args:
        is_open: in open mode everybody may do everything, so that a grant or a link would say
            what is not so: neither is made, and those of other times can be listed and removed.
    """

    def __init__(self, manager: DocumentManager, access: Access, *, is_open: bool) -> None:
        self._is_open = is_open
        self._manager = manager
        self._access = access

    def endpoints(self) -> list[Endpoint]:
        one = "/api/documents/{doc_id}/access"
        grants = [
            endpoint
            for path in (f"{one}/users", f"{one}/users/{{{USER_ID}}}")
            for endpoint in self._of_grants(path)
        ]
        return [
            Endpoint(
                method="GET",
                path=one,
                handler=self.list_access,
                needs="owner",
                answers={200: AccessList},
            ),
            *grants,
            Endpoint(
                method="POST",
                path=f"{one}/links",
                handler=self.add_link,
                needs="owner",
                body=NewLink,
                max_body_bytes=MAX_BODY_BYTES,
                answers={201: SecretLink},
            ),
            Endpoint(
                method="DELETE",
                path=f"{one}/links/{{link_id}}",
                handler=self.remove_link,
                needs="owner",
                answers={204: Nothing},
            ),
        ]

    def _of_grants(self, path: str) -> list[Endpoint]:
        return [
            Endpoint(
                method="PUT",
                path=path,
                handler=self.set_grant,
                needs="owner",
                query=UserQuery,
                body=NewGrant,
                max_body_bytes=MAX_BODY_BYTES,
                answers={200: Grant},
            ),
            Endpoint(
                method="DELETE",
                path=path,
                handler=self.remove_grant,
                needs="owner",
                query=UserQuery,
                answers={204: Nothing},
            ),
        ]

    async def list_access(self, call: Call[Nothing, Nothing]) -> Response:
        """The grants and links of a document."""
        record = await self._document(call)
        grants = await self._manager.store.grants.list_grants(record.key)
        links = await self._manager.store.grants.list_links(record.key)
        listed = AccessList([Grant.of(each) for each in grants], [Link.of(each) for each in links])
        return json_response(listed)

    async def set_grant(self, call: Call[UserQuery, NewGrant]) -> Response:
        """Give a user a role, in place of the one they had."""
        record = await self._document(call)
        self._check_mode()
        user_id = user_id_of(call.request)
        maximum = self._manager.settings.max_document_grants
        grant = await self._manager.store.grants.set_grant(
            record.key, user_id, call.body.role, maximum
        )
        await self._manager.reauthorize(record.doc_id, self._access.role)
        return json_response(Grant.of(grant))

    async def remove_grant(self, call: Call[UserQuery, Nothing]) -> Response:
        """Take a user's role away."""
        record = await self._document(call)
        user_id = user_id_of(call.request)
        if not await self._manager.store.grants.remove_grant(record.key, user_id):
            raise NoSuchResource(f"user {user_id!r} has no grant on this document")
        await self._manager.reauthorize(record.doc_id, self._access.role)
        return Response(status_code=204)

    async def add_link(self, call: Call[Nothing, NewLink]) -> Response:
        """Make a link that gives a role to those who have it."""
        record = await self._document(call)
        self._check_mode()
        text, link = make_link(record.key, call.body.role, call.body.lifetime_seconds)
        maximum = self._manager.settings.max_document_links
        await self._manager.store.grants.add_link(link, maximum)
        made = Link.of(link)
        return json_response(
            SecretLink(made.link_id, made.role, made.created_at, made.expires_at, text), 201
        )

    async def remove_link(self, call: Call[Nothing, Nothing]) -> Response:
        """Make a link invalid."""
        record = await self._document(call)
        if not await self._manager.store.grants.remove_link(
            record.key, call.request.path_params["link_id"]
        ):
            raise NoSuchResource("the document has no such link")
        await self._manager.reauthorize(record.doc_id, self._access.role)
        return Response(status_code=204)

    def _check_mode(self) -> None:
        if self._is_open:
            raise Forbidden(
                "grants and links mean nothing in open mode, in which everybody may do everything: "
                "serve with --auth token, or embed collab in an application that says who it is"
            )

    async def _document(self, call: Call[Any, Any]) -> DocumentRecord:
        record = await self._manager.store.catalog.find_document(call.doc_id)
        if record is None:
            raise NoSuchDocument(f"there is no document {call.doc_id!r}")
        return record
