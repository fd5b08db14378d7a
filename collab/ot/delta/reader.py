"""Read an operation piece by piece.

The design is that of quill-delta's iterator: two readers are merged, and each ends with an endless
retain, so that the end of the shorter one needs no special case.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from ..utf16 import Units, length
from .attributes import Attributes
from .faults import SplitPair

__all__ = ["Component", "DeltaReader", "Operation", "extent"]

Component = dict[str, Any]
Operation = dict[str, list[Component]]

ENDLESS = sys.maxsize


def extent(insert: Any) -> int:
    """Return the length of an insert in UTF-16 code units; an embed counts as one."""
    return length(insert) if type(insert) is str else 1


class DeltaReader:
    """A position in a list of components.

    `kind` is `"retain"`, `"insert"` or `"delete"`, `left` is the number of unread UTF-16 code units
    of the component, `attributes` are its attributes. The last component is followed by an endless
    retain.
    """

    __slots__ = (
        "_component",
        "_components",
        "_offset",
        "_units",
        "attributes",
        "index",
        "kind",
        "left",
    )

    attributes: Attributes | None

    def __init__(self, components: Sequence[Component]) -> None:
        self._components = components
        self.index = -1
        self._advance()

    @property
    def ended(self) -> bool:
        return self.index == len(self._components)

    @property
    def start(self) -> int:
        """The offset in the content at which the component begins."""
        start = 0
        for component in self._components[: self.index]:
            start += component.get("retain", 0) or component.get("delete", 0)
        return start

    def _advance(self) -> None:
        self._offset = 0
        self.left = 0
        while not self.left:
            self.index += 1
            self._load()

    def _load(self) -> None:
        self._units: Units | None = None
        if self.ended:
            self.kind, self.left, self.attributes = "retain", ENDLESS, None
            return
        component = self._component = self._components[self.index]
        self.attributes = component.get("attributes")
        if "retain" in component:
            self.kind, self.left = "retain", component["retain"]
        elif "delete" in component:
            self.kind, self.left = "delete", component["delete"]
        elif type(component["insert"]) is str:
            self._units = Units(component["insert"])
            self.kind, self.left = "insert", self._units.length
        else:
            self.kind, self.left = "insert", 1

    def skip(self, count: int) -> None:
        """Skip `count` units, at most `left`.

        Raises:
            SplitPair: the end would split a surrogate pair of an insert.
        """
        if count == self.left:
            self._advance()
            return
        if self._units is not None and self._units.splits_pair(self._offset + count):
            raise SplitPair
        self._offset += count
        if not self.ended:
            self.left -= count

    def take(self, count: int) -> Component:
        """Return the next `count` units, at most `left`, as a component.

        Raises:
            SplitPair: the end would split a surrogate pair of an insert.
        """
        start, kind, units, attributes = self._offset, self.kind, self._units, self.attributes
        whole = count == self.left and not start
        component: Component = self._component if whole else {kind: count}
        self.skip(count)
        if whole:
            return component
        if units is not None:
            component[kind] = units.cut(start, start + count)
        if attributes is not None:
            component["attributes"] = attributes
        return component

    def rest(self) -> list[Component]:
        """Return the unread components."""
        if self.ended:
            return []
        following = list(self._components[self.index + 1 :])
        return [self.take(self.left), *following]
