"""Contents and operations of the type `richtext`, made of random bytes."""

from __future__ import annotations

from random import Random
from typing import Any

from collab.ot import get_type
from collab.ot.delta import extent

from .choices import Choices

__all__ = ["RichTextCases", "richtext_of"]

KEYS = ["bold", "bold", "link", "é", ""]
VALUES: list[Any] = [True, False, 1, 0, "", "x", "漢😀", 2.5, None, None]
EMBEDS: list[Any] = [{"image": "a"}, {"image": "b"}, {"rule": True}, {"rule": 1}, {"": [{"x": []}]}]


def attributes_of(choices: Choices) -> dict[str, Any] | None:
    if choices.below(2):
        return None
    return {choices.of(KEYS): choices.of(VALUES) for _ in range(choices.below(3))}


def insert_of(choices: Choices) -> Any:
    return choices.of(EMBEDS) if choices.below(5) == 4 else choices.text(4)


def component_of(kind: str, value: Any, attributes: dict[str, Any] | None) -> dict[str, Any]:
    return {kind: value} if attributes is None else {kind: value, "attributes": attributes}


def richtext_of(source: bytes) -> dict[str, Any]:
    """Content in normal form."""
    choices = Choices(source)
    inserts = [
        component_of("insert", insert_of(choices), attributes_of(choices))
        for _ in range(choices.below(6))
    ]
    return get_type("richtext").create({"ops": inserts})


class RichTextCases:
    """What the laws need to know of the type `richtext`, as `TextCases` tells it of `text`."""

    name = "richtext"
    has_cursors = True
    content_bytes = 32
    recipe_bytes = 32

    def content(self, source: bytes) -> dict[str, Any]:
        return richtext_of(source)

    def operation(self, content: dict[str, Any], recipe: bytes) -> dict[str, Any]:
        choices = Choices(recipe)
        components: list[dict[str, Any]] = []
        left = characters(content)
        for _ in range(choices.below(7)):
            kind = choices.of(["retain", "insert", "retain", "delete"])
            if kind == "insert":
                components.append(component_of(kind, insert_of(choices), attributes_of(choices)))
                continue
            count = choices.below(5)
            size = sum(extent(character) for character in left[:count])
            del left[:count]
            if kind == "retain":
                components.append(component_of(kind, size, attributes_of(choices)))
            else:
                components.append({kind: size})
        return {"ops": components}

    def length(self, content: dict[str, Any]) -> int:
        return sum(extent(run["insert"]) for run in content["ops"])

    def offset(self, content: dict[str, Any], random: Random) -> int:
        """An offset between whole characters."""
        found = characters(content)
        return sum(extent(character) for character in found[: random.randint(0, len(found))])

    def cursor(self, content: dict[str, Any], choice: int) -> int:
        """The offset between whole characters that a number chooses."""
        found = characters(content)
        return sum(extent(character) for character in found[: choice % (len(found) + 1)])

    def insertion(self, content: dict[str, Any], cursor: int) -> dict[str, Any]:
        """An operation that inserts one unit at the cursor."""
        return {"ops": [{"retain": cursor}, {"insert": "|"}][not cursor :]}

    def insertion_offset(self, operation: dict[str, Any]) -> int:
        """Where an operation of `insertion` inserts, after it was transformed."""
        *before, _ = operation["ops"]
        return sum(component["retain"] for component in before)


def characters(content: dict[str, Any]) -> list[Any]:
    """The characters and embeds of the content, one by one."""
    found: list[Any] = []
    for run in content["ops"]:
        found += run["insert"] if isinstance(run["insert"], str) else [run["insert"]]
    return found
