"""The page that a browser is shown where there is none, with a way back to the documents."""

from __future__ import annotations

from pathlib import Path

from ..asgi.headers import Headers
from ..asgi.responses import Response
from ..asgi.types import ASGIApp, Receive, Scope, Send
from ..asgi.url import get_route_path
from .security import PAGE_POLICY

__all__ = ["MissingPage", "is_for_people", "missing_address"]

# Programs ask here, and read errors as JSON.
_NOT_PAGES = ("/api/", "/ws/", "/static/", "/healthz/", "/readyz/", "/metrics/")


class MissingPage:
    """An ASGI application that answers 404 with a page.

    Args:
        file: of the page, which names everything by `../`, the root of the application as seen from
            an address with two parts.
    """

    def __init__(self, file: Path) -> None:
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # It is small, and there may be another one where the sources are served.
        page = self._file.read_text("utf-8").replace('="../', f'="{_way_to_root(scope)}')
        headers = {"content-security-policy": PAGE_POLICY, "cache-control": "no-store"}
        response = Response(page, 404, headers, media_type="text/html")
        await response(scope, receive, send)


def missing_address(page: MissingPage, unknown: ASGIApp) -> ASGIApp:
    """An ASGI application that answers a browser with `page`, and everybody else with `unknown`."""

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        await (page if is_for_people(scope) else unknown)(scope, receive, send)

    return answer


def is_for_people(scope: Scope) -> bool:
    """Whether a browser asks for a page: programs read errors as JSON."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    if f"{get_route_path(scope)}/".startswith(_NOT_PAGES):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


def _way_to_root(scope: Scope) -> str:
    """A relative one: whoever is in front of the application may have mounted it anywhere.

    A browser counts the slashes of the address as it was sent.
    """
    sent: bytes = scope.get("raw_path") or scope["path"].encode()
    mounted = scope.get("root_path", "").count("/") if scope["path"] != get_route_path(scope) else 0
    return "./" + "../" * (sent.split(b"?")[0].count(b"/") - mounted - 1)
