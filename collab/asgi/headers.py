"""HTTP headers: a case-insensitive multi-dict over the raw pairs of ASGI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any

__all__ = ["Headers", "MutableHeaders"]

Raw = tuple[bytes, bytes]


class Headers(Mapping[str, str]):
    """Immutable headers. `headers[name]` is the first value of a name, `getlist` returns all.

    Iteration, `keys`, `items` and `len` include every occurrence. Names and values are Latin-1.

    Args: at most one of
        headers: a mapping of strings.
        raw: pairs of bytes, with names in lower case.
        scope: the ASGI scope; its headers are replaced by a list.
    """

    def __init__(
        self,
        headers: Mapping[str, str] | None = None,
        raw: list[Raw] | None = None,
        scope: MutableMapping[str, Any] | None = None,
    ) -> None:
        given = [source for source in (headers, raw, scope) if source is not None]
        assert len(given) < 2, 'Expected one of "headers", "raw" and "scope", got more.'
        self._list: list[Raw] = []
        if headers is not None:
            self._list = [_encode(name, value) for name, value in headers.items()]
        elif raw is not None:
            self._list = raw
        elif scope is not None:
            # ASGI allows any iterable: a generator could be read only once.
            self._list = scope["headers"] = list(scope["headers"])

    @property
    def raw(self) -> list[Raw]:
        return list(self._list)

    # Lists, as in Starlette: the views of a mapping can't contain a name twice.
    def keys(self) -> list[str]:  # type: ignore[override]
        return [name.decode("latin-1") for name, _ in self._list]

    def values(self) -> list[str]:  # type: ignore[override]
        return [value.decode("latin-1") for _, value in self._list]

    def items(self) -> list[tuple[str, str]]:  # type: ignore[override]
        return list(zip(self.keys(), self.values(), strict=True))

    def getlist(self, key: str) -> list[str]:
        wanted = key.lower().encode("latin-1")
        return [value.decode("latin-1") for name, value in self._list if name == wanted]

    def mutablecopy(self) -> MutableHeaders:
        return MutableHeaders(raw=self._list[:])

    def __getitem__(self, key: str) -> str:
        wanted = key.lower().encode("latin-1")
        for name, value in self._list:
            if name == wanted:
                return value.decode("latin-1")
        raise KeyError(key)

    def __contains__(self, key: Any) -> bool:
        wanted = key.lower().encode("latin-1")
        return any(name == wanted for name, _ in self._list)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.keys())

    def __len__(self) -> int:
        return len(self._list)

    # Equality ignores the order and MutableHeaders is mutable, so there is no hash.
    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and sorted(self._list) == sorted(other._list)

    def __repr__(self) -> str:
        name = type(self).__name__
        once = dict(self.items())
        return f"{name}({once!r})" if len(once) == len(self) else f"{name}(raw={self._list!r})"


class MutableHeaders(Headers):
    """Headers that can be changed; `raw` is the live list."""

    @property
    def raw(self) -> list[Raw]:
        return self._list

    def __setitem__(self, key: str, value: str) -> None:
        """Replace all headers of this name by one at the position of the first."""
        header = _encode(key, value)
        places = self._places(header[0])
        if not places:
            self._list.append(header)
            return
        self._list[places[0]] = header
        for place in reversed(places[1:]):
            del self._list[place]

    def __delitem__(self, key: str) -> None:
        """Remove all headers of this name, if any."""
        for place in reversed(self._places(key.lower().encode("latin-1"))):
            del self._list[place]

    def _places(self, wanted: bytes) -> list[int]:
        return [place for place, (name, _) in enumerate(self._list) if name == wanted]

    def __ior__(self, other: Mapping[str, str]) -> MutableHeaders:
        self.update(_mapping(other))
        return self

    def __or__(self, other: Mapping[str, str]) -> MutableHeaders:
        copy = self.mutablecopy()
        copy.update(_mapping(other))
        return copy

    def setdefault(self, key: str, value: str) -> str:
        if key not in self:
            self.append(key, value)
        return self[key]

    def update(self, other: Mapping[str, str]) -> None:
        for key, value in other.items():
            self[key] = value

    def append(self, key: str, value: str) -> None:
        """Add a header and keep those of the same name."""
        self._list.append(_encode(key, value))

    def add_vary_header(self, vary: str) -> None:
        self["vary"] = ", ".join([*self.getlist("vary"), vary])


def _encode(name: str, value: str) -> Raw:
    return name.lower().encode("latin-1"), value.encode("latin-1")


def _mapping(other: Any) -> Mapping[str, str]:
    if not isinstance(other, Mapping):
        raise TypeError(f"Expected a mapping of headers, got {type(other).__name__}.")
    return other
