"""The browser client: the page of documents, one for each type of document, and their assets.

Assets are served by ServeStatic, the maintained successor of WhiteNoise: it knows every file at the
start, so no path leads out of the folder, and does entity tags, 304, HEAD and ranges. Bundles with
a content hash in their name are cached for ever, everything else is asked for again.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from servestatic import ServeStaticASGI

from ..asgi.requests import Request
from ..asgi.routing import BaseRoute, Mount, Route
from ..asgi.types import ASGIApp
from ..auth import Access, permitted
from ..documents import DocumentManager
from ..documents.join import check_doc_id
from ..errors import Forbidden, InvalidRequest, RateLimited, StorageError, Unauthorized
from ..resources import resource_folder
from .answers import error_response
from .rates import RequestRates

__all__ = ["page_routes"]

# As scripts/bundle.mjs names them.
_HASHED = re.compile(r"/vendor/[^/]+-[0-9A-Z]{8}\.js\Z")


PAGES = {"text": "editor.html", "richtext": "richtext.html", "json": "board.html"}
"""The page of each type of document."""

NO_PAGE = "other.html"

# No inline script or style, nothing from elsewhere but pictures that a document names.
POLICY = (
    "default-src 'self'; img-src 'self' data: https: http:; object-src 'none'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'"
)
SECURITY_HEADERS = [
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]


def page_routes(manager: DocumentManager, access: Access, rates: RequestRates) -> list[BaseRoute]:
    """`/`, `/sign-in` and `/documents/{doc_id}`, as often as may be, and `/static/…`."""
    files = Files(resource_folder("static"))
    pages = [
        Route("/", files.page("index.html")),
        Route("/sign-in", files.page("sign_in.html")),
        Route("/documents/{doc_id}", DocumentPage(files, manager, access)),
    ]
    return [*rates.limit(pages), Mount("/static", app=files)]


class DocumentPage:
    """An ASGI application that serves the page of a document's type.

    A document that isn't there yet is of the type that `?doc_type=…` says, else a text: its page
    creates it. What somebody may not see looks as if it weren't there.
    """

    def __init__(self, files: Files, manager: DocumentManager, access: Access) -> None:
        self._pages = {name: files.page(name) for name in (*PAGES.values(), NO_PAGE)}
        self._manager = manager
        self._access = access

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        try:
            doc_type = await self._type_of(request)
        except (StorageError, RateLimited) as error:
            await error_response(error)(scope, receive, send)
            return
        await self._pages[PAGES.get(doc_type, NO_PAGE)](scope, receive, send)

    async def _type_of(self, request: Request) -> str:
        asked: str = request.query_params.get("doc_type", "text")
        try:
            doc_id = check_doc_id(request.path_params["doc_id"])
            await permitted(self._access, await self._access.user(request), doc_id, "viewer")
        except (InvalidRequest, Unauthorized, Forbidden):
            return asked
        record = await self._manager.repository.find_document(doc_id)
        return record.doc_type if record else asked


class Files:
    """An ASGI application that serves a folder; paths are relative to where it is mounted."""

    def __init__(self, folder: Path) -> None:
        self._serve: Any = ServeStaticASGI(
            None,
            root=folder,
            max_age=0,
            charset="utf-8",
            immutable_file_test=lambda path, url: bool(_HASHED.search(url)),
        )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        await self._serve({**scope, "path": path, "root_path": ""}, receive, send)

    def page(self, name: str) -> ASGIApp:
        """An ASGI application that serves one file, whatever the path."""
        return Page(self, name)


class Page:
    def __init__(self, files: Files, name: str) -> None:
        self._files = files
        self._name = name

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async def send_secured(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *SECURITY_HEADERS]}
            await send(message)

        page = {**scope, "path": f"/{self._name}", "root_path": ""}
        await self._files(page, receive, send_secured)
