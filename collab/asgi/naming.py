"""Find the path of a route by its name, also among routes of Starlette."""

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
        # Not `super()`: the class of `no_match` has Starlette's exception as a second base.
        Exception.__init__(self, f'No route exists for name "{name}" and params "{params}".')


def _types() -> tuple[type[Exception], ...]:
    """Return our exception class, and Starlette's if it is loaded.

    Each toolkit may contain routes of the other, and expects its own exception from a route that
    does not match.
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
