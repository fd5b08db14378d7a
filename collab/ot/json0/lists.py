"""Transform lists of components with a rule for two components.

Both lists apply to the same content; each component applies after those before it in its list.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

from ..meter import Meter

__all__ = ["Append", "Side", "Step", "transform"]

Side = Literal["left", "right"]
Component = dict[str, Any]
Step = Callable[[Component, Component, Side, Meter], list[Component]]
Append = Callable[[list[Component], Component, Meter], None]


def transform(
    components: list[Component],
    others: list[Component],
    side: Side,
    step: Step,
    append: Append,
    meter: Meter,
) -> list[Component]:
    """Return `components` transformed against `others`.

    Args:
        step: transforms one component against another, into none, one or several.
        append: adds a component to a list, joined with the last one where possible.
        meter: `step` and `append` spend their work on it.
    """
    if not others:
        return components
    if side == "left":
        return cross(components, others, step, append, meter)[0]
    return cross(others, components, step, append, meter)[1]


class Crossing:
    """The components of the right list on their way past those of the left list.

    `passed` holds those of the left list that a component had passed when it was divided.
    """

    __slots__ = ("crossed", "left", "passed", "waiting")

    def __init__(self, left: Sequence[Component], right: Sequence[Component]) -> None:
        self.left = list(left)
        self.waiting = list(reversed(right))
        self.crossed: list[Component] = []
        self.passed: list[Component] = []


def cross(
    left: Sequence[Component],
    right: Sequence[Component],
    step: Step,
    append: Append,
    meter: Meter,
) -> tuple[list[Component], list[Component]]:
    """Return both lists, each transformed against the other.

    If a component is divided, its pieces pass the rest of the left list one after the other. A
    stack holds these passes; it may become as deep as the left list is long.
    """
    stack = [Crossing(left, right)]
    while True:
        crossing = stack[-1]
        if crossing.waiting:
            pieces = advance(crossing, step, append, meter)
            if pieces is not None:
                stack.append(pieces)
            continue
        stack.pop()
        if not stack:
            return crossing.left, crossing.crossed
        outer = stack[-1]
        extend(outer.passed, crossing.left, append, meter)
        outer.left, outer.passed = outer.passed, []
        extend(outer.crossed, crossing.crossed, append, meter)


def advance(crossing: Crossing, step: Step, append: Append, meter: Meter) -> Crossing | None:
    """Move the next component past the left list; return the pieces if it is divided on the way."""
    component = crossing.waiting.pop()
    passed: list[Component] = []
    for index, one in enumerate(crossing.left):
        moved = step(component, one, "right", meter)
        extend(passed, step(one, component, "left", meter), append, meter)
        if len(moved) == 1:
            component = moved[0]
        elif moved:
            crossing.passed = passed
            return Crossing(crossing.left[index + 1 :], moved)
        else:
            extend(passed, crossing.left[index + 1 :], append, meter)
            crossing.left = passed
            return None
    crossing.left = passed
    append(crossing.crossed, component, meter)
    return None


def extend(
    components: list[Component], more: Sequence[Component], append: Append, meter: Meter
) -> None:
    for component in more:
        append(components, component, meter)
