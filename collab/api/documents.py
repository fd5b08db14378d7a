"""The HTTP API of documents: read the request, ask the manager or the store, answer."""

from __future__ import annotations

import secrets
from functools import partial
from typing import Any

import msgspec

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..auth import Access, Role, User, check_origin, may_create, permitted
from ..auth.texts import check_text
from ..documents.titles import MAX_TITLE, check_title
from ..errors import Forbidden, InvalidRequest, NoSuchDocument, VersionGone
from ..manager import DocumentManager
from ..sessions.join import check_doc_id
from ..storage import DocumentRecord, OperationRecord
from ..storage.documents import MAX_SEARCH
from .deleted import knows_deleted
from .json import Resource, json_response, read_json, resource, timestamp
from .listing import list_page
from .parts import content_response, is_among, large_response, unchanged_response

__all__ = ["MAX_TITLE", "DocumentsAPI"]

MAX_BODY_BYTES = 64 * 1024
PAGE_DEFAULT = 50
MAX_PAGE = 1000


class DocumentsAPI:
    """Routes under `/api/documents`."""

    def __init__(self, manager: DocumentManager, access: Access) -> None:
        self._manager = manager
        self._access = access

    def routes(self) -> list[Resource]:
        one = "/api/documents/{doc_id}"
        of_one = partial(knows_deleted, self._manager.store)
        return [
            resource("/api/documents", GET=self.list_documents, POST=self.create_document),
            resource(
                one,
                GET=of_one(self.read_document),
                PATCH=of_one(self.rename_document),
                DELETE=of_one(self.delete_document),
            ),
            resource(f"{one}/operations", GET=of_one(self.list_operations)),
            resource(f"{one}/restore", POST=of_one(self.restore_document)),
            resource("/api/{path:path}"),
        ]

    async def _permitted(self, request: Request, needed: Role) -> str:
        """The document's id, if the user has the role that is needed on it."""
        user = await self._user(request)
        doc_id = _doc_id(request)
        await permitted(self._access, user, doc_id, needed)
        return doc_id

    async def _user(self, request: Request) -> User:
        if request.method not in ("GET", "HEAD"):
            check_origin(request, self._manager.settings.allowed_origins)
        return await self._access.user(request)

    async def list_documents(self, request: Request) -> Response:
        """A page may hold fewer than `limit` where a host is asked about each document."""
        user = await self._user(request)
        query = request.query_params
        search = query.get("search", "")
        # Databases end a text where it holds a NUL, so that all would be found.
        check_text("search", search, MAX_SEARCH)
        documents, following = await list_page(
            self._manager.store,
            user,
            await self._access.seen(user),
            search=search,
            limit=_number(request, "limit", PAGE_DEFAULT, 1, MAX_PAGE),
            after=query.get("after"),
        )
        page = {"documents": [_entry(each) for each in documents], "next": following}
        return large_response(self._manager.unread, page)

    async def create_document(self, request: Request) -> Response:
        user = await self._user(request)
        body = await read_json(request, MAX_BODY_BYTES)
        _known(body, "doc_id", "doc_type", "title")
        doc_id = _text(body, "doc_id", "") or secrets.token_urlsafe(9)
        title = _title(body)
        doc_type = _text(body, "doc_type", "text")
        role = await self._access.role(user, check_doc_id(doc_id))
        if not may_create(user, role, self._manager.settings.users_may_create):
            raise Forbidden(f"{user.user_id!r} may not create the document {doc_id!r}")
        self._manager.budgets.count_creation(request.scope, user)
        owner = user.user_id if self._access.creator_owns else None
        record = await self._manager.create_document(doc_id, doc_type, title, owner)
        return json_response(_entry(record), 201)

    async def read_document(self, request: Request) -> Response:
        doc_id = await self._permitted(request, "viewer")
        version = _optional_number(request, "version")
        known = request.headers.get("if-none-match")
        record, at, content = await self._manager.read_content(
            doc_id, version, lambda record, version: is_among(_tag(record, version), known)
        )
        tag = _tag(record, at)
        if content is None:
            return unchanged_response(tag)
        about = {**_entry(record), "version": at}
        return content_response(self._manager.unread, about, content, tag)

    async def rename_document(self, request: Request) -> Response:
        doc_id = await self._permitted(request, "editor")
        body = await read_json(request, MAX_BODY_BYTES)
        _known(body, "title")
        if "title" not in body:
            raise InvalidRequest("field 'title' is missing")
        record = await self._manager.store.catalog.rename_document(doc_id, _title(body))
        return json_response(_entry(record))

    async def delete_document(self, request: Request) -> Response:
        await self._manager.delete_document(await self._permitted(request, "owner"))
        return Response(status_code=204)

    async def restore_document(self, request: Request) -> Response:
        user = await self._user(request)
        doc_id = _doc_id(request)
        await permitted(self._access, user, doc_id, "editor")
        body = await read_json(request, MAX_BODY_BYTES)
        _known(body, "version")
        with self._manager.budgets.restore(request.scope, user) as allowance:
            version = await self._manager.restore_document(
                doc_id, _version(body), user.user_id, allowance
            )
        return json_response({"doc_id": doc_id, "version": version})

    async def list_operations(self, request: Request) -> Response:
        doc_id = await self._permitted(request, "viewer")
        after = _number(request, "after", 0, 0)
        limit = _number(request, "limit", 100, 1, MAX_PAGE)
        store = self._manager.store
        record = await store.catalog.find_document(doc_id)
        if record is None:
            raise NoSuchDocument(f"there is no document {doc_id!r}")
        if after < record.compacted_version:
            raise VersionGone(
                f"the operations up to {record.compacted_version} are no longer kept: "
                f"got after={after}, expected {record.compacted_version} or more"
            )
        operations = await store.operations.read(record.key, after, limit)
        page = {"operations": [_operation(each) for each in operations]}
        return large_response(self._manager.unread, page)


def _entry(record: DocumentRecord) -> dict[str, Any]:
    return {
        "doc_id": record.doc_id,
        "doc_type": record.doc_type,
        "title": record.title,
        "version": record.version,
        "created_at": timestamp(record.created_at),
        "updated_at": timestamp(record.updated_at),
    }


def _tag(record: DocumentRecord, version: int) -> str:
    """Names an answer with a document's content. A new title changes `updated_at`."""
    return f'"{record.epoch}.{version}.{record.updated_at!r}"'


def _operation(record: OperationRecord) -> dict[str, Any]:
    return {
        "version": record.version,
        "operation": msgspec.Raw(record.operation.encode()),
        "client_id": record.client_id,
        "id": record.client_edit_id,
        "user_id": record.user_id,
        "created_at": timestamp(record.created_at),
    }


def _doc_id(request: Request) -> str:
    return check_doc_id(str(request.path_params["doc_id"]))


def _known(body: dict[str, Any], *fields: str) -> None:
    for field in body:
        if field not in fields:
            raise InvalidRequest(
                f"got the unknown field '{field[:40]}': expected {', '.join(fields)}"
            )


def _text(body: dict[str, Any], field: str, default: str) -> str:
    value = body.get(field, default)
    if not isinstance(value, str):
        raise InvalidRequest(f"field '{field}' is a {type(value).__name__}: expected a text")
    return value


def _version(body: dict[str, Any]) -> int:
    version = body.get("version")
    if type(version) is not int or not 0 <= version < 2**53:
        raise InvalidRequest("field 'version' must be given: a whole number from 0")
    return version


def _title(body: dict[str, Any]) -> str:
    return check_title(_text(body, "title", ""))


def _optional_number(request: Request, parameter: str) -> int | None:
    if parameter not in request.query_params:
        return None
    return _number(request, parameter, 0, 0)


def _number(
    request: Request, parameter: str, default: int, minimum: int, maximum: int = 2**53 - 1
) -> int:
    text = request.query_params.get(parameter)
    if text is None:
        return default
    if not (text.isascii() and text.isdecimal() and len(text) <= 16):
        raise InvalidRequest(f"got {parameter}={text[:40]!r}: expected a whole number")
    number = int(text)
    if not minimum <= number <= maximum:
        raise InvalidRequest(f"got {parameter}={number}: expected {minimum} to {maximum}")
    return number
