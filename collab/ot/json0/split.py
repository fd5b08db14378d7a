"""Cut an operation that is too large for one edit into several.

`static/js/collab/ot/json0/split.js` gives the same pieces; both are tested with the same vectors.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..meter import Meter
from ..sizes import LEAST_TEXT_BYTES, head
from ..utf16 import length
from ..values import size
from . import text0
from .components import Component, Operation, append, as_text0, is_text, of_edit

__all__ = ["PIECE_COMPONENTS", "split"]

PIECE_COMPONENTS = 400
"""The limit of a piece; each one of a text0 operation counts. A server accepts 500 by default."""

MAX_UNCUT = 5
"""A replacement is sent whole up to this multiple of a piece's size."""

Piece = tuple[Component, int]
"""A component and the bytes of its JSON text."""


def split(operation: Operation, max_bytes: int) -> list[Operation]:
    """Return operations with the same effect in sequence; only itself if it is small.

    Each has about `max_bytes` of JSON text at most, and at most `PIECE_COMPONENTS` components.
    Texts are cut between characters. A very large replacement becomes a deletion and an insertion.
    An inserted or deleted value is not cut, so a piece may be as large as one.
    """
    groups: list[Operation] = []
    group: Operation = []
    meter = Meter()
    count, room = 0, max_bytes
    for piece, bytes_of_it in pieces_of(operation, max_bytes):
        if count == PIECE_COMPONENTS or (count and bytes_of_it > room):
            groups.append(group)
            group, count, room = [], 0, max_bytes
        append(group, piece, meter)
        count += 1
        room -= bytes_of_it
    return [*groups, group] if groups else [operation]


def pieces_of(operation: Operation, max_bytes: int) -> Iterator[Piece]:
    for component in operation:
        if is_text(component):
            parts = text_parts(component, max(max_bytes, LEAST_TEXT_BYTES))
            yield from ((part, size(part)) for part in parts)
            continue
        needed = size(component)
        if needed > MAX_UNCUT * max_bytes and (halves := cut_replacement(component)):
            yield from ((half, size(half)) for half in halves)
        else:
            yield component, needed


def text_parts(component: Component, max_bytes: int) -> Iterator[Component]:
    """Yield one component for each edit of the string, none with a text above `max_bytes`."""
    path = component["p"]
    for edit in as_text0(component)["o"]:
        for part in edit_parts(edit, max_bytes):
            if "t" in component:
                yield {"p": path, "t": "text0", "o": [part]}
            else:
                yield of_edit(part, path)


def edit_parts(edit: text0.Edit, max_bytes: int) -> Iterator[text0.Edit]:
    kind = "i" if "i" in edit else "d"
    offset, rest = edit["p"], edit[kind]
    while rest:
        part = head(rest, max_bytes)
        yield {"p": offset, kind: part}
        rest = rest[len(part) :]
        if kind == "i":
            offset += length(part)


def cut_replacement(component: Component) -> list[Component]:
    """Return a deletion of the old value and an insertion of the new one; empty if not applicable.

    The whole document can't be deleted: in between it is an empty value.
    """
    path = component["p"]
    for delete, insert in (("od", "oi"), ("ld", "li")):
        if delete in component and insert in component:
            between: dict[str, Any] = {}
            old = {"p": path, delete: component[delete]}
            new = {"p": path, insert: component[insert]}
            if path:
                return [old, new]
            if between not in (component[delete], component[insert]):
                return [{**old, insert: between}, {"p": path, delete: between, **new}]
    return []
