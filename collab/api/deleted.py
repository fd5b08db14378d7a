"""A document that was deleted is another thing than one that never was."""

from __future__ import annotations

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..errors import DocumentDeleted, NoSuchDocument
from ..storage import Store
from .json import Handler

__all__ = ["knows_deleted"]


def knows_deleted(store: Store, handler: Handler) -> Handler:
    """A handler of a route of one document that says of one that was deleted that it was.

    What it wraps has looked before whether the user may know of the document at all.
    """

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except NoSuchDocument:
            doc_id = request.path_params["doc_id"]
            if await store.catalog.was_deleted(doc_id):
                raise DocumentDeleted(f"the document {doc_id!r} was deleted") from None
            raise

    return answer
