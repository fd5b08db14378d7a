"""Check and normalize a JSON value as an operation in the json0 format."""

from __future__ import annotations

from typing import Any

from ...errors import InvalidOperation
from ..meter import Meter
from ..values import LARGEST_INTEGER, Misfit, checked, key, number, shown, text
from . import text0
from .components import Component, Operation, append

__all__ = ["normalize"]

SHAPES = {
    frozenset(shape.split())
    for shape in ("oi", "od", "od oi", "li", "ld", "ld li", "lm", "na", "si", "sd", "o t")
}

EXPECTED = "expected 'p' and one of: oi, od, od and oi, li, ld, ld and li, lm, na, si, sd, t and o"


def normalize(operation: Any, max_components: int, max_depth: int) -> Operation:
    """Check any JSON value and return its normal form.

    Raises:
        InvalidOperation: the value is not an operation on a JSON document.
    """
    if type(operation) is not list:
        raise InvalidOperation(f"got {shown(operation)}, expected a list of components")
    check_count(operation, max_components)
    components: list[Component] = []
    meter = Meter()
    for index, component in enumerate(operation):
        try:
            append(components, read(component, max_depth), meter)
        except Misfit as problem:
            raise InvalidOperation(str(problem), component=index) from None
    return components


def count(operation: list[Any]) -> int:
    """Return the number of components; each one of a text0 operation counts."""
    return sum(max(1, edits_in(component)) for component in operation)


def check_count(operation: list[Any], maximum: int) -> None:
    found = count(operation)
    if found > maximum:
        raise InvalidOperation(
            f"got {found} components, those of text0 counted each, the limit is {maximum}: "
            "send several edits"
        )


def edits_in(component: Any) -> int:
    edits = component.get("o") if type(component) is dict else None
    return len(edits) if type(edits) is list else 0


def read(component: Any, max_depth: int) -> Component:
    """Return one component, checked and with normalized numbers."""
    if type(component) is not dict:
        raise Misfit(f"got {shown(component)}, expected an object")
    shape = frozenset(component) - {"p"}
    if "p" not in component or shape not in SHAPES:
        keys = ", ".join(shown(name) for name in list(component)[:5]) or "none"
        raise Misfit(f"its keys are {keys}; {EXPECTED}")
    path = read_path(component["p"], max_depth)
    check_end(path, shape)
    if not path and component.get("oi", path) is None:
        raise Misfit("the whole document can't become null: replace it by {}")
    read_one: Component = {"p": path}
    for kind in sorted(shape):
        value = component[kind]
        try:
            read_one[kind] = read_part(kind, value, max_depth - len(path))
        except Misfit as problem:
            raise Misfit(f"path {shown(path)}, {kind!r}: {problem}") from None
    return read_one


def read_part(kind: str, value: Any, depth: int) -> Any:
    if kind in ("oi", "od", "li", "ld"):
        return checked(value, depth)
    if kind in ("si", "sd"):
        return text(value)
    if kind == "na":
        return number(value)
    if kind == "lm":
        return index_of(value)
    if kind == "t":
        if value != "text0":
            raise Misfit(f"got {shown(value)}: the one embedded type is 'text0'")
        return value
    if type(value) is not list:
        raise Misfit(f"got {shown(value)}, expected a list of text0 components")
    edits: list[dict[str, Any]] = []
    meter = Meter()
    for edit in value:
        text0.append(edits, read_edit(edit), meter)
    return edits


def read_edit(edit: Any) -> dict[str, Any]:
    if type(edit) is not dict or set(edit) not in ({"p", "i"}, {"p", "d"}):
        raise Misfit(f'got {shown(edit)}, expected {{"p": offset, "i" or "d": text}}')
    kind = "i" if "i" in edit else "d"
    return {"p": index_of(edit["p"]), kind: text(edit[kind])}


def read_path(path: Any, max_depth: int) -> list[str | int]:
    if type(path) is not list:
        raise Misfit(f"the path 'p' is {shown(path)}, expected a list of keys and indexes")
    # One more than the limit of nested lists and objects, for the offset in a string.
    if len(path) > max_depth + 1:
        raise Misfit(f"a path of {len(path)} steps: the limit is {max_depth + 1}")
    return [key(step) if type(step) is str else index_of(step) for step in path]


def index_of(value: Any) -> int:
    if type(value) is float and value.is_integer() and 0 <= value <= LARGEST_INTEGER:
        return int(value)
    if type(value) is not int or not 0 <= value <= LARGEST_INTEGER:
        raise Misfit(f"got {shown(value)}, expected a whole number from 0 to {LARGEST_INTEGER}")
    return value


def check_end(path: list[str | int], shape: frozenset[str]) -> None:
    """Check that the last step of a path is a key, an index or an offset, as its kind requires."""
    if shape & {"na", "t"}:
        return
    if not path:
        if shape != {"od", "oi"}:
            raise Misfit("the whole document can only be replaced: give both od and oi")
        return
    wanted = str if shape & {"oi", "od"} else int
    if type(path[-1]) is not wanted:
        place = "a key" if wanted is str else "an index or offset"
        raise Misfit(f"path {shown(path)} ends with {shown(path[-1])}, expected {place}")
