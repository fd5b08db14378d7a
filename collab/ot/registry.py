"""The operation types by name."""

from __future__ import annotations

from ..errors import WrongDocType
from .types import OperationType

__all__ = ["get_type", "register", "types"]

_types: dict[str, OperationType] = {}


def register(operation_type: OperationType) -> None:
    """Make a type available under its name; the one registered last under a name counts."""
    _types[operation_type.name] = operation_type


def types() -> tuple[str, ...]:
    """The names of all types, sorted."""
    return tuple(sorted(_types))


def get_type(name: str) -> OperationType:
    """The type of this name.

    Raises:
        WrongDocType: there is none; the message names those that there are.
    """
    try:
        return _types[name]
    except (KeyError, TypeError):
        known = ", ".join(f"'{known}'" for known in types())
        raise WrongDocType(
            f"there is no document type {str(name)[:40]!r}: known are {known}"
        ) from None
