"""Contents and operations of the type `text`, made of random bytes."""

from __future__ import annotations

from random import Random
from typing import Any

from collab.ot.utf16 import length

from .choices import text_of

__all__ = ["TextCases"]


class TextCases:
    """What the laws need to know of a type: its name, contents, and operations on a content.

    A recipe says what to do without knowing the content, so that contents and recipes are drawn,
    and shrunk, apart from each other.
    """

    name = "text"
    has_cursors = True
    content_bytes = 12
    recipe_bytes = 16

    def content(self, source: bytes) -> str:
        return text_of(source)

    def operation(self, content: str, recipe: bytes) -> dict[str, Any]:
        """An operation that fits the content, in any form that the protocol allows.

        Two bytes make a component: its kind and length, and the text of an insert.
        """
        components: list[dict[str, Any]] = []
        read = 0
        for step, atom in zip(recipe[::2], recipe[1::2], strict=False):
            kind, count = ("retain", "insert", "delete")[step % 3], step // 3 % 5
            if kind == "insert":
                components.append(
                    {"insert": text_of(bytes((atom + i) % 256 for i in range(count)))}
                )
            else:
                piece = content[read : read + count]
                read += len(piece)
                components.append({kind: length(piece)})
        return {"ops": components}

    def length(self, content: str) -> int:
        """The largest offset in the content."""
        return length(content)

    def offset(self, content: str, random: Random) -> int:
        """An offset between whole characters."""
        return length(content[: random.randint(0, len(content))])

    def cursor(self, content: str, choice: int) -> int:
        """The offset between whole characters that a number chooses."""
        return length(content[: choice % (len(content) + 1)])

    def insertion(self, content: str, cursor: int) -> dict[str, Any]:
        """An operation that inserts one unit at the cursor."""
        return {"ops": [{"retain": cursor}, {"insert": "|"}][not cursor :]}

    def insertion_offset(self, operation: dict[str, Any]) -> int:
        """Where an operation of `insertion` inserts, after it was transformed."""
        *before, _ = operation["ops"]
        return sum(component["retain"] for component in before)
