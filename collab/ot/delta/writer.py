"""Writing an operation in normal form, as quill-delta does.

Neighbours of one kind are merged, an insert stands before a delete at the same place, nothing is
empty, and no retain stands at the end.
"""

from __future__ import annotations

from collections.abc import Iterable

from .reader import Component, Operation

__all__ = ["DeltaWriter"]


class DeltaWriter:
    """Collects components in any order they may stand in; `operation` gives the normal form.

    What is written at one place waits until the next retain, so that long runs are joined once.
    """

    __slots__ = ("_components", "_delete", "_inserts", "_retain")

    def __init__(self) -> None:
        self._components: list[Component] = []
        self._retain = 0
        self._inserts: list[str] = []
        self._delete = 0

    def retain(self, count: int) -> None:
        if count and (self._inserts or self._delete):
            self._flush()
        self._retain += count

    def insert(self, text: str) -> None:
        if text:
            self._inserts.append(text)

    def delete(self, count: int) -> None:
        self._delete += count

    def push(self, component: Component) -> None:
        if "retain" in component:
            self.retain(component["retain"])
        elif "insert" in component:
            self.insert(component["insert"])
        else:
            self.delete(component["delete"])

    def extend(self, components: Iterable[Component]) -> None:
        for component in components:
            self.push(component)

    def operation(self) -> Operation:
        """What was written; the writer is done with."""
        if self._inserts or self._delete:
            self._flush()
        return {"ops": self._components}

    def _flush(self) -> None:
        if self._retain:
            self._components.append({"retain": self._retain})
        if self._inserts:
            self._components.append({"insert": "".join(self._inserts)})
        if self._delete:
            self._components.append({"delete": self._delete})
        self._retain, self._inserts, self._delete = 0, [], 0
