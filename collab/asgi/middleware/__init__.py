"""Middleware: an ASGI application around another one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from ..types import ASGIApp

__all__ = ["Middleware", "wrap"]


class Middleware:
    """The class and arguments of a middleware: `cls(app, *args, **kwargs)`."""

    def __init__(self, cls: Callable[..., ASGIApp], *args: Any, **kwargs: Any) -> None:
        self.cls = cls
        self.args = args
        self.kwargs = kwargs

    def __iter__(self) -> Iterator[Any]:
        return iter((self.cls, self.args, self.kwargs))

    def __repr__(self) -> str:
        name = getattr(self.cls, "__name__", "")
        options = [f"{key}={value!r}" for key, value in self.kwargs.items()]
        return f"{type(self).__name__}({', '.join([name, *map(repr, self.args), *options])})"


def wrap(app: ASGIApp, middleware: Iterable[Middleware]) -> ASGIApp:
    """Wrap `app` in these middlewares, the first one outermost."""
    for cls, args, kwargs in reversed(list(middleware)):
        app = cls(app, *args, **kwargs)
    return app
