"""Data types that requests, WebSockets and applications share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from .headers import Headers, MutableHeaders
from .multidict import ImmutableMultiDict, MultiDict, QueryParams
from .url import URL, URLPath

__all__ = [
    "URL",
    "Address",
    "Headers",
    "ImmutableMultiDict",
    "MultiDict",
    "MutableHeaders",
    "QueryParams",
    "State",
    "URLPath",
]


class Address(NamedTuple):
    """The host and port of a client or a server."""

    host: str
    port: int


class State:
    """A dictionary with its keys as attributes, for an application's own values."""

    _state: dict[str, Any]

    def __init__(self, state: dict[str, Any] | None = None) -> None:
        super().__setattr__("_state", {} if state is None else state)

    def __setattr__(self, name: str, value: Any) -> None:
        self._state[name] = value

    def __getattr__(self, name: str) -> Any:
        try:
            # `self._state` is not set yet during a copy: reading it here would recurse forever.
            return vars(self)["_state"][name]
        except KeyError:
            message = f"{type(self).__name__!r} object has no attribute {name!r}"
            raise AttributeError(message) from None

    def __delattr__(self, name: str) -> None:
        del self._state[name]

    def __getitem__(self, name: str) -> Any:
        return self._state[name]

    def __setitem__(self, name: str, value: Any) -> None:
        self._state[name] = value

    def __delitem__(self, name: str) -> None:
        del self._state[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._state)

    def __len__(self) -> int:
        return len(self._state)
