"""Contents and operations of somebody else's type, which is registered as they would do it."""

from __future__ import annotations

from typing import Any

from collab.ot import register

from .choices import ATOMS, Choices
from .growset import GrowSetType

__all__ = ["GrowSetCases"]

register(GrowSetType())


def texts_of(choices: Choices, most: int) -> list[str]:
    return [choices.of(ATOMS) for _ in range(choices.below(most + 1))]


class GrowSetCases:
    """What the laws need to know of the type `growset`, as `TextCases` tells it of `text`."""

    name = "growset"
    has_cursors = False
    content_bytes = 8
    recipe_bytes = 12

    def content(self, source: bytes) -> list[str]:
        return sorted(set(texts_of(Choices(source), 7)))

    def operation(self, content: list[str], recipe: bytes) -> dict[str, Any]:
        choices = Choices(recipe)
        add = texts_of(choices, 4)
        remove = [text for text in texts_of(choices, 4) if text not in add]
        return {"add": add, "remove": remove} if choices.below(3) else {"add": add}
