"""Routes, and the router that finds the one for a scope.

Paths are matched below the scope's `root_path`. A mount leaves `path` as it is and lets `root_path`
grow, so that what is mounted can always tell its full path and its own part of it.
"""

from __future__ import annotations

import functools
import inspect
import sys
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Sequence
from contextlib import asynccontextmanager
from enum import Enum
from typing import Any, ClassVar, Literal, NoReturn

from .concurrency import is_async_callable, run_in_threadpool
from .datastructures import URL, URLPath
from .exceptions import HTTPException
from .middleware import Middleware, wrap
from .middleware.exceptions import HANDLERS, handling_exceptions
from .paths import compile_path
from .requests import Request
from .responses import PlainTextResponse, RedirectResponse, Response
from .types import ASGIApp, Lifespan, Receive, Scope, Send
from .url import get_route_path
from .websockets import WebSocket, WebSocketClose

__all__ = [
    "BaseRoute",
    "Match",
    "Mount",
    "NoMatchFound",
    "Route",
    "Router",
    "WebSocketRoute",
    "request_response",
    "websocket_session",
]


class NoMatchFound(Exception):
    """No route has this name and these parameters."""

    def __init__(self, name: str, path_params: dict[str, Any]) -> None:
        params = ", ".join(path_params)
        super().__init__(f'No route exists for name "{name}" and params "{params}".')


class Match(Enum):
    """PARTIAL: the path is right, the method is not."""

    NONE = 0
    PARTIAL = 1
    FULL = 2


def request_response(func: Callable[..., Awaitable[Response] | Response]) -> ASGIApp:
    """The ASGI application of `func(request) -> response`; a plain one runs in the thread pool."""
    call: Any = func if is_async_callable(func) else functools.partial(run_in_threadpool, func)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive, send)

        async def respond(scope: Scope, receive: Receive, send: Send) -> None:
            response = await call(request)
            await response(scope, receive, send)

        await handling_exceptions(respond, request)(scope, receive, send)

    return app


def websocket_session(func: Callable[..., Awaitable[None]]) -> ASGIApp:
    """The ASGI application of `async func(websocket)`."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        websocket = WebSocket(scope, receive, send)

        async def session(scope: Scope, receive: Receive, send: Send) -> None:
            await func(websocket)

        await handling_exceptions(session, websocket)(scope, receive, send)

    return app


class BaseRoute:
    """Anything a router can hold. Called by itself, it is an application of one route."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """How well it matches, and what it adds to the scope if it does."""
        raise NotImplementedError

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Raises NoMatchFound if this isn't the route of that name and those parameters."""
        raise NotImplementedError

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        match, child_scope = self.matches(scope)
        if match is Match.NONE:
            return await _not_found(scope, receive, send)
        scope.update(child_scope)
        return await self.handle(scope, receive, send)


class _Endpoint(BaseRoute):
    """What Route and WebSocketRoute share: one endpoint at one path pattern."""

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
        # A class is an ASGI application of its own.
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
            _no_match(name, path_params)
        return URLPath(self.pattern.fill(path_params), protocol=self.protocol)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class Route(_Endpoint):
    """HTTP at a path. `endpoint` is `func(request) -> response`, or an ASGI class.

    `methods` are GET and HEAD for a function, and all of them for a class; GET brings HEAD along.
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

    __hash__ = None  # type: ignore[assignment]

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

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"WebSocketRoute(path={self.path!r}, name={self.name!r})"


class Mount(BaseRoute):
    """An application, or routes, at everything below a path.

    The names of what it holds are `name:child`, or as they are if the mount has no name.
    """

    def __init__(
        self,
        path: str,
        app: ASGIApp | None = None,
        routes: Sequence[BaseRoute] | None = None,
        name: str | None = None,
        *,
        middleware: Sequence[Middleware] | None = None,
    ) -> None:
        assert path == "" or path.startswith("/"), (
            f"Expected a path that is empty or starts with '/', got {path!r}."
        )
        assert app is not None or routes is not None, "Expected an app or routes, got neither."
        self.path = path.rstrip("/")
        self._base_app = Router(routes) if app is None else app
        self.app = wrap(self._base_app, middleware or ())
        self.name = name
        self.pattern = compile_path(self.path + "/{path:path}")

    @property
    def routes(self) -> list[BaseRoute]:
        return getattr(self._base_app, "routes", [])

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope["type"] not in ("http", "websocket"):
            return Match.NONE, {}
        route_path, root_path = get_route_path(scope), scope.get("root_path", "")
        params = self.pattern.match(route_path)
        if params is None:
            return Match.NONE, {}
        below = "/" + params.pop("path")
        return Match.FULL, {
            "path_params": {**scope.get("path_params", {}), **params},
            # Where the whole application begins, which is what `url_for` counts from.
            "app_root_path": scope.get("app_root_path", root_path),
            "root_path": root_path + route_path[: -len(below)],
            "endpoint": self.app,
        }

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        if self.name is not None and name == self.name and "path" in path_params:
            return self._own_path(name, path_params)
        if self.name is not None and not name.startswith(self.name + ":"):
            _no_match(name, path_params)
        child = name if self.name is None else name.removeprefix(self.name + ":")
        mine = self.pattern.convertors.keys() - {"path"}
        prefix = self.pattern.fill({**path_params, "path": ""}).rstrip("/")
        rest = {key: value for key, value in path_params.items() if key not in mine}
        found = _first_path(self.routes, child, rest)
        if found is None:
            _no_match(name, path_params)
        return URLPath(prefix + found, protocol=found.protocol)

    def _own_path(self, name: str, path_params: dict[str, Any]) -> URLPath:
        if path_params.keys() - self.pattern.convertors.keys():
            _no_match(name, path_params)
        return URLPath(self.pattern.fill({**path_params, "path": path_params["path"].lstrip("/")}))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mount) and (self.path, self.app) == (other.path, other.app)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Mount(path={self.path!r}, name={self.name or ''!r}, app={self.app!r})"


class Router:
    """Calls the first route that matches fully, else the first that matches but for its method.

    Args:
        redirect_slashes: a path that only matches with or without its last slash is redirected.
        default: called when nothing matches, instead of `not_found`.
        lifespan: `lifespan(app)` is an async context manager around the time of serving; the
            mapping that it gives, if any, is where each connection's `state` begins.
    """

    def __init__(
        self,
        routes: Sequence[BaseRoute] | None = None,
        redirect_slashes: bool = True,
        default: ASGIApp | None = None,
        lifespan: Lifespan[Any] | None = None,
        *,
        middleware: Sequence[Middleware] | None = None,
    ) -> None:
        self.routes = list(routes or ())
        self.redirect_slashes = redirect_slashes
        self.default = self.not_found if default is None else default
        self.lifespan_context: Lifespan[Any] = _no_lifespan if lifespan is None else lifespan
        self.middleware_stack = wrap(self.app, middleware or ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.middleware_stack(scope, receive, send)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["type"] in ("http", "websocket", "lifespan"), (
            f"Expected an HTTP, WebSocket or lifespan scope, got {scope['type']!r}."
        )
        if not isinstance(scope.get("router"), Router):
            self._become_root(scope)
        if scope["type"] == "lifespan":
            return await self.lifespan(scope, receive, send)
        route, child_scope = self._find(scope)
        if route is not None:
            scope["route"] = route
            scope.update(child_scope)
            return await route.handle(scope, receive, send)
        if location := self._redirect(scope):
            return await RedirectResponse(location)(scope, receive, send)
        return await self.default(scope, receive, send)

    def _become_root(self, scope: Scope) -> None:
        """URLs are made from here: a foreign router above doesn't know the names of our routes."""
        if "router" in scope:
            scope["app_root_path"] = scope.get("root_path", "")
        scope["router"] = self

    def _find(self, scope: Scope) -> tuple[BaseRoute | None, Scope]:
        partial: tuple[BaseRoute | None, Scope] = (None, {})
        for route in self.routes:
            match, child_scope = route.matches(scope)
            if match is Match.FULL:
                return route, child_scope
            if match is Match.PARTIAL and partial[0] is None:
                partial = (route, child_scope)
        return partial

    def _redirect(self, scope: Scope) -> URL | None:
        """The URL with its last slash added or taken away, if there is a route for that."""
        route_path = get_route_path(scope)
        if scope["type"] != "http" or not self.redirect_slashes or route_path == "/":
            return None
        path = scope["path"]
        other = path.rstrip("/") if route_path.endswith("/") else path + "/"
        elsewhere = {**scope, "path": other}
        return URL(scope=elsewhere) if self._find(elsewhere)[0] else None

    async def not_found(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and HANDLERS in scope:
            raise HTTPException(status_code=404)
        await _not_found(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """The path of the first route of that name and those parameters. Raises NoMatchFound."""
        found = _first_path(self.routes, name, path_params)
        if found is None:
            _no_match(name, path_params)
        return found

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Runs the lifespan context; a failure is told to the server and raised."""
        stage: Literal["startup", "shutdown"] = "startup"
        await receive()
        try:
            async with self.lifespan_context(scope.get("app")) as state:
                if state is not None:
                    _lifespan_state(scope).update(state)
                await send({"type": "lifespan.startup.complete"})
                stage = "shutdown"
                await receive()
        except BaseException:
            message = traceback.format_exc()
            if stage == "startup":
                await send({"type": "lifespan.startup.failed", "message": message})
            else:
                await send({"type": "lifespan.shutdown.failed", "message": message})
            raise
        await send({"type": "lifespan.shutdown.complete"})

    def mount(self, path: str, app: ASGIApp, name: str | None = None) -> None:
        self.routes.append(Mount(path, app=app, name=name))

    def add_route(
        self,
        path: str,
        endpoint: Callable[..., Any],
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> None:
        self.routes.append(
            Route(
                path,
                endpoint,
                methods=methods,
                name=name,
                include_in_schema=include_in_schema,
            )
        )

    def add_websocket_route(
        self, path: str, endpoint: Callable[..., Any], name: str | None = None
    ) -> None:
        self.routes.append(WebSocketRoute(path, endpoint, name=name))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Router) and self.routes == other.routes

    __hash__ = None  # type: ignore[assignment]


def _is_function(endpoint: Any) -> bool:
    while isinstance(endpoint, functools.partial):
        endpoint = endpoint.func
    return inspect.isfunction(endpoint) or inspect.ismethod(endpoint)


async def _not_found(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "websocket":
        await WebSocketClose()(scope, receive, send)
    elif scope["type"] == "http":
        await PlainTextResponse("Not Found", status_code=404)(scope, receive, send)


def _no_match_types() -> tuple[type[Exception], ...]:
    """Ours, and Starlette's where that is loaded.

    Either may hold the other's routes, and each takes only its own exception for "not this one".
    """
    starlette: Any = sys.modules.get("starlette.routing")
    return (NoMatchFound,) if starlette is None else (NoMatchFound, starlette.NoMatchFound)


def _no_match(name: str, path_params: dict[str, Any]) -> NoReturn:
    raise type("NoMatchFound", _no_match_types(), {})(name, path_params)


def _first_path(
    routes: Iterable[BaseRoute], name: str, path_params: dict[str, Any]
) -> URLPath | None:
    for route in routes:
        try:
            return route.url_path_for(name, **path_params)
        except _no_match_types():
            continue
    return None


@asynccontextmanager
async def _no_lifespan(app: Any) -> AsyncIterator[None]:
    yield


def _lifespan_state(scope: Scope) -> dict[str, Any]:
    if "state" not in scope:
        raise RuntimeError('The server does not support "state" in the lifespan scope.')
    state: dict[str, Any] = scope["state"]
    return state
