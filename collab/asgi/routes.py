"""A route: HTTP or a WebSocket at a path pattern, answered by an endpoint."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable, Collection, Sequence
from enum import Enum
from typing import Any, ClassVar, Literal

from .concurrency import is_async_callable, run_in_threadpool
from .datastructures import URLPath
from .exceptions import HTTPException
from .middleware import Middleware, wrap
from .middleware.exceptions import HANDLERS, answer_exception, handle_exceptions
from .naming import no_match
from .paths import compile_path
from .requests import Request
from .responses import PlainTextResponse, Response
from .types import ASGIApp, Receive, Scope, Send
from .url import get_route_path
from .websockets import WebSocket, WebSocketClose

__all__ = [
    "BaseRoute",
    "Match",
    "Route",
    "WebSocketRoute",
    "not_found",
    "request_response",
    "websocket_session",
]


class Match(Enum):
    """PARTIAL: the path matches, the method does not."""

    NONE = 0
    PARTIAL = 1
    FULL = 2


def request_response(func: Callable[..., Awaitable[Response] | Response]) -> ASGIApp:
    """Make an ASGI application of `func(request) -> response`; a plain function runs in the thread
    pool."""
    call: Any = func if is_async_callable(func) else functools.partial(run_in_threadpool, func)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            response = await call(request)
            await response(scope, receive, send)

        await handle_exceptions(respond, request, scope, receive, send)

    return app


def websocket_session(func: Callable[..., Awaitable[None]]) -> ASGIApp:
    """Make an ASGI application of `async func(websocket)`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)
        try:
            await func(websocket)
        except Exception as error:
            await answer_exception(error, websocket, scope, receive, send)

    return app


class BaseRoute:
    """Base of everything that a router contains. Called itself, it serves only this route."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return how far the scope matches, and the keys to add to it."""
        raise NotImplementedError

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Raises NoMatchFound if the name or the parameters differ from this route's."""
        raise NotImplementedError

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match, child_scope = self.matches(scope)
        if match is Match.NONE:
            return await not_found(scope, receive, send)
        scope.update(child_scope)
        return await self.handle(scope, receive, send)


class _Endpoint(BaseRoute):
    """Base of Route and WebSocketRoute: one endpoint at one path pattern."""

    protocol: ClassVar[Literal["http", "websocket"]]

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        name: str | None,
        adapt: Callable[[Callable[..., Any]], ASGIApp],
        middleware: Sequence[Middleware] | None,
    ) -> None:
        assert path.startswith("/"), f"Expected a path that starts with '/', got {path!r}."
        self.path = path
        self.endpoint = endpoint
        self.name = getattr(endpoint, "__name__", type(endpoint).__name__) if name is None else name
        # A class is already an ASGI application.
        self.app = wrap(adapt(endpoint) if _is_function(endpoint) else endpoint, middleware or ())
        self.pattern = compile_path(path)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] != self.protocol:
            return Match.NONE, {}
        params = self.pattern.match(get_route_path(scope))
        if params is None:
            return Match.NONE, {}
        path_params = {**scope.get("path_params", {}), **params}
        return Match.FULL, {"endpoint": self.endpoint, "path_params": path_params}

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        if name != self.name or path_params.keys() != self.pattern.convertors.keys():
            no_match(name, path_params)
        return URLPath(self.pattern.fill(path_params), protocol=self.protocol)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Route(_Endpoint):
    """HTTP at a path. `endpoint` is `func(request) -> response`, or an ASGI class.

    `methods` defaults to GET for a function and to all methods for a class. GET includes HEAD.
    """

    protocol = "http"

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
        middleware: Sequence[Middleware] | None = None,
    ) -> None:
        super().__init__(path, endpoint, name, request_response, middleware)
        self.include_in_schema = include_in_schema
        if methods is None and _is_function(endpoint):
            methods = ["GET"]
        self.methods = None if methods is None else {method.upper() for method in methods}
        if self.methods and "GET" in self.methods:
            self.methods.add("HEAD")

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child_scope = super().matches(scope)
        if match is Match.FULL and not self._allows(scope):
            return Match.PARTIAL, child_scope
        return match, child_scope

    def _allows(self, scope: Scope) -> bool:
        return not self.methods or scope["method"] in self.methods

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._allows(scope):
            return await self.app(scope, receive, send)
        headers = {"Allow": ", ".join(sorted(self.methods or ()))}
        if HANDLERS in scope:
            raise HTTPException(status_code=405, headers=headers)
        response = PlainTextResponse("Method Not Allowed", status_code=405, headers=headers)
        return await response(scope, receive, send)

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Route)
            and (self.path, self.endpoint) == (other.path, other.endpoint)
            and self.methods == other.methods
        )

    def __repr__(self) -> str:
        methods = sorted(self.methods or [])
        return f"Route(path={self.path!r}, name={self.name!r}, methods={methods!r})"


class WebSocketRoute(_Endpoint):
    """WebSockets at a path. `endpoint` is `async func(websocket)`, or an ASGI class."""

    protocol = "websocket"

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        name: str | None = None,
        middleware: Sequence[Middleware] | None = None,
    ) -> None:
        super().__init__(path, endpoint, name, websocket_session, middleware)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WebSocketRoute) and (
            (self.path, self.endpoint) == (other.path, other.endpoint)
        )

    def __repr__(self) -> str:
        return f"WebSocketRoute(path={self.path!r}, name={self.name!r})"


def _is_function(endpoint: Any) -> bool:
    while isinstance(endpoint, functools.partial):
        endpoint = endpoint.func
    return inspect.isfunction(endpoint) or inspect.ismethod(endpoint)


async def not_found(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose()(scope, receive, send)
    elif scope["type"] == "http":
        await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)
