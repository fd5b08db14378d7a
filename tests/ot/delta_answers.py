"""A case of `make_vectors` with our own answers."""

from __future__ import annotations

from typing import Any

from collab.ot import get_type

__all__ = ["answers"]


def answers(name: str, case: dict[str, Any]) -> dict[str, Any]:
    kind = get_type(name)
    content, a, b, cursors = case["content"], case["a"], case["b"], case["cursors"]
    applied_a = kind.apply(content, a)
    return {
        **{given: case[given] for given in ("content", "a", "b", "c", "raw", "cursors")},
        "normal": kind.normalize(case["raw"]),
        "applied_a": applied_a,
        "applied_b": kind.apply(content, b),
        "merged": kind.apply(applied_a, kind.transform(b, a, "right")),
        "compose": kind.compose(a, case["c"]),
        "transform_left": kind.transform(a, b, "left"),
        "transform_right": kind.transform(a, b, "right"),
        "invert_a": kind.invert(a, content),
        "cursors_own": [kind.transform_cursor(offset, a, True) for offset in cursors],
        "cursors_other": [kind.transform_cursor(offset, a, False) for offset in cursors],
    }
