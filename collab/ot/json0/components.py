"""Components of operations, and the normal form of a list of components.

Two neighbours that can be joined are joined, as ot-json0 does when it composes. ot-json0 checks
only the last component; here the joined one is also joined with the one before it. So the normal
form of a normal form is itself.
"""

from __future__ import annotations

from typing import Any

from ..meter import Meter
from ..values import add, same
from . import text0

__all__ = [
    "Component",
    "Operation",
    "append",
    "as_edit",
    "as_text0",
    "inverse",
    "is_text",
    "of_edit",
]

Component = dict[str, Any]
Operation = list[Component]


def is_text(component: Component) -> bool:
    return "si" in component or "sd" in component or "t" in component


def as_text0(component: Component) -> Component:
    """Return a component on a string in the form with `t` and `o`."""
    if "t" in component:
        return component
    return {"p": component["p"][:-1], "t": "text0", "o": [as_edit(component)]}


def as_edit(component: Component) -> text0.Edit:
    """Return the edit of the string that a component with `si` or `sd` makes."""
    if "si" in component:
        return {"p": component["p"][-1], "i": component["si"]}
    return {"p": component["p"][-1], "d": component["sd"]}


def of_edit(edit: text0.Edit, path: list[str | int]) -> Component:
    """Return the edit as a component with `si` or `sd`; `path` keeps all but its last step."""
    path = [*path[:-1], edit["p"]]
    return {"p": path, "si": edit["i"]} if "i" in edit else {"p": path, "sd": edit["d"]}


def append(components: list[Component], component: Component, meter: Meter) -> None:
    """Append a component, joined with the ones before it where possible."""
    if is_empty(component):
        return
    while components:
        joined = join(components[-1], component, meter)
        if joined is None:
            break
        components.pop()
        if not joined:
            return
        (component,) = joined
    components.append(component)


def is_empty(component: Component) -> bool:
    return component.get("si") == "" or component.get("sd") == "" or component.get("o") == []


def join(last: Component, component: Component, meter: Meter) -> list[Component] | None:
    """Join two neighbours to one component, or none; None if they can't be joined."""
    if is_text(component):
        return join_text(last, component, meter)
    if last["p"] != component["p"]:
        return None
    if "na" in component:
        total = add(last["na"], component["na"]) if "na" in last else None
        return None if total is None else [{"p": last["p"], "na": total}]
    if "lm" in component:
        return [last] if component["lm"] == component["p"][-1] else None
    if "oi" in component or "od" in component:
        return join_members(last, component, meter)
    if "li" in last and "li" not in component and undoes(component["ld"], last["li"], meter):
        return without(last, "li")
    return None


def undoes(deleted: Any, inserted: Any, meter: Meter) -> bool:
    """Whether both are equal scalars; ot-json0 compares by identity, so objects never match."""
    return type(deleted) not in (list, dict) and same(deleted, inserted, meter)


def without(component: Component, kind: str) -> list[Component]:
    rest = {name: value for name, value in component.items() if name != kind}
    return [rest] if len(rest) > 1 else []


def join_members(last: Component, component: Component, meter: Meter) -> list[Component] | None:
    if "oi" in last and "od" in component:
        if not same(last["oi"], component["od"], meter):
            return None
        if "oi" in component:
            return [{**last, "oi": component["oi"]}]
        return without(last, "oi")
    if "od" in last and "oi" not in last and "oi" in component and "od" not in component:
        return [{**last, "oi": component["oi"]}]
    return None


def join_text(last: Component, component: Component, meter: Meter) -> list[Component] | None:
    if not is_text(last) or ("t" in last) != ("t" in component):
        return None
    if "t" not in last:
        return join_strings(last, component, meter)
    if last["p"] != component["p"]:
        return None
    edits = list(last["o"])
    meter.spend(len(edits) // 64)
    for edit in component["o"]:
        text0.append(edits, edit, meter)
    return [{**last, "o": edits}]


def join_strings(last: Component, component: Component, meter: Meter) -> list[Component] | None:
    if ("si" in last) != ("si" in component) or last["p"][:-1] != component["p"][:-1]:
        return None
    joined = text0.join(as_edit(last), as_edit(component), meter)
    return [of_edit(joined, last["p"])] if joined else None


def inverse(component: Component) -> Component:
    """Return the component that undoes this one on its result."""
    path = component["p"]
    if "lm" in component:
        return {"p": [*path[:-1], component["lm"]], "lm": path[-1]}
    if "na" in component:
        return {"p": path, "na": -component["na"]}
    if "t" in component:
        return {"p": path, "t": "text0", "o": text0.invert(component["o"])}
    return {
        name[0] + TURNED[name[1]] if name != "p" else "p": value
        for name, value in component.items()
    }


TURNED = {"i": "d", "d": "i"}
