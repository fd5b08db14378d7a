"""A case of `make_vectors` with our own answers."""

from __future__ import annotations

from typing import Any

from collab.ot import get_type

__all__ = ["answers"]


def answers(case: dict[str, Any]) -> dict[str, Any]:
    text = get_type("text")
    content, a, b, cursors = case["content"], case["a"], case["b"], case["cursors"]
    applied_a = text.apply(content, a)
    return {
        **{given: case[given] for given in ("content", "a", "b", "c", "raw", "cursors")},
        "normal": text.normalize(case["raw"]),
        "applied_a": applied_a,
        "applied_b": text.apply(content, b),
        "merged": text.apply(applied_a, text.transform(b, a, "right")),
        "compose": text.compose(a, case["c"]),
        "transform_left": text.transform(a, b, "left"),
        "transform_right": text.transform(a, b, "right"),
        "invert_a": text.invert(a, content),
        "cursors_own": [text.transform_cursor(offset, a, True) for offset in cursors],
        "cursors_other": [text.transform_cursor(offset, a, False) for offset in cursors],
    }
