"""JSON values that nobody expects."""

from __future__ import annotations

import math
from typing import Any

from .choices import Choices

__all__ = ["misshape", "value_of"]

KEYS = ["ops", "retain", "insert", "delete", "attributes", "p", "x", "", "é", "\ud83d", "__proto__"]
KEYS += ["oi", "od", "li", "ld", "lm", "na", "si", "sd", "t", "o", "i", "d"]
NUMBERS: list[Any] = [0, 1, 2, -1, 0.0, -0.0, 1.0, 1.5, 2**31, 2**53 + 1, -(2**64), 10**400]
NUMBERS += [1e300, 5e-324, math.inf, -math.inf]
SCALARS: list[Any] = [None, True, False, "", "a", "0", "漢😀", "text0", "\ud83d", "x\ude00", "\x00"]
SCALARS += NUMBERS


def value_of(choices: Choices, depth: int = 4) -> Any:
    kind = choices.below(5) if depth else 0
    if kind in (1, 2):
        return [value_of(choices, depth - 1) for _ in range(choices.below(4))]
    if kind in (3, 4):
        return {choices.of(KEYS): value_of(choices, depth - 1) for _ in range(choices.below(4))}
    return choices.of(SCALARS)


def misshape(value: Any, choices: Choices) -> Any:
    """The value with one place of it changed: replaced, left out, doubled, or one key more."""
    if choices.below(6) == 5 or not isinstance(value, dict | list) or not value:
        return value_of(choices, 2)
    if isinstance(value, list):
        index = choices.below(len(value))
        inner = value[index]
        changed = choices.of([[inner], [], [inner, inner]])
        if changed == [inner]:
            changed = [misshape(inner, choices)]
        return [*value[:index], *changed, *value[index + 1 :]]
    key = choices.of(sorted(value))
    change = choices.below(4)
    if change == 1:
        return {name: inner for name, inner in value.items() if name != key}
    if change == 2:
        return {**value, choices.of(KEYS): value_of(choices, 2)}
    return {**value, key: misshape(value[key], choices)}
