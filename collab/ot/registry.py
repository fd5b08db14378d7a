"""The registry of operation types."""

from __future__ import annotations

from ..errors import WrongDocType
from .types import OperationType

__all__ = ["get_type", "register", "types"]

_types: dict[str, OperationType] = {}


def register(operation_type: OperationType) -> None:
    """Register a type under its name. It replaces an earlier type of this name."""
    _types[operation_type.name] = operation_type


def types() -> tuple[str, ...]:
    """Return the names of all types, sorted."""
    return tuple(sorted(_types))


def get_type(name: str) -> OperationType:
    """Return the type of this name.

    Raises:
        WrongDocType: no type has this name; the message lists the names.
    """
    try:
        return _types[name]
    except (KeyError, TypeError):
        known = ", ".join(f"'{known}'" for known in types())
        raise WrongDocType(
            f"there is no document type {str(name)[:40]!r}: known are {known}"
        ) from None
