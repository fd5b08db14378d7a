"""The HTTP API of who may do what on a document; its owners' only."""

from __future__ import annotations

from functools import partial
from typing import Any

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..auth import Access, Role, check_origin, permitted
from ..auth.user import ROLES, is_role
from ..errors import Forbidden, InvalidRequest, NoSuchDocument, NoSuchResource
from ..manager import DocumentManager
from ..sessions.join import check_doc_id
from ..storage import DocumentRecord, GrantRecord, LinkRecord
from .deleted import knows_deleted
from .json import Resource, json_response, read_json, resource, shown, timestamp
from .sharing import make_link
from .user_ids import USER_ID, user_id_of

__all__ = ["GrantsAPI"]

MAX_BODY_BYTES = 4096
MAX_LIFETIME_SECONDS = 10 * 365 * 86400


class GrantsAPI:
    """Routes under `/api/documents/{doc_id}/access`.

    A change takes effect at once on connections that are open.

    Args:
        is_open: in open mode everybody may do everything, so that a grant or a link would say
            what is not so: neither is made, and those of other times can be listed and removed.
    """

    def __init__(self, manager: DocumentManager, access: Access, *, is_open: bool) -> None:
        self._is_open = is_open
        self._manager = manager
        self._access = access

    def routes(self) -> list[Resource]:
        one = "/api/documents/{doc_id}/access"
        of_one = partial(knows_deleted, self._manager.store)
        grants = {"PUT": of_one(self.set_grant), "DELETE": of_one(self.remove_grant)}
        return [
            resource(one, GET=of_one(self.list_access)),
            resource(f"{one}/users", **grants),
            resource(f"{one}/users/{{{USER_ID}}}", **grants),
            resource(f"{one}/links", POST=of_one(self.add_link)),
            resource(f"{one}/links/{{link_id}}", DELETE=of_one(self.remove_link)),
        ]

    async def list_access(self, request: Request) -> Response:
        record = await self._owned(request)
        grants = await self._manager.store.grants.list_grants(record.key)
        links = await self._manager.store.grants.list_links(record.key)
        return json_response(
            {"users": [_grant(each) for each in grants], "links": [_link(each) for each in links]}
        )

    async def set_grant(self, request: Request) -> Response:
        record = await self._owned(request)
        self._check_mode()
        body = await read_json(request, MAX_BODY_BYTES)
        _known(body, "role")
        user_id = user_id_of(request)
        maximum = self._manager.settings.max_document_grants
        grant = await self._manager.store.grants.set_grant(
            record.key, user_id, _role(body), maximum
        )
        await self._manager.reauthorize(record.doc_id, self._access.role)
        return json_response(_grant(grant))

    async def remove_grant(self, request: Request) -> Response:
        record = await self._owned(request)
        user_id = user_id_of(request)
        if not await self._manager.store.grants.remove_grant(record.key, user_id):
            raise NoSuchResource(f"user {user_id!r} has no grant on this document")
        await self._manager.reauthorize(record.doc_id, self._access.role)
        return Response(status_code=204)

    async def add_link(self, request: Request) -> Response:
        record = await self._owned(request)
        self._check_mode()
        body = await read_json(request, MAX_BODY_BYTES)
        _known(body, "role", "lifetime_seconds")
        text, link = make_link(record.key, _role(body), _lifetime(body))
        maximum = self._manager.settings.max_document_links
        await self._manager.store.grants.add_link(link, maximum)
        return json_response({**_link(link), "link": text}, 201)

    async def remove_link(self, request: Request) -> Response:
        record = await self._owned(request)
        if not await self._manager.store.grants.remove_link(
            record.key, request.path_params["link_id"]
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

    async def _owned(self, request: Request) -> DocumentRecord:
        """The document, if the user owns it."""
        if request.method not in ("GET", "HEAD"):
            check_origin(request, self._manager.settings.allowed_origins)
        user = await self._access.user(request)
        doc_id = check_doc_id(request.path_params["doc_id"])
        await permitted(self._access, user, doc_id, "owner")
        record = await self._manager.store.catalog.find_document(doc_id)
        if record is None:
            raise NoSuchDocument(f"there is no document {doc_id!r}")
        return record


def _grant(grant: GrantRecord) -> dict[str, Any]:
    return {
        "user_id": grant.user_id,
        "role": grant.role,
        "created_at": timestamp(grant.created_at),
    }


def _link(link: LinkRecord) -> dict[str, Any]:
    expires_at = None if link.expires_at is None else timestamp(link.expires_at)
    return {
        "link_id": link.link_id,
        "role": link.role,
        "created_at": timestamp(link.created_at),
        "expires_at": expires_at,
    }


def _known(body: dict[str, Any], *fields: str) -> None:
    for field in body:
        if field not in fields:
            raise InvalidRequest(f"got the field '{field[:40]}': expected {', '.join(fields)}")


def _role(body: dict[str, Any]) -> Role:
    role = body.get("role")
    if not is_role(role):
        raise InvalidRequest(f"got the role {shown(role)}: expected one of {', '.join(ROLES)}")
    return role


def _lifetime(body: dict[str, Any]) -> float | None:
    seconds = body.get("lifetime_seconds")
    if seconds is None:
        return None
    if type(seconds) not in (int, float) or not 0 < seconds <= MAX_LIFETIME_SECONDS:
        raise InvalidRequest(
            f"got lifetime_seconds {shown(seconds)}: expected a number above 0, "
            f"at most {MAX_LIFETIME_SECONDS}, or null for ever"
        )
    return float(seconds)
