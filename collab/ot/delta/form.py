"""Check and normalize a JSON value as an operation in the Delta format."""

from __future__ import annotations

from typing import Any

from ...errors import InvalidOperation
from .reader import Component, Operation
from .writer import DeltaWriter

__all__ = [
    "MAXIMUM_COMPONENTS",
    "MAXIMUM_LENGTH",
    "component_list",
    "insert_problem",
    "length_problem",
    "normalize",
]

MAXIMUM_COMPONENTS = 10_000
MAXIMUM_LENGTH = 2**53 - 1
"""The largest length, and sum of lengths, that every JSON parser represents exactly."""

EXPECTED = 'expected {"retain": length}, {"insert": text} or {"delete": length}'


def normalize(operation: Any, max_components: int) -> Operation:
    """Check any JSON value and return its normal form; the same object if it is normal already.

    Raises:
        InvalidOperation: the value is not an operation on text.
    """
    components = component_list(operation, max_components)
    offset = 0
    normal = True
    last = ""
    for index, component in enumerate(components):
        kind, value = _check(component, index, offset)
        if kind != "insert":
            offset += value
            if offset > MAXIMUM_LENGTH:
                raise InvalidOperation(
                    f"lengths add up to more than {MAXIMUM_LENGTH}",
                    component=index,
                    offset=offset - value,
                )
        if not value or kind == last or (kind == "insert" and last == "delete"):
            normal = False
        last = kind
    if normal and last != "retain":
        itself: Operation = operation
        return itself
    writer = DeltaWriter()
    writer.extend(components)
    return writer.operation()


def component_list(operation: Any, maximum: int) -> list[Component]:
    if not isinstance(operation, dict):
        raise InvalidOperation(f'got {_name(operation)}, expected {{"ops": [components]}}')
    if len(operation) != 1 or "ops" not in operation:
        keys = ", ".join(repr(str(key)[:40]) for key in list(operation)[:5]) or "none"
        raise InvalidOperation(f"an operation has the one key 'ops', got {keys}")
    components = operation["ops"]
    if not isinstance(components, list):
        raise InvalidOperation(f"'ops' is {_name(components)}, expected a list of components")
    if len(components) > maximum:
        raise InvalidOperation(
            f"got {len(components)} components, the limit is {maximum}: send several edits"
        )
    return components


def _check(component: Any, index: int, offset: int) -> tuple[str, Any]:
    """Return the component's kind and value; `offset` is its position in the content."""
    problem = None
    if not isinstance(component, dict):
        problem = f"got {_name(component)}, {EXPECTED}"
    elif len(component) != 1:
        problem = f"got {len(component)} keys, {EXPECTED}"
    else:
        ((kind, value),) = component.items()
        if kind == "insert":
            problem = insert_problem(value)
        elif kind in ("retain", "delete"):
            problem = length_problem(kind, value)
        else:
            problem = f"got the key {str(kind)[:40]!r}, {EXPECTED}"
    if problem is not None:
        raise InvalidOperation(problem, component=index, offset=offset)
    return kind, value


def length_problem(kind: str, value: Any) -> str | None:
    # isinstance would accept a bool as an int.
    if type(value) is not int:
        return f"{kind} is {_name(value)}, expected a whole number of UTF-16 code units"
    if value < 0:
        return f"{kind} is negative, expected 0 to {MAXIMUM_LENGTH}"
    if value > MAXIMUM_LENGTH:
        return f"{kind} is larger than {MAXIMUM_LENGTH}"
    return None


def insert_problem(value: Any) -> str | None:
    if not isinstance(value, str):
        return f"insert is {_name(value)}, expected a string"
    if not value.isascii():
        try:
            value.encode("utf-16-le")
        except UnicodeEncodeError as error:
            unit = f"U+{ord(value[error.start]):04X}"
            return f"insert has a lone surrogate, {unit}, as its character {error.start}"
    return None


def _name(value: Any) -> str:
    """Return the kind of a JSON value, for a message."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    names = {dict: "an object", list: "a list", str: "a string", int: "a whole number"}
    return names.get(type(value), "a fraction" if isinstance(value, float) else "no JSON value")
