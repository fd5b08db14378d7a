"""Path patterns such as `/documents/{doc_id}/{version:int}`: match and format paths."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .convertors import CONVERTOR_TYPES, Convertor

__all__ = ["PathPattern", "compile_path"]

_PARAM = re.compile("{([a-zA-Z_][a-zA-Z0-9_]*)(?::([a-zA-Z_][a-zA-Z0-9_]*))?}")


@dataclass(frozen=True)
class PathPattern:
    """`format` is the pattern without the kinds: `/documents/{doc_id}/{version}`."""

    regex: re.Pattern[str]
    format: str
    convertors: dict[str, Convertor[Any]]

    def match(self, path: str) -> dict[str, Any] | None:
        """Return the converted parameters, or None if the path doesn't match.

        A text that its convertor rejects with ValueError, such as an integer of 5,000 digits,
        doesn't match either.
        """
        # `match` with `$` would also accept a path that ends with a line feed.
        found = self.regex.fullmatch(path)
        if found is None:
            return None
        try:
            return {
                name: self.convertors[name].convert(text)
                for name, text in found.groupdict().items()
            }
        except ValueError:
            return None

    def fill(self, params: dict[str, Any]) -> str:
        """Return the path with these parameters; missing ones stay in braces."""
        texts = {name: f"{{{name}}}" for name in self.convertors}
        known = params.keys() & self.convertors.keys()
        texts.update({name: self.convertors[name].to_string(params[name]) for name in known})
        return _PARAM.sub(lambda found: texts[found[1]], self.format)


def compile_path(path: str) -> PathPattern:
    """Raises ValueError for a repeated name, AssertionError for an unknown kind."""
    regex, shown, position = "", "", 0
    convertors: dict[str, Convertor[Any]] = {}
    repeated = set()
    for found in _PARAM.finditer(path):
        name, kind = found[1], found[2] or "str"
        assert kind in CONVERTOR_TYPES, f"Unknown path convertor {kind!r} at path {path}"
        if name in convertors:
            repeated.add(name)
        convertors[name] = CONVERTOR_TYPES[kind]
        literal = path[position : found.start()]
        regex += f"{re.escape(literal)}(?P<{name}>{convertors[name].regex})"
        shown += f"{literal}{{{name}}}"
        position = found.end()
    if repeated:
        raise ValueError(f"Duplicated param names {', '.join(sorted(repeated))} at path {path}")
    rest = path[position:]
    return PathPattern(re.compile(f"{regex}{re.escape(rest)}"), shown + rest, convertors)
