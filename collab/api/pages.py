"""The browser client: the page of documents, one for each type of document, and their assets.

Assets are served by ServeStatic, the maintained successor of WhiteNoise: it knows every file at the
start (unless `static_sources` is set, for working on them), so no path leads out of the folder, and
does entity tags, 304, HEAD, ranges and compressed forms. What has the version in its address, or a
content hash in its name, is cached for ever; everything else is asked for again. Another version
than this server's is not there, so that no page is put together from two.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from ..asgi.requests import Request
from ..asgi.routing import BaseRoute, Mount, Route
from ..asgi.types import ASGIApp, Send
from ..auth import Access, permitted
from ..errors import (
    Forbidden,
    InvalidRequest,
    MethodNotAllowed,
    RateLimited,
    StorageError,
    Unauthorized,
)
from ..manager import DocumentManager
from ..sessions.join import check_doc_id
from .assets import BUILT, PAGE_SUFFIX, Assets, packaged_assets
from .json import error_response
from .missing import MissingPage, is_for_people, missing_address
from .rate_limit import RequestRates
from .security import PAGE_POLICY

__all__ = ["Pages"]

PAGES = {"text": "editor.html", "richtext": "richtext.html", "json": "board.html"}
"""The page of each type of document."""

NO_PAGE = "other.html"
MISSING_PAGE = "missing.html"
METHODS = ("GET", "HEAD")
IMMUTABLE = b"max-age=31536000, public, immutable"


class Pages:
    """`/`, `/sign-in` and `/documents/{doc_id}`, as often as may be, and `/static/…`.

    Attributes:
        unknown: an ASGI application that answers where there is nothing.

    Args:
        unknown: answers so to who asks for no page.
    """

    def __init__(
        self, manager: DocumentManager, access: Access, rates: RequestRates, unknown: ASGIApp
    ) -> None:
        assets = packaged_assets(sources=manager.settings.static_sources)
        self._files = Files(assets, unknown)
        self._missing = MissingPage(self._files.path_of(MISSING_PAGE))
        self._documents = DocumentPage(self._files, self._missing, manager, access)
        self._rates = rates
        self.unknown = missing_address(self._missing, unknown)

    def routes(self) -> list[BaseRoute]:
        pages = [
            Route("/", self._files.page("index.html")),
            Route("/sign-in", self._files.page("sign_in.html")),
            Route("/documents/{doc_id}", self._documents),
        ]
        return [*self._rates.limit(pages), Mount("/static", app=self._rates.pace(self._files))]


class DocumentPage:
    """An ASGI application that serves the page of a document's type.

    A document that isn't there yet is of the type that `?doc_type=…` says, else a text: its page
    creates it. What somebody may not see looks as if it weren't there. No document can have an id
    that is none: `missing` answers.
    """

    def __init__(
        self, files: Files, missing: ASGIApp, manager: DocumentManager, access: Access
    ) -> None:
        self._missing = missing
        self._pages = {name: files.page(name) for name in (*PAGES.values(), NO_PAGE)}
        self._manager = manager
        self._access = access

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        try:
            doc_id = check_doc_id(request.path_params["doc_id"])
        except InvalidRequest as error:
            answer = self._missing if is_for_people(scope) else error_response(error)
            await answer(scope, receive, send)
            return
        try:
            doc_type = await self._type_of(request, doc_id)
        except (StorageError, RateLimited) as error:
            await error_response(error)(scope, receive, send)
            return
        await self._pages[PAGES.get(doc_type, NO_PAGE)](scope, receive, send)

    async def _type_of(self, request: Request, doc_id: str) -> str:
        asked: str = request.query_params.get("doc_type", "text")
        try:
            await permitted(self._access, await self._access.user(request), doc_id, "viewer")
        except (InvalidRequest, Unauthorized, Forbidden):
            return asked
        record = await self._manager.store.catalog.find_document(doc_id)
        return record.doc_type if record else asked


class Files:
    """An ASGI application that serves a folder; paths are relative to where it is mounted.

    Pages are not among what it serves: each has its own address, where it comes with its policy.
    """

    def __init__(self, assets: Assets, unknown: ASGIApp) -> None:
        self._unknown = unknown
        self._folder = assets.folder
        self._pages = "" if assets.version is None else f"/{BUILT}"
        self._version = assets.version
        self._serve = assets.application

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked = scope["path"].removeprefix(scope.get("root_path", ""))
        path = self._without_version(asked)
        if scope["type"] != "http" or path.endswith(PAGE_SUFFIX) or not self._has(path):
            await self._unknown(scope, receive, send)
            return
        if path != asked and scope["method"] in METHODS:
            send = with_header(send, b"cache-control", IMMUTABLE)
        await self._answer(path, scope, receive, send)

    def _without_version(self, path: str) -> str:
        """The path of the file, where it is asked for by this version."""
        return path if self._version is None else path.removeprefix(f"/@{self._version}")

    def _has(self, path: str) -> bool:
        if self._serve.autorefresh:
            return self._serve.find_file(path) is not None
        return path in self._serve.files

    async def _answer(self, path: str, scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] not in METHODS:
            response = error_response(
                MethodNotAllowed(f"got {scope['method'][:40]}, expected GET or HEAD")
            )
            response.headers["allow"] = ", ".join(METHODS)
            await response(scope, receive, send)
        else:
            await self._serve({**scope, "path": path, "root_path": ""}, receive, send)

    def path_of(self, name: str) -> Path:
        """The file of a page."""
        return self._folder / self._pages.removeprefix("/") / name

    def page(self, name: str) -> ASGIApp:
        """An ASGI application that serves one page, whatever the path, with its policy."""
        return Page(self._answer, f"{self._pages}/{name}")


class Page:
    def __init__(self, answer: Callable[..., Awaitable[None]], path: str) -> None:
        self._answer = answer
        self._path = path

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        with_policy = with_header(send, b"content-security-policy", PAGE_POLICY.encode())
        await self._answer(self._path, scope, receive, with_policy)


def with_header(send: Send, name: bytes, value: bytes) -> Send:
    """`send`, with this header in the answer in place of its own."""

    async def send_changed(message: Any) -> None:
        if message["type"] == "http.response.start":
            others = [header for header in message["headers"] if header[0] != name]
            message = {**message, "headers": [*others, (name, value)]}
        await send(message)

    return send_changed
