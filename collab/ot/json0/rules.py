"""Rules that transform one component against another on the same content.

The rules are named after what the other component does. `level` says whether both act in the same
list or object; `index` is the step of the path in which the other component acts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..meter import Meter
from . import text0
from .components import Component, as_edit, as_text0, is_text, of_edit
from .lists import Side
from .tree import Tree

__all__ = ["step"]

STEPS_APART = 1
STEPS_OF_MEETING = 3
KEYS_OF_STEP = 16
"""The number of path steps that are compared and copied in the time of one step of work."""


def step(component: Component, other: Component, side: Side, meter: Meter) -> list[Component]:
    """Return `component` transformed against `other`: none, one or two components."""
    if apart(component["p"], other["p"]):
        meter.spend(STEPS_APART)
        return [component]
    meter.spend(STEPS_OF_MEETING + (len(component["p"]) + len(other["p"])) // KEYS_OF_STEP)
    if "ld" in component or "od" in component:
        component = brought_up_to_date(component, other, meter)
    index = place(other, component)
    if index is None:
        return [component]
    if is_text(other):
        return beside_text(component, other, side, meter)
    if "na" in other:
        return [component]
    level = extent(component) == extent(other)
    if "lm" in other or "li" in other or "ld" in other:
        here = at(component, index)
        if type(here) is not int:
            return [component]
        return LIST_RULES[kind(other)](component, other, index, level, side)
    if at(component, index) != at(other, index):
        return [component]
    return MEMBER_RULES[kind(other)](component, other, level, side)


def apart(path: list[str | int], other: list[str | int]) -> bool:
    """Whether two paths differ in the first step, a member of the document: the common case."""
    return bool(path and other) and path[0] != other[0] and type(path[0]) is type(other[0]) is str


def kind(component: Component) -> str:
    if "lm" in component:
        return "lm"
    deleted, inserted = ("ld", "li") if "li" in component or "ld" in component else ("od", "oi")
    if deleted in component:
        return f"{deleted} {inserted}" if inserted in component else deleted
    return inserted


def extent(component: Component) -> int:
    """Return the steps down to the changed value; a number or string counts one step more."""
    return len(component["p"]) + ("na" in component or "t" in component)


def at(component: Component, index: int) -> str | int | None:
    """Return a step of the path, or None beyond its ends."""
    path: list[str | int] = component["p"]
    return path[index] if 0 <= index < len(path) else None


def place(one: Component, other: Component) -> int | None:
    """Return the step in which `one` acts if `other` acts in the same container or below it.

    -1 stands for the whole document.
    """
    depth, other_depth = extent(one), extent(other)
    if depth == 0:
        return -1
    if depth > other_depth or one["p"][: depth - 1] != other["p"][: depth - 1]:
        return None
    return depth - 1


def brought_up_to_date(component: Component, other: Component, meter: Meter) -> Component:
    """Apply `other` to the value that the component deletes, if it acts inside that value."""
    name = "ld" if "ld" in component else "od"
    index = place(component, other)
    below = extent(component)
    if index is None or extent(other) <= below or at(component, index) != at(other, index):
        return component
    changed = Tree(component[name], meter)
    changed.change({**other, "p": other["p"][below:]})
    return {**component, name: changed.content()}


def beside_text(
    component: Component, other: Component, side: Side, meter: Meter
) -> list[Component]:
    if not is_text(component):
        return [component]
    if "t" not in component and "t" not in other:
        if component["p"][:-1] != other["p"][:-1]:
            return [component]
        edits = text0.step(as_edit(component), as_edit(other), side, meter)
        return [of_edit(edit, component["p"]) for edit in edits]
    one, two = as_text0(component), as_text0(other)
    if one["p"] != two["p"]:
        return [component]
    edits = text0.transform(one["o"], two["o"], side, meter)
    if "t" in component:
        return [{**component, "o": edits}]
    return [of_edit(edit, component["p"]) for edit in edits]


def moved_to(component: Component, index: int, here: int, **changes: Any) -> list[Component]:
    path = list(component["p"])
    path[index] = here
    return [{**component, **changes, "p": path}]


def replaced_item(
    component: Component, other: Component, index: int, level: bool, side: Side
) -> list[Component]:
    if at(component, index) != at(other, index):
        return [component]
    if not level:
        return []
    if "ld" not in component:
        return [component]
    if "li" in component and side == "left":
        return [{**component, "ld": other["li"]}]
    return []


def inserted_item(
    component: Component, other: Component, index: int, level: bool, side: Side
) -> list[Component]:
    here, there = component["p"][index], other["p"][index]
    inserts = level and "li" in component and "ld" not in component
    if inserts and here == there:
        return moved_to(component, index, here + 1) if side == "right" else [component]
    changes = {}
    if level and "lm" in component and there <= component["lm"]:
        changes["lm"] = component["lm"] + 1
    return moved_to(component, index, here + 1 if there <= here else here, **changes)


def deleted_item(
    component: Component, other: Component, index: int, level: bool, side: Side
) -> list[Component]:
    here, there = component["p"][index], other["p"][index]
    changes = {}
    if level and "lm" in component:
        if here == there:
            return []
        target = component["lm"]
        if there < target or (there == target and here < target):
            changes["lm"] = target - 1
    if there < here:
        return moved_to(component, index, here - 1, **changes)
    if there > here:
        return [{**component, **changes}]
    if not level:
        return []
    if "ld" not in component:
        return [component]
    if "li" not in component:
        return []
    return [{"p": component["p"], "li": component["li"]}]


def moved_item(
    component: Component, other: Component, index: int, level: bool, side: Side
) -> list[Component]:
    here, start, end = component["p"][index], other["p"][index], other["lm"]
    if level and "lm" in component:
        return beside_move(component, index, start, end, side)
    if level and "li" in component and "ld" not in component:
        here = here - (here > start) + (here > end)
    elif here == start:
        here = end
    else:
        here = here - (here > start) + (here > end or (here == end and start > end))
    return moved_to(component, index, here)


def beside_move(
    component: Component, index: int, other_start: int, other_end: int, side: Side
) -> list[Component]:
    """Transform a move against another move in the same list."""
    start, end = component["p"][index], component["lm"]
    if other_start == other_end:
        return [component]
    if start == other_start:
        if side == "right":
            return []
        return moved_to(component, index, other_end, lm=other_end if start == end else end)
    here, target = start, end
    here -= start > other_start
    if start > other_end:
        here += 1
    elif start == other_end and other_start > other_end:
        here += 1
        target += start == end
    if end > other_start or (end == other_start and end > start):
        target -= 1
    if end > other_end:
        target += 1
    elif end == other_end:
        forward, other_forward = end > start, other_end > other_start
        backward, other_backward = end < start, other_end < other_start
        if (forward and other_forward) or (backward and other_backward):
            target += side == "right"
        elif forward:
            target += 1
        elif end == other_start:
            target -= 1
    return moved_to(component, index, here, lm=target)


def replaced_member(
    component: Component, other: Component, level: bool, side: Side
) -> list[Component]:
    if "oi" in component and level and side == "left":
        return [{**component, "od": other["oi"]}]
    return []


def inserted_member(
    component: Component, other: Component, level: bool, side: Side
) -> list[Component]:
    if "oi" not in component:
        return [component]
    if side == "right":
        return []
    return [{"p": component["p"], "od": other["oi"]}, component]


def deleted_member(
    component: Component, other: Component, level: bool, side: Side
) -> list[Component]:
    if level and "oi" in component:
        return [{"p": component["p"], "oi": component["oi"]}]
    return []


LIST_RULES: dict[str, Callable[[Component, Component, int, bool, Side], list[Component]]] = {
    "ld li": replaced_item,
    "li": inserted_item,
    "ld": deleted_item,
    "lm": moved_item,
}

MEMBER_RULES: dict[str, Callable[[Component, Component, bool, Side], list[Component]]] = {
    "od oi": replaced_member,
    "oi": inserted_member,
    "od": deleted_member,
}
