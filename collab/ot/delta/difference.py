"""What leads from one rich text to another."""

from __future__ import annotations

from ..affixes import common_prefix, common_suffix
from ..utf16 import length
from ..values import same
from . import attributes
from .reader import Component, DeltaReader, Operation
from .writer import DeltaWriter

__all__ = ["difference"]

PLACEHOLDER = "\ufffc"
"""Stands for an embed, of whatever kind, while texts are compared."""


def difference(before: list[Component], after: list[Component]) -> Operation:
    """An operation that makes `before` into `after`, both lists of inserts in normal form.

    What stands between the beginning and the end that their texts have in common is replaced; on
    these, attributes are changed and embeds replaced where they are not the same.
    """
    old, new = text_of(before), text_of(after)
    start = common_prefix(old, new)
    end = common_suffix(old, new, min(len(old), len(new)) - start)
    mine, theirs = DeltaReader(before), DeltaReader(after)
    writer = DeltaWriter()
    _reformat(mine, theirs, length(old[:start]), writer)
    _replace(
        mine,
        theirs,
        length(old[start : len(old) - end]),
        length(new[start : len(new) - end]),
        writer,
    )
    _reformat(mine, theirs, length(old[len(old) - end :]), writer)
    return writer.operation()


def text_of(content: list[Component]) -> str:
    inserts = (component["insert"] for component in content)
    return "".join(insert if type(insert) is str else PLACEHOLDER for insert in inserts)


def _reformat(mine: DeltaReader, theirs: DeltaReader, left: int, writer: DeltaWriter) -> None:
    while left:
        count = min(left, mine.left, theirs.left)
        old, new = mine.take(count), theirs.take(count)
        if same(old["insert"], new["insert"]):
            change = attributes.difference(old.get("attributes"), new.get("attributes"))
            writer.retain(count, change)
        else:
            writer.push(new)
            writer.delete(count)
        left -= count


def _replace(
    mine: DeltaReader, theirs: DeltaReader, removed: int, added: int, writer: DeltaWriter
) -> None:
    writer.delete(removed)
    while removed:
        count = min(removed, mine.left)
        mine.skip(count)
        removed -= count
    while added:
        count = min(added, theirs.left)
        writer.push(theirs.take(count))
        added -= count
