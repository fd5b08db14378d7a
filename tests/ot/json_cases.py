"""Contents and operations of the type `json`, made of random bytes."""

from __future__ import annotations

from typing import Any

from collab.ot import get_type
from collab.ot.utf16 import length

from .choices import Choices

__all__ = ["JsonCases", "document_of"]

KEYS = ["a", "b", "é", "", "0"]
SCALARS: list[Any] = [None, True, False, 0, 1, -7, 2.5, 2**53 - 1, 1e300, "", "a", "漢😀", "x\n"]
KINDS = ["oi", "oi", "od", "od oi", "li", "li", "ld", "ld li", "lm", "lm", "na", "si", "sd", "t"]


def value_of(choices: Choices, depth: int = 3) -> Any:
    kind = choices.below(6) if depth else 0
    if kind in (1, 2):
        return [value_of(choices, depth - 1) for _ in range(choices.below(5))]
    if kind in (3, 4):
        return {choices.of(KEYS): value_of(choices, depth - 1) for _ in range(choices.below(4))}
    if kind == 5:
        return choices.text(5)
    return choices.of(SCALARS)


def document_of(choices: Choices) -> Any:
    """A document in which the most kinds of operations have a place."""
    return choices.of(
        [
            {"a": [value_of(choices, 1) for _ in range(choices.below(5))], "b": choices.text(5)},
            [value_of(choices, 1) for _ in range(choices.below(5))],
            {choices.of(KEYS): value_of(choices) for _ in range(choices.below(4))},
            value_of(choices) or {},
        ]
    )


def places(content: Any, path: list[Any]) -> list[tuple[list[Any], Any]]:
    """Every value in a content, with the path to it; the outer ones first."""
    found = [(path, content)]
    if isinstance(content, list):
        for index, item in enumerate(content):
            found += places(item, [*path, index])
    if isinstance(content, dict):
        for name, item in content.items():
            found += places(item, [*path, name])
    return found


def component_of(content: Any, choices: Choices) -> dict[str, Any] | None:
    """A component that fits the content; None if what was chosen can't be done there."""
    kind = choices.of(KINDS)
    fitting = [place for place in places(content, []) if fits(place, kind)]
    if not fitting:
        return None
    path, value = choices.of(fitting)
    made: Any = {
        "oi": lambda: {
            "p": [*path, choices.of([k for k in KEYS if k not in value])],
            "oi": value_of(choices, 2),
        },
        "od": lambda: {"p": path, "od": value},
        "od oi": lambda: {"p": path, "od": value, "oi": value_of(choices, 2) or {}},
        "li": lambda: {"p": [*path, choices.below(len(value) + 1)], "li": value_of(choices, 2)},
        "ld": lambda: {"p": path, "ld": value},
        "ld li": lambda: {"p": path, "ld": value, "li": value_of(choices, 2)},
        "lm": lambda: moved(content, path, choices),
        "na": lambda: {"p": path, "na": choices.of([1, 2, -3, 0.5, 0])},
        "si": lambda: text_of_kind(path, value, choices, "i"),
        "sd": lambda: text_of_kind(path, value, choices, "d"),
        "t": lambda: embedded(path, value, choices),
    }
    return made[kind]()


def fits(place: tuple[list[Any], Any], kind: str) -> bool:
    path, value = place
    if kind == "oi":
        return isinstance(value, dict) and not all(key in value for key in KEYS)
    if kind == "li":
        return isinstance(value, list)
    if kind in ("od", "od oi"):
        return isinstance(path[-1], str) if path else kind == "od oi"
    if kind in ("ld", "ld li", "lm"):
        return bool(path) and isinstance(path[-1], int)
    if kind == "na":
        return (type(value) is int and abs(value) < 1000) or value == 2.5
    return isinstance(value, str)


def moved(content: Any, path: list[Any], choices: Choices) -> dict[str, Any]:
    for step in path[:-1]:
        content = content[step]
    return {"p": path, "lm": choices.below(len(content))}


def edit(value: str, choices: Choices, kind: str) -> dict[str, Any]:
    start = choices.below(len(value) + 1)
    offset = length(value[:start])
    if kind == "i":
        return {"p": offset, "i": choices.text(3)}
    return {"p": offset, "d": value[start : start + 1 + choices.below(4)]}


def text_of_kind(path: list[Any], value: str, choices: Choices, kind: str) -> dict[str, Any]:
    made = edit(value, choices, kind)
    return {"p": [*path, made["p"]], f"s{kind}": made[kind]}


def embedded(path: list[Any], value: str, choices: Choices) -> dict[str, Any]:
    edits = []
    for _ in range(choices.below(4)):
        kind = choices.of(["i", "d"])
        made = edit(value, choices, kind)
        edits.append(made)
        whole = {"p": [], "t": "text0", "o": [made]}
        value = get_type("json").apply(value, [whole])
    return {"p": path, "t": "text0", "o": edits}


class JsonCases:
    """What the laws need to know of the type `json`, as `TextCases` tells it of `text`."""

    name = "json"
    has_cursors = False
    content_bytes = 24
    recipe_bytes = 24

    def content(self, source: bytes) -> Any:
        return document_of(Choices(source))

    def operation(self, content: Any, recipe: bytes) -> list[dict[str, Any]]:
        kind, choices = get_type("json"), Choices(recipe)
        operation: list[dict[str, Any]] = []
        for _ in range(choices.below(5)):
            component = component_of(content, choices)
            if component is not None:
                content = kind.apply(content, [component])
                operation.append(component)
        return operation
