"""The HTTP API of documents: ask the manager or the store, answer."""

from __future__ import annotations

import secrets

from ..asgi.responses import Response
from ..auth import Access, may_create
from ..auth.texts import check_text
from ..documents.titles import check_title
from ..errors import DocumentExists, Forbidden, VersionGone, WrongDocType
from ..manager import DocumentManager
from ..sessions.join import check_doc_id
from ..storage import DocumentRecord
from ..storage.documents import MAX_SEARCH
from .endpoints import Call, Endpoint, Nothing
from .json import json_response
from .listing import list_page
from .parts import content_response, is_among, large_response, unchanged_response
from .schemas import (
    ContentQuery,
    Document,
    DocumentPage,
    DocumentQuery,
    DocumentWithContent,
    NewDocument,
    NewTitle,
    Restore,
    Restored,
)

__all__ = ["DocumentsAPI"]


class DocumentsAPI:
    """Endpoints under `/api/documents`."""

    def __init__(self, manager: DocumentManager, access: Access) -> None:
        self._manager = manager
        self._access = access

    def endpoints(self) -> list[Endpoint]:
        every, one = "/api/documents", "/api/documents/{doc_id}"
        return [
            Endpoint(
                method="GET",
                path=every,
                handler=self.list_documents,
                query=DocumentQuery,
                answers={200: DocumentPage},
            ),
            Endpoint(
                method="POST",
                path=every,
                handler=self.create_document,
                body=NewDocument,
                answers={201: Document},
                errors=(Forbidden, DocumentExists, WrongDocType),
            ),
            Endpoint(
                method="GET",
                path=one,
                handler=self.read_document,
                needs="viewer",
                query=ContentQuery,
                answers={200: DocumentWithContent, 304: Nothing},
            ),
            Endpoint(
                method="PATCH",
                path=one,
                handler=self.rename_document,
                needs="editor",
                body=NewTitle,
                answers={200: Document},
            ),
            Endpoint(
                method="DELETE",
                path=one,
                handler=self.delete_document,
                needs="owner",
                answers={204: Nothing},
            ),
            Endpoint(
                method="POST",
                path=f"{one}/restore",
                handler=self.restore_document,
                needs="editor",
                body=Restore,
                answers={200: Restored},
                errors=(VersionGone,),
            ),
        ]

    async def list_documents(self, call: Call[DocumentQuery, Nothing]) -> Response:
        """The documents that the user may see, the last changed first.

        A page may hold fewer than `limit` where a host is asked about each document.
        """
        query = call.query
        # Databases end a text where it holds a NUL, so that all would be found.
        check_text("search", query.search, MAX_SEARCH)
        documents, following = await list_page(
            self._manager.store,
            call.user,
            await self._access.seen(call.user),
            search=query.search,
            limit=query.limit,
            after=query.after,
        )
        page = DocumentPage([Document.of(each) for each in documents], following)
        return large_response(self._manager.unread, page)

    async def create_document(self, call: Call[Nothing, NewDocument]) -> Response:
        """Create a document.

        Who creates a document owns it, unless a host decides.
        """
        user, new = call.user, call.body
        doc_id = new.doc_id or secrets.token_urlsafe(9)
        title = check_title(new.title)
        role = await self._access.role(user, check_doc_id(doc_id))
        if not may_create(user, role, self._manager.settings.users_may_create):
            raise Forbidden(f"{user.user_id!r} may not create the document {doc_id!r}")
        self._manager.budgets.count_creation(call.request.scope, user)
        owner = user.user_id if self._access.creator_owns else None
        record = await self._manager.create_document(doc_id, new.doc_type, title, owner)
        return json_response(Document.of(record), 201)

    async def read_document(self, call: Call[ContentQuery, Nothing]) -> Response:
        """A document with its content, as it is or as it was at a version."""
        known = call.request.headers.get("if-none-match")
        record, at, content = await self._manager.read_content(
            call.doc_id,
            call.query.version,
            lambda record, version: is_among(_tag(record, version), known),
        )
        tag = _tag(record, at)
        if content is None:
            return unchanged_response(tag)
        return content_response(self._manager.unread, Document.of(record, at), content, tag)

    async def rename_document(self, call: Call[Nothing, NewTitle]) -> Response:
        """Give a document another title. That changes no version."""
        title = check_title(call.body.title)
        record = await self._manager.store.catalog.rename_document(call.doc_id, title)
        return json_response(Document.of(record))

    async def delete_document(self, call: Call[Nothing, Nothing]) -> Response:
        """Delete a document with its history. Its id is remembered for some time."""
        await self._manager.delete_document(call.doc_id)
        return Response(status_code=204)

    async def restore_document(self, call: Call[Nothing, Restore]) -> Response:
        """Restore the content of an old version, by an edit of the user."""
        doc_id, user = call.doc_id, call.user
        with self._manager.budgets.restore(call.request.scope, user) as allowance:
            version = await self._manager.restore_document(
                doc_id, call.body.version, user.user_id, allowance
            )
        return json_response(Restored(doc_id, version))


def _tag(record: DocumentRecord, version: int) -> str:
    """Names an answer with a document's content. A new title changes `updated_at`."""
    return f'"{record.epoch}.{version}.{record.updated_at!r}"'
