"""The range of content that an operation inserts."""

from __future__ import annotations

from .reader import Operation, extent

__all__ = ["written"]


def written(operation: Operation) -> tuple[int, int] | None:
    """Return the start and end of the inserted text in the new content, in UTF-16 code units; None
    if the operation inserts at several places or deletes."""
    offset = 0
    found: tuple[int, int] | None = None
    for component in operation["ops"]:
        if "delete" in component:
            return None
        if "insert" not in component:
            offset += component["retain"]
            continue
        end = offset + extent(component["insert"])
        if found is not None and found[1] != offset:
            return None
        found = (offset if found is None else found[0], end)
        offset = end
    return found
