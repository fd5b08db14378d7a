"""Contents and operations of the type `text`, made of random bytes."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import strategies as st

from collab.ot.utf16 import length

__all__ = ["TextCases", "text_of"]

ATOMS = ["a", "b", " ", "\n", "é", "漢", "\uffff", "😀", "\U0001d4b3", "👨‍👩‍👧", "\u200d"]


def text_of(source: bytes) -> str:
    """One character, or family of characters, for each byte."""
    return "".join(ATOMS[byte % len(ATOMS)] for byte in source)


class TextCases:
    """What the laws need to know of a type: its name, contents, and operations on a content.

    A recipe says what to do without knowing the content, so that contents and recipes are drawn,
    and shrunk, apart from each other.
    """

    name = "text"
    contents = st.binary(max_size=12).map(text_of)
    recipes = st.binary(max_size=16)

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

    def cursors(self, content: str) -> st.SearchStrategy[int]:
        """Offsets between whole characters."""
        return st.integers(0, len(content)).map(lambda index: length(content[:index]))

    def insertion(self, content: str, cursor: int) -> dict[str, Any]:
        """An operation that inserts one unit at the cursor."""
        return {"ops": [{"retain": cursor}, {"insert": "|"}][not cursor :]}

    def insertion_offset(self, operation: dict[str, Any]) -> int:
        """Where an operation of `insertion` inserts, after it was transformed."""
        *before, _ = operation["ops"]
        return sum(component["retain"] for component in before)
