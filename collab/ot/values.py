"""Normalize, compare and measure the JSON values of documents.

Numbers have the form that JavaScript gives them, so that all editors hold equal values: a whole
number within ±(2^53 - 1) is an `int`, every other number the nearest double. Each number has only
one form, so equal values have equal sizes.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import msgspec

from .meter import Meter
from .utf16 import length

__all__ = [
    "LARGEST_INTEGER",
    "Misfit",
    "add",
    "checked",
    "count",
    "key",
    "number",
    "same",
    "shown",
    "size",
    "text",
]

LARGEST_INTEGER = 2**53 - 1

FORBIDDEN_KEY = "__proto__"
"""In a browser, setting this key of an object doesn't make a member."""

PREVIEW = 60

VALUES_OF_STEP = 4
CHARACTERS_OF_STEP = 4096
"""The values, and the characters of strings, that are compared in the time of one step."""

_encode = msgspec.json.Encoder().encode


class Misfit(ValueError):
    """A value or component is invalid; the code that catches it adds which one."""


def checked(value: Any, depth: int) -> Any:
    """Return the value with its numbers normalized; the same object if nothing changes.

    Args:
        depth: the limit of nested lists and objects.

    Raises:
        Misfit: the value is not a JSON value, or is nested too deep.
    """
    return _checked(value, depth, depth)


def _checked(value: Any, left: int, depth: int) -> Any:
    kind = type(value)
    if value is None or kind is bool:
        return value
    if kind is str:
        return text(value)
    if kind is int or kind is float:
        return number(value)
    if kind is not list and kind is not dict:
        raise Misfit(f"a {kind.__name__} is not a JSON value")
    if left <= 0:
        raise Misfit(f"it is nested too deep: {depth} levels of lists and objects fit here")
    if kind is list:
        items = [_checked(item, left - 1, depth) for item in value]
        return value if unchanged(items, value) else items
    for name in value:
        key(name)
    members = [_checked(item, left - 1, depth) for item in value.values()]
    if unchanged(members, value.values()):
        return value
    return dict(zip(value, members, strict=True))


def unchanged(new: Any, old: Any) -> bool:
    return all(one is other for one, other in zip(new, old, strict=True))


def text(value: Any) -> str:
    if type(value) is not str:
        raise Misfit(f"got {shown(value)}, expected a string")
    try:
        length(value)
    except UnicodeEncodeError as error:
        raise Misfit(f"a string has a lone surrogate as its character {error.start}") from None
    return value


def key(value: Any) -> str:
    name = text(value)
    if name == FORBIDDEN_KEY:
        raise Misfit(f"{FORBIDDEN_KEY!r} can't be a key: browsers take it for something else")
    return name


def number(value: Any) -> int | float:
    """Return the normalized form of a number."""
    if type(value) is int:
        if -LARGEST_INTEGER <= value <= LARGEST_INTEGER:
            return value
        try:
            value = float(value)
        except OverflowError:
            raise Misfit("a number is too large: JSON's are doubles") from None
    if type(value) is not float:
        raise Misfit(f"got {shown(value)}, expected a number")
    if not math.isfinite(value):
        raise Misfit(f"{value} is not a JSON number")
    if value.is_integer() and abs(value) <= LARGEST_INTEGER:
        return int(value)
    return value


def add(one: float, two: float) -> int | float | None:
    """Return the sum, or None if a double can't represent it exactly.

    Rounded sums depend on the order of additions, which differs between editors.
    """
    exact = Fraction(one) + Fraction(two)
    try:
        total = number(one + two)
    except Misfit:
        return None
    return total if Fraction(total) == exact else None


def same(one: Any, two: Any, meter: Meter | None = None) -> bool:
    """Whether two JSON values are equal: 1 and 1.0 are, 1 and True are not."""
    if one is two:
        return True
    kind = type(one)
    if kind is not type(two):
        return {kind, type(two)} == {int, float} and bool(one == two)
    if kind is not list and kind is not dict:
        if meter is not None and kind is str and len(one) == len(two):
            meter.spend(len(one) // CHARACTERS_OF_STEP)
        return bool(one == two)
    if len(one) != len(two):
        return False
    if meter is not None:
        meter.spend(1 + len(one) // VALUES_OF_STEP)
    if kind is list:
        return all(same(*pair, meter) for pair in zip(one, two, strict=True))
    return one.keys() == two.keys() and all(same(one[name], two[name], meter) for name in one)


def count(value: Any, limit: int | None = None) -> int:
    """Return the number of values in a JSON value, itself included; stop beyond the limit."""
    waiting = [value]
    found = 1
    while waiting:
        held = waiting.pop()
        if type(held) is dict:
            held = held.values()
        elif type(held) is not list:
            continue
        found += len(held)
        if limit is not None and found > limit:
            break
        waiting += [each for each in held if type(each) is dict or type(each) is list]
    return found


def size(value: Any) -> int:
    """Return the bytes of the value's JSON text."""
    return len(_encode(value))


def shown(value: Any) -> str:
    """Return a short text of the value for a message; a long value is not read to its end."""
    written = ""
    try:
        for piece in pieces(value):
            written += piece
            if len(written) > PREVIEW:
                return f"{written[:PREVIEW]}…"
    except (TypeError, ValueError, RecursionError):
        return f"a {type(value).__name__}"
    return written


def pieces(value: Any) -> Iterator[str]:
    """Yield the JSON text of a value in pieces; of a long string only as much as is shown."""
    kind = type(value)
    if kind is str:
        yield json.dumps(value[: PREVIEW + 1])
    elif kind is list:
        yield "["
        for index, item in enumerate(value):
            if index:
                yield ", "
            yield from pieces(item)
        yield "]"
    elif kind is dict:
        yield "{"
        for index, (name, item) in enumerate(value.items()):
            yield f"{', ' if index else ''}{json.dumps(name[: PREVIEW + 1])}: "
            yield from pieces(item)
        yield "}"
    else:
        yield json.dumps(value)
