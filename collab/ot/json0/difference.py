"""What leads from one JSON value to another."""

from __future__ import annotations

from typing import Any

from ..affixes import common_prefix, common_suffix
from ..meter import Meter
from ..utf16 import length
from ..values import same
from .components import Component, Operation, append

__all__ = ["difference"]


def difference(before: Any, after: Any, maximum_components: int) -> Operation:
    """Members and items are compared one by one, from both ends of a list; strings are edited
    where they differ, and other values replaced.

    What would take more than `maximum_components` replaces the whole.
    """
    changes: list[Component] = []
    compare(changes, [], before, after)
    operation: Operation = []
    meter = Meter()
    for change in changes:
        append(operation, change, meter)
    if len(operation) > maximum_components:
        return [{"p": [], "od": before, "oi": after}]
    return operation


def compare(changes: list[Component], path: list[Any], before: Any, after: Any) -> None:
    kind = type(before)
    if kind is not type(after):
        replace(changes, path, before, after)
    elif kind is dict:
        compare_members(changes, path, before, after)
    elif kind is list:
        compare_items(changes, path, before, after)
    elif kind is str:
        compare_texts(changes, path, before, after)
    elif before != after:
        replace(changes, path, before, after)


def replace(changes: list[Component], path: list[Any], before: Any, after: Any) -> None:
    in_list = path and type(path[-1]) is int
    deleted, inserted = ("ld", "li") if in_list else ("od", "oi")
    changes.append({"p": path, deleted: before, inserted: after})


def compare_members(
    changes: list[Component], path: list[Any], before: dict[str, Any], after: dict[str, Any]
) -> None:
    for name, value in before.items():
        if name not in after:
            changes.append({"p": [*path, name], "od": value})
    for name, value in after.items():
        if name in before:
            compare(changes, [*path, name], before[name], value)
        else:
            changes.append({"p": [*path, name], "oi": value})


def compare_items(
    changes: list[Component], path: list[Any], before: list[Any], after: list[Any]
) -> None:
    most = min(len(before), len(after))
    start = 0
    while start < most and same(before[start], after[start]):
        start += 1
    end = 0
    while end < most - start and same(before[-1 - end], after[-1 - end]):
        end += 1
    # Items between that both lists have places for are changed where they are.
    for index in range(start, most - end):
        compare(changes, [*path, index], before[index], after[index])
    first = most - end
    surplus = range(len(before) - end - 1, first - 1, -1)
    missing = range(first, len(after) - end)
    changes += ({"p": [*path, index], "ld": before[index]} for index in surplus)
    changes += ({"p": [*path, index], "li": after[index]} for index in missing)


def compare_texts(changes: list[Component], path: list[Any], before: str, after: str) -> None:
    start = common_prefix(before, after)
    end = common_suffix(before, after, min(len(before), len(after)) - start)
    place = [*path, length(before[:start])]
    if start + end < len(before):
        changes.append({"p": place, "sd": before[start : len(before) - end]})
    if start + end < len(after):
        changes.append({"p": place, "si": after[start : len(after) - end]})
