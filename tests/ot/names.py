"""Cases whose keys are named as the members of every JavaScript object: the answers stay."""

from __future__ import annotations

from typing import Any

__all__ = ["renamed_delta", "renamed_json"]

NAMES = [
    "constructor",
    "toString",
    "hasOwnProperty",
    "valueOf",
    "__defineGetter__",
    "isPrototypeOf",
    "toLocaleString",
    "__lookupSetter__",
    "propertyIsEnumerable",
    "__wrapped__",
    "length",
    "toJSON",
    "__defineSetter__",
    "__lookupGetter__",
]

DELTA_KEYS = ["bold", "link", "é", "", "image", "rule"]
JSON_KEYS = ["a", "b", "c", "", "0", "é", "x"]

VALUES = {"content", "applied_a", "applied_b", "merged", "merged_other"}


def names_for(keys: list[str], number: int) -> dict[str, str]:
    return {key: NAMES[(number + index) % len(NAMES)] for index, key in enumerate(keys)}


def renamed_delta(case: dict[str, Any], number: int) -> dict[str, Any]:
    """The same case under other names of attributes and embeds, which depend on its number."""
    names = names_for(DELTA_KEYS, number)
    return {
        field: {"ops": [renamed_component(op, names) for op in value["ops"]]}
        if isinstance(value, dict)
        else value
        for field, value in case.items()
    }


def renamed_component(component: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        field: {names.get(key, key): each for key, each in value.items()}
        if isinstance(value, dict)
        else value
        for field, value in component.items()
    }


def renamed_json(case: dict[str, Any], number: int) -> dict[str, Any]:
    """The same case under other names of members, which depend on its number."""
    names = names_for(JSON_KEYS, number)
    return {
        field: renamed_value(value, names)
        if field in VALUES
        else [renamed_step(component, names) for component in value]
        for field, value in case.items()
    }


def renamed_step(component: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {
        field: [names.get(step, step) for step in value]
        if field == "p"
        else renamed_value(value, names)
        if field in {"oi", "od", "li", "ld"}
        else value
        for field, value in component.items()
    }


def renamed_value(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, list):
        return [renamed_value(item, names) for item in value]
    if isinstance(value, dict):
        return {names.get(key, key): renamed_value(item, names) for key, item in value.items()}
    return value
