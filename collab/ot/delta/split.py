"""Cut an operation that is too large for one edit into several.

`static/js/collab/ot/split.js` gives the same pieces; both are tested with the same vectors.
"""

from __future__ import annotations

from collections import deque

from ..sizes import LEAST_TEXT_BYTES, head, quoted_size
from ..values import size
from .reader import Component, Operation, extent

__all__ = ["PIECE_COMPONENTS", "split"]

PIECE_COMPONENTS = 2000
"""The limit of a piece. A server accepts 6000 by default, but transforms smaller ones faster."""

COMPONENT_BYTES = 32
"""An upper bound of the JSON text around a number or a text."""


def split(operation: Operation, max_bytes: int) -> list[Operation]:
    """Return operations with the same effect in sequence; only itself if it is small.

    Each has about `max_bytes` of JSON text at most, and at most `PIECE_COMPONENTS` components.
    Embeds and attributes are not cut, so a piece may be as large as one of them.
    """
    rest = deque(operation["ops"])
    pieces: list[Operation] = []
    while True:
        components, offset = take(rest, max_bytes)
        if not rest:
            return [*pieces, {"ops": components}] if pieces else [operation]
        pieces.append({"ops": without_end(components)})
        retain_first(rest, offset)


def take(rest: deque[Component], max_bytes: int) -> tuple[list[Component], int]:
    """Take the next piece; return its components and the length that they retain or insert."""
    room = max_bytes
    offset = 0
    taken: list[Component] = []
    changes = False
    while rest and len(taken) < PIECE_COMPONENTS:
        component = rest[0]
        room -= fixed_size(component)
        if room <= 0 and changes:
            break
        least = LEAST_TEXT_BYTES if changes else max_bytes // 8
        insert = component.get("insert")
        if type(insert) is str:
            fits = head(insert, max(room, least, LEAST_TEXT_BYTES))
            if len(fits) < len(insert):
                taken.append({**component, "insert": fits})
                rest[0] = {**component, "insert": insert[len(fits) :]}
                return taken, offset + extent(fits)
            room -= quoted_size(insert)
        changes = changes or set(component) != {"retain"}
        if "delete" not in component:
            offset += component["retain"] if "retain" in component else extent(insert)
        taken.append(rest.popleft())
    return taken, offset


def fixed_size(component: Component) -> int:
    """Return the bytes of a component without its text."""
    total = COMPONENT_BYTES
    if "attributes" in component:
        total += size(component["attributes"])
    if "insert" in component and type(component["insert"]) is not str:
        total += size(component["insert"])
    return total


def without_end(components: list[Component]) -> list[Component]:
    """Remove a last retain without attributes, as the normal form requires."""
    if set(components[-1]) == {"retain"}:
        return components[:-1]
    return components


def retain_first(rest: deque[Component], count: int) -> None:
    if not count:
        return
    if set(rest[0]) == {"retain"}:
        count += rest.popleft()["retain"]
    rest.appendleft({"retain": count})
