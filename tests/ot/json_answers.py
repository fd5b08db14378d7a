"""A case of `make_json_vectors` with our own answers."""

from __future__ import annotations

from typing import Any

from collab.ot import get_type

__all__ = ["GIVEN", "answers", "in_normal_form", "mixes_forms"]

GIVEN = ("content", "a", "b", "c")
OPERATIONS = ("compose", "invert_a", "transform_left", "transform_right")


def answers(case: dict[str, Any]) -> dict[str, Any]:
    kind = get_type("json")
    content, a, b, c = (case[given] for given in GIVEN)
    applied_a, applied_b = kind.apply(content, a), kind.apply(content, b)
    left, right = kind.transform(a, b, "left"), kind.transform(b, a, "right")
    return {
        **{given: case[given] for given in GIVEN},
        "applied_a": applied_a,
        "applied_b": applied_b,
        "merged": kind.apply(applied_a, right),
        "merged_other": kind.apply(applied_b, left),
        "compose": kind.compose(a, c),
        "transform_left": left,
        "transform_right": right,
        "invert_a": kind.invert(a, content),
    }


def in_normal_form(case: dict[str, Any]) -> dict[str, Any]:
    """Answers of ot-json0, which joins only what it appends with the last, in our normal form."""
    kind = get_type("json")
    return {**case, **{name: kind.normalize(case[name]) for name in OPERATIONS}}


def mixes_forms(case: dict[str, Any]) -> bool:
    """Whether strings are edited in both forms, which ot-json0 doesn't transform by one another."""
    kinds = {name for given in ("a", "b", "c") for part in case[given] for name in part}
    return "t" in kinds and bool(kinds & {"si", "sd"})
