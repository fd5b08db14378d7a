"""The HTTP API for pages of other origins: CORS, as the Fetch standard has it."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from ..asgi.headers import Headers, MutableHeaders
from ..asgi.responses import Response
from ..asgi.types import ASGIApp, Message, Receive, Scope, Send
from ..errors import CollabError, Forbidden, MethodNotAllowed
from .json import error_response
from .resources import Resource

__all__ = ["CrossOrigin"]

EVERY_ORIGIN = "*"
ALLOWED_HEADERS = "Authorization, Content-Type, If-None-Match"
EXPOSED_HEADERS = "ETag, Retry-After"
PREFLIGHT_SECONDS = 600
"""For so long a browser need not ask again."""


class CrossOrigin:
    """Lets pages of the `allowed` origins call routes, and read what is answered.

    An origin that is listed may send cookies along. `*` lets every origin in, without cookies: a
    page that anybody made must not act as the user who looks at it.
    """

    def __init__(self, allowed: Collection[str]) -> None:
        self._listed = frozenset(allowed) - {EVERY_ORIGIN}
        self._is_for_all = EVERY_ORIGIN in allowed

    def open(self, routes: Iterable[Resource]) -> list[Resource]:
        """These routes, whose endpoints such pages may call unless they are for the same host."""
        opened = list(routes)
        for route in opened:
            every = route.endpoints
            theirs = [method for method, endpoint in every.items() if not endpoint.same_host]
            route.app = self._around(route.app, sorted(theirs), sorted(every))
        return opened

    def _around(self, app: ASGIApp, methods: list[str], all_methods: list[str]) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            headers = Headers(scope=scope)
            asked = headers.get("access-control-request-method")
            origin = headers.get("origin")

            async def send_shared(message: Message) -> None:
                await send(self._shared(message, origin))

            if scope["method"] == "OPTIONS" and origin is not None and asked is not None:
                preflight = self._preflight(origin, asked, methods, all_methods)
                await preflight(scope, receive, send_shared)
            else:
                await app(scope, receive, send_shared)

        return answer

    def _preflight(
        self, origin: str, asked: str, methods: list[str], all_methods: list[str]
    ) -> Response:
        try:
            self._check(origin, asked, methods, all_methods)
        except CollabError as error:
            return error_response(error)
        return Response(
            status_code=204,
            headers={
                "access-control-allow-methods": ", ".join(methods),
                "access-control-allow-headers": ALLOWED_HEADERS,
                "access-control-max-age": str(PREFLIGHT_SECONDS),
            },
        )

    def _check(self, origin: str, asked: str, methods: list[str], all_methods: list[str]) -> None:
        if not self._allows(origin):
            raise Forbidden(
                f"a page of the origin {origin[:100]!r} may not do this: "
                "the setting allowed_origins lists those that may"
            )
        if asked in methods:
            return
        if asked in all_methods:
            raise Forbidden(f"{asked} is for pages of the same host only")
        raise MethodNotAllowed(f"got {asked[:40]}, expected one of {', '.join(methods)}")

    def _allows(self, origin: str) -> bool:
        return self._is_for_all or origin in self._listed

    def _shared(self, message: Message, origin: str | None) -> Message:
        if message["type"] != "http.response.start" or not (self._listed or self._is_for_all):
            return message
        headers = MutableHeaders(raw=list(message.get("headers", ())))
        if self._listed:
            headers.add_vary_header("Origin")
        if origin is not None and self._allows(origin):
            is_listed = origin in self._listed
            headers["access-control-allow-origin"] = origin if is_listed else EVERY_ORIGIN
            headers["access-control-expose-headers"] = EXPOSED_HEADERS
            if is_listed:
                headers["access-control-allow-credentials"] = "true"
        return {**message, "headers": headers.raw}
