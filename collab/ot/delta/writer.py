"""Write an operation in normal form, as quill-delta does.

Adjacent components of one kind and with the same attributes are merged, except embeds. Inserts
precede a delete at the same position. There is no empty component, and no retain without attributes
at the end.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from .attributes import Attributes, same_attributes
from .reader import Component, Operation

__all__ = ["DeltaWriter"]


class DeltaWriter:
    """Collects components in any valid order; `operation` returns the normal form.

    The components at one position are kept until the next retain, so that a long run is joined
    only once.
    """

    __slots__ = (
        "_components",
        "_delete",
        "_formats",
        "_inserts",
        "_retain",
        "_text",
        "_text_formats",
    )

    def __init__(self) -> None:
        self._components: list[Component] = []
        self._retain = 0
        self._formats: Attributes | None = None
        self._inserts: list[Component] = []
        self._text: list[str] = []
        self._text_formats: Attributes | None = None
        self._delete = 0

    def retain(self, count: int, attributes: Attributes | None = None) -> None:
        if not count:
            return
        if (
            self._text
            or self._delete
            or self._inserts
            or (attributes is not self._formats and not same_attributes(attributes, self._formats))
        ):
            self._flush()
        self._formats = attributes
        self._retain += count

    def insert(self, value: Any, attributes: Attributes | None = None) -> None:
        if type(value) is not str:
            self._end_text()
            self._inserts.append(formatted({"insert": value}, attributes))
        elif value:
            if attributes is not self._text_formats and not same_attributes(
                attributes, self._text_formats
            ):
                self._end_text()
            self._text_formats = attributes
            self._text.append(value)

    def delete(self, count: int) -> None:
        self._delete += count

    def push(self, component: Component) -> None:
        if "retain" in component:
            self.retain(component["retain"], component.get("attributes"))
        elif "insert" in component:
            self.insert(component["insert"], component.get("attributes"))
        else:
            self.delete(component["delete"])

    def extend(self, components: Iterable[Component]) -> None:
        for component in components:
            self.push(component)

    @property
    def count(self) -> int:
        """Return the number of components that are finished so far."""
        return len(self._components) + len(self._inserts)

    def operation(self) -> Operation:
        """Return the collected operation. The writer can't be used afterwards."""
        if self._text or self._delete or self._inserts or self._formats is not None:
            self._flush()
        return {"ops": self._components}

    def _flush(self) -> None:
        if self._retain:
            self._components.append(formatted({"retain": self._retain}, self._formats))
        self._end_text()
        self._components += self._inserts
        if self._delete:
            self._components.append({"delete": self._delete})
        self._retain, self._formats, self._inserts, self._delete = 0, None, [], 0

    def _end_text(self) -> None:
        if self._text:
            text = {"insert": "".join(self._text)}
            self._inserts.append(formatted(text, self._text_formats))
            self._text = []


def formatted(component: Component, attributes: Attributes | None) -> Component:
    if attributes is not None:
        component["attributes"] = attributes
    return component
