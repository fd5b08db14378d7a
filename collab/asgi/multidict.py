"""Dictionaries with several values per key, such as query parameters.

As mappings they contain the last value of each key; `multi_items` and `getlist` return all, in
order.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any, TypeAlias, TypeVar
from urllib.parse import parse_qsl, urlencode

__all__ = ["ImmutableMultiDict", "MultiDict", "QueryParams"]

K = TypeVar("K")
V_co = TypeVar("V_co", covariant=True)

Source: TypeAlias = "Mapping[K, V_co] | Iterable[tuple[K, V_co]]"


def _pairs(source: Any) -> list[tuple[Any, Any]]:
    if not source:
        return []
    if hasattr(source, "multi_items"):
        return list(source.multi_items())
    if hasattr(source, "items"):
        return list(source.items())
    return list(source)


class ImmutableMultiDict(Mapping[K, V_co]):
    """Made from another multi-dict, a mapping or pairs, and keyword arguments, in this order."""

    def __init__(self, *args: Source[K, V_co], **kwargs: Any) -> None:
        assert len(args) < 2, f"Expected at most one source, got {len(args)}."
        given: list[tuple[Any, Any]] = [*_pairs(args[0] if args else None), *kwargs.items()]
        self._list: list[tuple[K, V_co]] = given
        self._dict: dict[K, V_co] = dict(self._list)

    def getlist(self, key: Any) -> list[V_co]:
        return [value for name, value in self._list if name == key]

    def multi_items(self) -> list[tuple[K, V_co]]:
        return list(self._list)

    def keys(self) -> KeysView[K]:
        return self._dict.keys()

    def values(self) -> ValuesView[V_co]:
        return self._dict.values()

    def items(self) -> ItemsView[K, V_co]:
        return self._dict.items()

    def __getitem__(self, key: K) -> V_co:
        return self._dict[key]

    def __contains__(self, key: object) -> bool:
        return key in self._dict

    def __iter__(self) -> Iterator[K]:
        return iter(self._dict)

    def __len__(self) -> int:
        return len(self._dict)

    # Equality ignores the order of keys and MultiDict is mutable, so there is no hash.
    def __eq__(self, other: object) -> bool:
        if not isinstance(other, type(self)):
            return False
        return _by_key(self._list) == _by_key(other._list)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._list!r})"


def _by_key(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    return sorted(pairs, key=lambda pair: pair[0])


class MultiDict(ImmutableMultiDict[Any, Any]):
    """A multi-dict that can be changed."""

    def __setitem__(self, key: Any, value: Any) -> None:
        self.setlist(key, [value])

    def __delitem__(self, key: Any) -> None:
        del self._dict[key]
        self._drop(key)

    def _drop(self, key: Any) -> None:
        self._list = [pair for pair in self._list if pair[0] != key]

    def pop(self, key: Any, default: Any = None) -> Any:
        self._drop(key)
        return self._dict.pop(key, default)

    def popitem(self) -> tuple[Any, Any]:
        key, value = self._dict.popitem()
        self._drop(key)
        return key, value

    def poplist(self, key: Any) -> list[Any]:
        values = self.getlist(key)
        self.pop(key)
        return values

    def clear(self) -> None:
        self._dict.clear()
        self._list.clear()

    def setdefault(self, key: Any, default: Any = None) -> Any:
        if key not in self:
            self.append(key, default)
        return self[key]

    def setlist(self, key: Any, values: list[Any]) -> None:
        self._drop(key)
        if not values:
            self._dict.pop(key, None)
            return
        self._list += [(key, value) for value in values]
        self._dict[key] = values[-1]

    def append(self, key: Any, value: Any) -> None:
        self._list.append((key, value))
        self._dict[key] = value

    def update(self, *args: Source[Any, Any], **kwargs: Any) -> None:
        """Replace all values of each given key."""
        new = MultiDict(*args, **kwargs)
        self._list = [pair for pair in self._list if pair[0] not in new] + new._list
        self._dict.update(new._dict)


class QueryParams(ImmutableMultiDict[str, str]):
    """The parameters of a query string, given as a string, bytes, pairs or a mapping."""

    def __init__(self, *args: Source[Any, Any] | str | bytes, **kwargs: Any) -> None:
        assert len(args) < 2, f"Expected at most one source, got {len(args)}."
        source: Any = args[0] if args else None
        if isinstance(source, bytes):
            source = source.decode("latin-1")
        if isinstance(source, str):
            source = parse_qsl(source, keep_blank_values=True)
        pairs = [*_pairs(source), *kwargs.items()]
        super().__init__([(str(key), str(value)) for key, value in pairs])

    def __str__(self) -> str:
        return urlencode(self._list)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self)!r})"
