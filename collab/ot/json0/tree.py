"""A JSON value that is changed in place, component by component.

Values that may be shared are never modified: the initial value, the values in operations, and what
`content` has returned. Before its first change, a shared list or object is copied, without the
values in it; the copy belongs to the tree.
"""

from __future__ import annotations

from typing import Any

from ..meter import Meter
from ..values import Misfit, add, same, shown, size
from . import text0
from .components import Component, as_text0, is_text

__all__ = ["Tree"]

STEPS_OF_FINDING = 3
KEYS_OF_STEP = 4
ITEMS_OF_STEP = 256
MEMBERS_OF_STEP = 64
MOVES_OF_STEP = 1024
"""The path steps, the copied items and members, and the items moved by one place in the time of one
step of work."""


class Tree:
    """`change` raises `Misfit` and changes nothing if a component doesn't fit.

    It spends its work in advance, so `TooMuchWork` leaves everything unchanged as well.
    """

    __slots__ = ("_own", "_size", "_top", "meter")

    def __init__(self, content: Any, meter: Meter) -> None:
        self._top = [content]
        self.meter = meter
        # Keeping a reference to each value prevents the reuse of its id.
        self._own: dict[int, Any] = {}
        self._size: int | None = None

    @property
    def size(self) -> int:
        """The bytes of the JSON text."""
        if self._size is None:
            self._size = size(self._top[0])
        return self._size

    @size.setter
    def size(self, known: int) -> None:
        self._size = known

    def content(self) -> Any:
        self._own = {}
        return self._top[0]

    def change(self, component: Component) -> None:
        try:
            if is_text(component):
                self._edit(as_text0(component))
            elif "na" in component:
                self._add(component)
            elif "lm" in component:
                self._move(component)
            elif "li" in component or "ld" in component:
                self._change_item(component)
            else:
                self._change_member(component)
        except Misfit as problem:
            raise Misfit(f"path {shown(component['p'])}: {problem}") from None

    def _edit(self, component: Component) -> None:
        holder, key = self._find(component["p"])
        text = value_at(holder, key)
        if type(text) is not str:
            raise Misfit(f"there is {shown(text)}, not a string")
        holder[key] = text0.apply(text, component["o"], self.meter)
        self._grow(lambda: sum(map(growth_of, component["o"])))

    def _add(self, component: Component) -> None:
        holder, key = self._find(component["p"])
        value = value_at(holder, key)
        if type(value) is not int and type(value) is not float:
            raise Misfit(f"there is {shown(value)}, not a number")
        total = add(value, component["na"])
        if total is None:
            raise Misfit(
                f"a double doesn't hold {shown(value)} + {shown(component['na'])} exactly, and "
                "rounded sums depend on the order of edits: replace the number instead"
            )
        self._put(holder, key, value, total)

    def _move(self, component: Component) -> None:
        items, index = self._find_item(component["p"])
        value_at(items, index)
        target = component["lm"]
        if target >= len(items):
            raise Misfit(f"can't move to {target} in a list of {len(items)}")
        self.meter.spend(len(items) // MOVES_OF_STEP)
        items.insert(target, items.pop(index))

    def _change_item(self, component: Component) -> None:
        items, index = self._find_item(component["p"])
        if "ld" not in component or "li" not in component:
            self.meter.spend(len(items) // MOVES_OF_STEP)
        if "ld" not in component:
            if index > len(items):
                raise Misfit(f"can't insert at {index} in a list of {len(items)}")
            items.insert(index, component["li"])
            self._grow(lambda: size(component["li"]) + (len(items) > 1))
            return
        expect(value_at(items, index), component["ld"], "ld", self.meter)
        if "li" in component:
            self._put(items, index, component["ld"], component["li"])
        else:
            del items[index]
            self._grow(lambda: -size(component["ld"]) - (len(items) > 0))

    def _find_item(self, path: list[Any]) -> tuple[list[Any], int]:
        items, index = self._find(path)
        if type(items) is not list or items is self._top:
            raise Misfit(f"it leads into {shown(items)}, not into a list")
        return items, index

    def _change_member(self, component: Component) -> None:
        members, key = self._find(component["p"])
        if type(members) is not dict and members is not self._top:
            raise Misfit(f"it leads into {shown(members)}, not into an object")
        if "od" not in component:
            if type(members) is list or key in members:
                raise Misfit(f"there is {shown(members[key])} already: give it as od to replace it")
            members[key] = component["oi"]
            self._grow(lambda: size(key) + 1 + size(component["oi"]) + (len(members) > 1))
            return
        expect(value_at(members, key), component["od"], "od", self.meter)
        if "oi" in component:
            self._put(members, key, component["od"], component["oi"])
        else:
            del members[key]
            self._grow(lambda: -size(key) - 1 - size(component["od"]) - (len(members) > 0))

    def _find(self, path: list[Any]) -> tuple[Any, Any]:
        """Return the list or object at the path's parent, owned by the tree, and the last step."""
        self.meter.spend(STEPS_OF_FINDING + len(path) // KEYS_OF_STEP)
        holder: Any = self._top
        key: Any = 0
        for step in path:
            value = value_at(holder, key)
            holder, key = self._made_own(holder, key, value), step
        return holder, key

    def _made_own(self, holder: Any, key: Any, value: Any) -> Any:
        if id(value) in self._own:
            return value
        kind = type(value)
        if kind is not list and kind is not dict:
            return value
        self.meter.spend(len(value) // (ITEMS_OF_STEP if kind is list else MEMBERS_OF_STEP))
        copy = holder[key] = value.copy()
        self._own[id(copy)] = copy
        return copy

    def _put(self, holder: Any, key: Any, old: Any, new: Any) -> None:
        holder[key] = new
        self._grow(lambda: size(new) - size(old))

    def _grow(self, growth: Any) -> None:
        if self._size is not None:
            self._size += growth()


def growth_of(edit: text0.Edit) -> int:
    """Return the bytes of JSON text that an edit adds to a string."""
    return size(edit["i"]) - 2 if "i" in edit else 2 - size(edit["d"])


def value_at(holder: Any, key: Any) -> Any:
    if type(holder) is list and type(key) is int:
        if key < len(holder):
            return holder[key]
        raise Misfit(f"there is no item {key} in a list of {len(holder)}")
    if type(holder) is dict and type(key) is str:
        if key in holder:
            return holder[key]
        raise Misfit(f"there is no member {shown(key)}")
    raise Misfit(f"it has {shown(key)} where there is {shown(holder)}")


def expect(found: Any, given: Any, kind: str, meter: Meter) -> None:
    if not same(found, given, meter):
        raise Misfit(f"there is {shown(found)}, but {kind} is {shown(given)}")
