"""Check and normalize a JSON value as an operation on rich text."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

from ...errors import InvalidOperation
from .. import values
from ..values import Misfit, shown
from .attributes import Attributes, same_attributes, without_null
from .form import MAXIMUM_LENGTH, component_list, insert_problem, length_problem
from .reader import Component, Operation
from .writer import DeltaWriter

__all__ = ["RichForm"]

EXPECTED = (
    'expected {"retain": length}, {"insert": text or embed} or {"delete": length}, '
    'the first two with "attributes" or without'
)


@dataclass(frozen=True, slots=True)
class RichForm:
    """The limits of an operation, and the check against them.

    Args:
        max_components: the limit of components in an operation.
        max_depth: the limit of nested lists and objects in an embed.
        attribute_depth: the same for an attribute; 0 allows strings, numbers, booleans and null.
        max_attributes: the limit of attributes of a component; values nested in one count each.
    """

    max_components: int
    max_depth: int
    attribute_depth: int
    max_attributes: int

    def normalize(self, operation: Any) -> Operation:
        """Check any JSON value and return its normal form; the same object if it is normal already.

        Raises:
            InvalidOperation: the value is not an operation on rich text.
        """
        return self._normal(operation, component_list(operation, self.max_components))

    def content(self, value: Any) -> Operation:
        """Check any JSON value and return its normal form as content: `{"ops": [inserts]}`.

        Raises:
            InvalidOperation: the value is not content of a rich text.
        """
        components = component_list(value, sys.maxsize)
        content = self._normal(value, components)
        for index, component in enumerate(components):
            if "insert" not in component:
                raise InvalidOperation(
                    f"content of a rich text holds only inserts, got {shown(component)}",
                    component=index,
                )
        return content

    def _normal(self, operation: Any, components: list[Component]) -> Operation:
        clean: list[Component] = []
        offset = 0
        normal = True
        for index, component in enumerate(components):
            try:
                checked = self._component(component)
                offset += checked.get("retain", 0) + checked.get("delete", 0)
                if offset > MAXIMUM_LENGTH:
                    raise Misfit(f"lengths add up to more than {MAXIMUM_LENGTH}")
            except Misfit as problem:
                start = sum(part.get("retain", 0) + part.get("delete", 0) for part in clean)
                raise InvalidOperation(str(problem), component=index, offset=start) from None
            if checked is not component or not follows(clean[-1] if clean else {}, checked):
                normal = False
            clean.append(checked)
        if normal and not (clean and clean[-1].keys() == {"retain"}):
            itself: Operation = operation
            return itself
        writer = DeltaWriter()
        writer.extend(clean)
        return writer.operation()

    def _component(self, component: Any) -> Component:
        """Return the component with normalized values; the same object if nothing changes."""
        if not isinstance(component, dict):
            raise Misfit(f"got {shown(component)}, {EXPECTED}")
        if "delete" in component and len(component) == 1:
            return whole(component, "delete", component["delete"])
        kinds = component.keys() - {"attributes"}
        if len(kinds) != 1 or not kinds <= {"retain", "insert"}:
            keys = ", ".join(repr(str(key)[:40]) for key in list(component)[:5]) or "none"
            raise Misfit(f"got the keys {keys}, {EXPECTED}")
        kind = kinds.pop()
        value = component[kind]
        if kind == "insert":
            value = self._inserted(value)
        else:
            whole(component, kind, value)
        if "attributes" not in component:
            return component if value is component[kind] else {kind: value}
        attributes = self._attributes(component["attributes"], kind)
        if value is component[kind] and attributes is component["attributes"]:
            return component
        return {kind: value, "attributes": attributes} if attributes else {kind: value}

    def _inserted(self, value: Any) -> Any:
        if type(value) is str:
            problem = insert_problem(value)
            if problem is not None:
                raise Misfit(problem)
            return value
        if type(value) is not dict:
            raise Misfit(f"insert is {shown(value)}, expected text or an embed")
        if len(value) != 1:
            raise Misfit(f"an embed has one key, its kind, got {len(value)}")
        return values.checked(value, self.max_depth)

    def _attributes(self, attributes: Any, kind: str) -> Attributes | None:
        if type(attributes) is not dict:
            raise Misfit(f"attributes are {shown(attributes)}, expected an object")
        found = len(attributes)
        if found <= self.max_attributes and self.attribute_depth:
            found = values.count(attributes, self.max_attributes + 1) - 1
        if found > self.max_attributes:
            raise Misfit(
                f"more than {self.max_attributes} attributes, which is the limit "
                "(max_component_attributes), values nested in one counted each"
            )
        for key, value in attributes.items():
            values.key(key)
            if not self.attribute_depth and isinstance(value, (list, dict)):
                raise Misfit(
                    f"the attribute {key[:40]!r} is {shown(value)}, expected a string, number, "
                    "boolean or null"
                )
        checked: Attributes = values.checked(attributes, self.attribute_depth + 1)
        # A new insert has no attribute that null could remove.
        if kind == "insert" and None in checked.values():
            checked = without_null(checked)
        return checked or None


def whole(component: Component, kind: str, value: Any) -> Component:
    problem = length_problem(kind, value)
    if problem is not None:
        raise Misfit(problem)
    return component


def follows(last: Component, component: Component) -> bool:
    """Whether a component may follow `last` in normal form; an empty one never may."""
    if "insert" in component:
        if not component["insert"] or "delete" in last:
            return False
        mergeable = type(component["insert"]) is str and type(last.get("insert")) is str
    elif "delete" in component:
        return bool(component["delete"]) and "delete" not in last
    else:
        if not component["retain"]:
            return False
        mergeable = "retain" in last
    return not (mergeable and same_attributes(last.get("attributes"), component.get("attributes")))
