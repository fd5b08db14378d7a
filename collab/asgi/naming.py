"""Paths of routes by their names, across the borders of toolkits."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NoReturn

from .datastructures import URLPath

if TYPE_CHECKING:
    from .routes import BaseRoute

__all__ = ["NoMatchFound", "first_path", "no_match"]


class NoMatchFound(Exception):
    """No route has this name and these parameters."""

    def __init__(self, name: str, path_params: dict[str, Any]) -> None:
        params = ", ".join(path_params)
        super().__init__(f'No route exists for name "{name}" and params "{params}".')


def _types() -> tuple[type[Exception], ...]:
    """Ours, and Starlette's where that is loaded.

    Either may hold the other's routes, and each takes only its own exception for "not this one".
    """
    starlette: Any = sys.modules.get("starlette.routing")
    return (NoMatchFound,) if starlette is None else (NoMatchFound, starlette.NoMatchFound)


def no_match(name: str, path_params: dict[str, Any]) -> NoReturn:
    raise type("NoMatchFound", _types(), {})(name, path_params)


def first_path(
    routes: Iterable[BaseRoute], name: str, path_params: dict[str, Any]
) -> URLPath | None:
    for route in routes:
        try:
            return route.url_path_for(name, **path_params)
        except _types():
            continue
    return None
