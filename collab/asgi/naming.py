"""Paths of routes by their names, across the borders of toolkits."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from .datastructures import URLPath

if TYPE_CHECKING:
    from .routes import BaseRoute

__all__ = ["NoMatchFound", "first_path", "no_match"]


class NoMatchFound(Exception):
    """No route has this name and these parameters."""

    def __init__(self, name: str, path_params: dict[str, Any]) -> None:
        params = ", ".join(path_params)
        # Not `super()`: beside this class there may be Starlette's, see `no_match`.
        Exception.__init__(self, f'No route exists for name "{name}" and params "{params}".')


def _types() -> tuple[type[Exception], ...]:
    """Ours, and Starlette's where that is loaded.

    Either may hold the other's routes, and each takes only its own exception for "not this one".
    """
    theirs: Any = getattr(sys.modules.get("starlette.routing"), "NoMatchFound", None)
    return (NoMatchFound,) if theirs is None else (NoMatchFound, theirs)


def no_match(name: str, path_params: dict[str, Any]) -> NoReturn:
    raise _error(_types())(name, path_params)


@cache
def _error(types: tuple[type[Exception], ...]) -> type[Exception]:
    return type("NoMatchFound", types, {})


def first_path(
    routes: Iterable[BaseRoute], name: str, path_params: dict[str, Any]
) -> URLPath | None:
    for route in routes:
        try:
            return route.url_path_for(name, **path_params)
        except _types():
            continue
    return None
