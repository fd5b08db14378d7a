"""Mounts, and the router that finds the route of a scope.

Paths are matched below the scope's `root_path`. A mount leaves `path` unchanged and extends
`root_path`, so a mounted application knows both its full path and its own part of it.
"""

from __future__ import annotations

import traceback
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from typing import Any, Literal

from .datastructures import URL, URLPath
from .exceptions import HTTPException
from .middleware import Middleware, wrap
from .middleware.exceptions import HANDLERS
from .naming import NoMatchFound, first_path, no_match
from .paths import compile_path
from .responses import RedirectResponse
from .routes import (
    BaseRoute,
    Match,
    Route,
    WebSocketRoute,
    not_found,
    request_response,
    websocket_session,
)
from .types import ASGIApp, Lifespan, Receive, Scope, Send
from .url import get_route_path

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


class Mount(BaseRoute):
    """An application, or routes, at all paths below a path.

    The names of its routes become `name:child`, or stay unchanged if the mount has no name.
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
            # The root of the whole application, to which `url_for` refers.
            "app_root_path": scope.get("app_root_path", root_path),
            "root_path": root_path + route_path[: -len(below)],
            "endpoint": self.app,
        }

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        if self.name is not None and name == self.name and "path" in path_params:
            return self._own_path(name, path_params)
        if self.name is not None and not name.startswith(self.name + ":"):
            no_match(name, path_params)
        child = name if self.name is None else name.removeprefix(self.name + ":")
        mine = self.pattern.convertors.keys() - {"path"}
        prefix = self.pattern.fill({**path_params, "path": ""}).rstrip("/")
        rest = {key: value for key, value in path_params.items() if key not in mine}
        found = first_path(self.routes, child, rest)
        if found is None:
            no_match(name, path_params)
        return URLPath(prefix + found, protocol=found.protocol)

    def _own_path(self, name: str, path_params: dict[str, Any]) -> URLPath:
        if path_params.keys() - self.pattern.convertors.keys():
            no_match(name, path_params)
        return URLPath(self.pattern.fill({**path_params, "path": path_params["path"].lstrip("/")}))

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Mount) and (self.path, self.app) == (other.path, other.app)

    def __repr__(self) -> str:
        return f"Mount(path={self.path!r}, name={self.name or ''!r}, app={self.app!r})"


class Router:
    """Calls the first route that matches fully, else the first that matches except the method.

    Args:
        redirect_slashes: redirect a path that only matches with, or without, a final slash.
        default: called if no route matches, instead of `not_found`.
        lifespan: `lifespan(app)` is an async context manager entered while the application serves;
            the mapping that it yields, if any, is the initial `state` of each connection.
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
        """Make this router the root of URLs: a router of another toolkit above doesn't know our
        names."""
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
        """Return the URL with its final slash added or removed, if a route matches it."""
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
        await not_found(scope, receive, send)

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        """Return the path of the first route with this name and parameters. Raises NoMatchFound."""
        found = first_path(self.routes, name, path_params)
        if found is None:
            no_match(name, path_params)
        return found

    async def lifespan(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the lifespan context; report a failure to the server and raise it."""
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


@asynccontextmanager
async def _no_lifespan(app: Any) -> AsyncIterator[None]:
    yield


def _lifespan_state(scope: Scope) -> dict[str, Any]:
    if "state" not in scope:
        raise RuntimeError('The server does not support "state" in the lifespan scope.')
    state: dict[str, Any] = scope["state"]
    return state
