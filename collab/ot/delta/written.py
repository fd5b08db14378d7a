"""Where an operation writes."""

from __future__ import annotations

from .reader import Operation, extent

__all__ = ["written"]


def written(operation: Operation) -> tuple[int, int] | None:
    """From where to where, in the content that the operation makes, in UTF-16 code units; None
    unless that is one place and nothing is deleted."""
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
