"""A set of texts that grows: a document type of somebody else.

Content is a sorted list of texts. An operation `{"add": [texts], "remove": [texts]}` has both lists
sorted and leaves out an empty one. Editors add; `remove` is there for what takes an addition back:
the inverse of an operation, and the way to an older version.
"""

from __future__ import annotations

from typing import Any

from collab.errors import InvalidOperation
from collab.ot import PlainBuffer, Side

__all__ = ["GrowSetType"]

MAXIMUM_TEXTS = 1000


class GrowSetType:
    """The type `growset`."""

    name = "growset"

    def create(self, content: Any = None) -> list[str]:
        return [] if content is None else sorted_texts(content, "content of a growset")

    def check(self, operation: Any) -> None:
        self.normalize(operation)

    def normalize(self, operation: Any) -> dict[str, list[str]]:
        if type(operation) is not dict or not operation.keys() <= {"add", "remove"}:
            raise InvalidOperation('expected {"add": [texts]}, and maybe "remove"')
        add, remove = (
            sorted_texts(operation.get(key, []), f"'{key}'") for key in ("add", "remove")
        )
        if len(add) + len(remove) > MAXIMUM_TEXTS:
            raise InvalidOperation(
                f"got {len(add) + len(remove)} texts, the limit is {MAXIMUM_TEXTS}: "
                "send several edits"
            )
        both = set(add).intersection(remove)
        if both:
            raise InvalidOperation(f"{min(both)[:40]!r} can't be added and removed at once")
        return made_of(set(add), set(remove))

    def apply(self, content: list[str], operation: dict[str, list[str]]) -> list[str]:
        add, remove = parts(operation)
        return sorted(set(content) - remove | add)

    def compose(
        self, first: dict[str, list[str]], second: dict[str, list[str]]
    ) -> dict[str, list[str]]:
        add, remove = parts(first)
        later_add, later_remove = parts(second)
        return made_of(add - later_remove | later_add, remove - later_add | later_remove)

    def transform(
        self, operation: dict[str, list[str]], other: dict[str, list[str]], side: Side
    ) -> dict[str, list[str]]:
        """What is added by anybody stays, whoever was first: so `side` makes no difference."""
        add, remove = parts(operation)
        return made_of(add, remove - parts(other)[0])

    def invert(self, operation: dict[str, list[str]], content: list[str]) -> dict[str, list[str]]:
        add, remove = parts(operation)
        return made_of(remove.intersection(content), add.difference(content))

    def difference(self, before: list[str], after: list[str]) -> dict[str, list[str]]:
        return made_of(set(after).difference(before), set(before).difference(after))

    def transform_cursor(self, offset: int, operation: dict[str, list[str]], own: bool) -> int:
        """A set has no places, so nobody has a cursor in it."""
        return offset

    def buffer(self, content: list[str]) -> PlainBuffer:
        return PlainBuffer(self, content)


def sorted_texts(texts: Any, what: str) -> list[str]:
    if type(texts) is not list or not all(type(text) is str for text in texts):
        raise InvalidOperation(f"{what} is a list of texts")
    if any("\ud800" <= character <= "\udfff" for text in texts for character in text):
        raise InvalidOperation(f"{what} has a lone surrogate, which can't be stored")
    return sorted(set(texts))


def parts(operation: dict[str, list[str]]) -> tuple[set[str], set[str]]:
    return set(operation.get("add", [])), set(operation.get("remove", []))


def made_of(add: set[str], remove: set[str]) -> dict[str, list[str]]:
    """The normal form of an operation."""
    lists = {"add": sorted(add), "remove": sorted(remove)}
    return {key: texts for key, texts in lists.items() if texts}
