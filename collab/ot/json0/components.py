"""Components of operations, and how a row of them is kept in normal form.

Two neighbours that can be one component are one: that is what ot-json0 does when it composes. It
looks only at the last component; here what two became is joined with the one before it, too, so
that the normal form of a normal form is itself.
"""

from __future__ import annotations

from typing import Any

from . import text0
from .values import add, same

__all__ = ["Component", "Operation", "append", "as_text0", "inverse", "is_text", "to_strings"]

Component = dict[str, Any]
Operation = list[Component]


def is_text(component: Component) -> bool:
    return "si" in component or "sd" in component or "t" in component


def as_text0(component: Component) -> Component:
    """A component on a string, in the form with `t` and `o`."""
    if "t" in component:
        return component
    *path, offset = component["p"]
    kind = "i" if "si" in component else "d"
    return {"p": path, "t": "text0", "o": [{"p": offset, kind: component[f"s{kind}"]}]}


def to_strings(component: Component) -> list[Component]:
    """The same as components with `si` and `sd`."""
    path = component["p"]
    return [
        {"p": [*path, edit["p"]], **({"si": edit["i"]} if "i" in edit else {"sd": edit["d"]})}
        for edit in component["o"]
    ]


def append(components: list[Component], component: Component) -> None:
    """Add a component in its place after the others."""
    if is_empty(component):
        return
    while components:
        joined = join(components[-1], component)
        if joined is None:
            break
        components.pop()
        if not joined:
            return
        (component,) = joined
    components.append(component)


def is_empty(component: Component) -> bool:
    return component.get("si") == "" or component.get("sd") == "" or component.get("o") == []


def join(last: Component, component: Component) -> list[Component] | None:
    """Two neighbours as one component or none; None if they stay two."""
    if is_text(component):
        return join_text(last, component)
    if last["p"] != component["p"]:
        return None
    if "na" in component:
        total = add(last["na"], component["na"]) if "na" in last else None
        return None if total is None else [{"p": last["p"], "na": total}]
    if "lm" in component:
        return [last] if component["lm"] == component["p"][-1] else None
    if "oi" in component or "od" in component:
        return join_members(last, component)
    if "li" in last and "li" not in component and undoes(component["ld"], last["li"]):
        return without(last, "li")
    return None


def undoes(deleted: Any, inserted: Any) -> bool:
    """ot-json0 compares by identity, so it sees that strings, numbers and such are the same."""
    return type(deleted) not in (list, dict) and same(deleted, inserted)


def without(component: Component, kind: str) -> list[Component]:
    rest = {name: value for name, value in component.items() if name != kind}
    return [rest] if len(rest) > 1 else []


def join_members(last: Component, component: Component) -> list[Component] | None:
    if "oi" in last and "od" in component:
        if not same(last["oi"], component["od"]):
            return None
        if "oi" in component:
            return [{**last, "oi": component["oi"]}]
        return without(last, "oi")
    if "od" in last and "oi" not in last and "oi" in component and "od" not in component:
        return [{**last, "oi": component["oi"]}]
    return None


def join_text(last: Component, component: Component) -> list[Component] | None:
    if not is_text(last) or ("t" in last) != ("t" in component):
        return None
    if ("si" in last) != ("si" in component):
        return None
    one, two = as_text0(last), as_text0(component)
    if one["p"] != two["p"]:
        return None
    edits = list(one["o"])
    for edit in two["o"]:
        text0.append(edits, edit)
    joined = {**one, "o": edits}
    if "t" in last:
        return [joined]
    return to_strings(joined) if len(edits) == 1 else None


def inverse(component: Component) -> Component:
    """The component that takes this one back, on what it has made."""
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
