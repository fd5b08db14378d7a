"""Reading an operation piece by piece.

The shape of it, two readers that are merged and each followed by an endless retain, so that no end
needs a case of its own, is learnt from the iterator of quill-delta.
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
    """How long an insert is, in UTF-16 code units: an embed counts as one."""
    return length(insert) if type(insert) is str else 1


class DeltaReader:
    """A position in a list of components.

    `kind` is `"retain"`, `"insert"` or `"delete"`, `left` how many UTF-16 code units of the
    component are unread, `attributes` its attributes. After the last component comes a retain
    without end.
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
        """Where in the content the component begins."""
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
        """Pass over `count` units, at most what is left.

        Raises:
            SplitPair: that would end inside a surrogate pair of an insert.
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
        """The next `count` units, at most what is left, as a component.

        Raises:
            SplitPair: that would end inside a surrogate pair of an insert.
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
        """All that is unread."""
        if self.ended:
            return []
        following = list(self._components[self.index + 1 :])
        return [self.take(self.left), *following]
