"""The browser client: its two pages and its assets.

Assets are served by ServeStatic, the maintained successor of WhiteNoise: it knows every file at the
start, so no path leads out of the folder, and does entity tags, 304, HEAD and ranges. Bundles with
a content hash in their name are cached for ever, everything else is asked for again.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from servestatic import ServeStaticASGI

from ..asgi.routing import BaseRoute, Mount, Route
from ..asgi.types import ASGIApp
from ..resources import resource_folder

__all__ = ["page_routes"]

# As scripts/bundle.mjs names them.
_HASHED = re.compile(r"/vendor/[^/]+-[0-9A-Z]{8}\.js$")


def page_routes() -> list[BaseRoute]:
    """`/`, `/documents/{doc_id}` and `/static/…`."""
    folder = resource_folder("static")
    files = Files(folder)
    return [
        Route("/", files.page("index.html")),
        Route("/documents/{doc_id}", files.page("editor.html")),
        Mount("/static", app=files),
    ]


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
        await self._files({**scope, "path": f"/{self._name}", "root_path": ""}, receive, send)
