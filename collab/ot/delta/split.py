"""Cutting an operation that is too large for one edit into several.

`static/js/collab/ot/split.js` gives the same pieces; both are tested with the same vectors.
"""

from __future__ import annotations

from collections import deque

from ..sizes import LEAST_TEXT_BYTES, head, quoted_size
from ..values import size
from .reader import Component, Operation, extent

__all__ = ["PIECE_COMPONENTS", "split"]

PIECE_COMPONENTS = 2000
"""Of one piece; a server takes 6000 by default, and transforms few sooner than many."""

COMPONENT_BYTES = 32
"""The JSON text around a number or a text is at most this long."""


def split(operation: Operation, max_bytes: int) -> list[Operation]:
    """Pieces that, applied one after the other, are the operation; itself if it is small.

    Each is about `max_bytes` of JSON text at most, and has at most `PIECE_COMPONENTS`
    components. Embeds and attributes are not cut, so a piece may be as large as one of them.
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
    """Take the components of the next piece; and how long the content is that they walk over."""
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
    """Bytes of all of a component but its text."""
    total = COMPONENT_BYTES
    if "attributes" in component:
        total += size(component["attributes"])
    if "insert" in component and type(component["insert"]) is not str:
        total += size(component["insert"])
    return total


def without_end(components: list[Component]) -> list[Component]:
    """Without the mere retain at the end that the normal form doesn't have."""
    if set(components[-1]) == {"retain"}:
        return components[:-1]
    return components


def retain_first(rest: deque[Component], count: int) -> None:
    if not count:
        return
    if set(rest[0]) == {"retain"}:
        count += rest.popleft()["retain"]
    rest.appendleft({"retain": count})
