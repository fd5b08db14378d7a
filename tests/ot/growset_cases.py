"""Contents and operations of somebody else's type, which is registered as they would do it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st

from collab.ot import register

from .growset import GrowSetType
from .json_cases import Choices
from .text_cases import ATOMS

__all__ = ["GrowSetCases"]

register(GrowSetType())


def texts_of(choices: Choices, most: int) -> list[str]:
    return [choices.of(ATOMS) for _ in range(choices.below(most + 1))]


class GrowSetCases:
    """What the laws need to know of the type `growset`, as `TextCases` tells it of `text`."""

    name = "growset"
    contents = st.binary(max_size=8).map(lambda source: sorted(set(texts_of(Choices(source), 7))))
    recipes = st.binary(max_size=12)

    def operation(self, content: list[str], recipe: bytes) -> dict[str, Any]:
        choices = Choices(recipe)
        add = texts_of(choices, 4)
        remove = [text for text in texts_of(choices, 4) if text not in add]
        return {"add": add, "remove": remove} if choices.below(3) else {"add": add}

    def cursors(self, content: list[str]) -> Any:
        pytest.skip("there are no places in a set")
