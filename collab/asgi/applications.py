"""The application: a router, inside middleware, inside the two layers that handle exceptions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from .datastructures import State, URLPath
from .middleware import Middleware, wrap
from .middleware.errors import ServerErrorMiddleware
from .middleware.exceptions import ExceptionMiddleware
from .routing import BaseRoute, Router
from .types import ASGIApp, ExceptionHandler, Lifespan, Receive, Scope, Send

__all__ = ["Application", "Starlette"]


class Application:
    """An ASGI application.

    Args:
        debug: answer errors with tracebacks; never use it in public.
        middleware: the first one is outermost, directly inside the handling of server errors.
        exception_handlers: by exception class or by status. A handler for 500 or Exception answers
            unhandled exceptions, which are still raised to the server.
        lifespan: see `Router`.
    """

    def __init__(
        self,
        debug: bool = False,
        routes: Sequence[BaseRoute] | None = None,
        middleware: Sequence[Middleware] | None = None,
        exception_handlers: Mapping[Any, ExceptionHandler] | None = None,
        lifespan: Lifespan[Any] | None = None,
    ) -> None:
        self.debug = debug
        self.state = State()
        self.router = Router(routes, lifespan=lifespan)
        self.exception_handlers = dict(exception_handlers or {})
        self.user_middleware = list(middleware or ())
        self.middleware_stack: ASGIApp | None = None

    @property
    def routes(self) -> list[BaseRoute]:
        return self.router.routes

    def url_path_for(self, name: str, /, **path_params: Any) -> URLPath:
        return self.router.url_path_for(name, **path_params)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        if self.middleware_stack is None:
            self.middleware_stack = self.build_middleware_stack()
        await self.middleware_stack(scope, receive, send)

    def build_middleware_stack(self) -> ASGIApp:
        last_resort = None
        handlers = {}
        for key, handler in self.exception_handlers.items():
            if key in (500, Exception):
                last_resort = handler
            else:
                handlers[key] = handler
        return wrap(
            self.router,
            [
                Middleware(ServerErrorMiddleware, handler=last_resort, debug=self.debug),
                *self.user_middleware,
                Middleware(ExceptionMiddleware, handlers=handlers, debug=self.debug),
            ],
        )

    def add_middleware(
        self, middleware_class: Callable[..., ASGIApp], *args: Any, **kwargs: Any
    ) -> None:
        """Add an outermost one. Raises RuntimeError once the application has started."""
        if self.middleware_stack is not None:
            raise RuntimeError("Cannot add middleware after an application has started")
        self.user_middleware.insert(0, Middleware(middleware_class, *args, **kwargs))

    def add_exception_handler(
        self, exc_class_or_status_code: int | type[Exception], handler: ExceptionHandler
    ) -> None:
        self.exception_handlers[exc_class_or_status_code] = handler

    def mount(self, path: str, app: ASGIApp, name: str | None = None) -> None:
        self.router.mount(path, app=app, name=name)

    def add_route(
        self,
        path: str,
        route: Callable[..., Any],
        methods: Collection[str] | None = None,
        name: str | None = None,
        include_in_schema: bool = True,
    ) -> None:
        self.router.add_route(path, route, methods, name, include_in_schema)

    def add_websocket_route(
        self, path: str, route: Callable[..., Any], name: str | None = None
    ) -> None:
        self.router.add_websocket_route(path, route, name)


# The name that an application moved from Starlette imports.
Starlette = Application
