"""Somebody else's type in both languages; its laws are tried with those of ours in test_laws.py."""

from __future__ import annotations

import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest

from benchmarks.ot.process import missing
from collab.errors import InvalidOperation
from collab.ot import get_type

from .growset import MAXIMUM_TEXTS
from .growset_cases import GrowSetCases

ANSWERS = Path(__file__).parents[1] / "js" / "growset_answers.mjs"
CASES = 500
NO_NODE = missing() or ""


@pytest.mark.parametrize(
    ("operation", "said"),
    [
        (["a"], "expected"),
        ({"plus": ["a"]}, "expected"),
        ({"add": "a"}, "'add' is a list of texts"),
        ({"remove": [1]}, "'remove' is a list of texts"),
        ({"add": ["\ud83d"]}, "lone surrogate"),
        ({"add": ["a"], "remove": ["a"]}, "'a' can't be added and removed at once"),
        ({"add": [str(n) for n in range(MAXIMUM_TEXTS + 1)]}, "got 1001 texts, the limit is 1000"),
    ],
)
def test_what_is_no_operation_is_refused(operation: Any, said: str) -> None:
    with pytest.raises(InvalidOperation, match=said):
        get_type("growset").check(operation)


def calls(chance: random.Random) -> list[list[Any]]:
    """Every function of the type, on a random content and operations on it."""
    kind, cases = get_type("growset"), GrowSetCases()
    content, other = (sorted(set(chance.choices("abcé😀\uffff", k=3))) for _ in range(2))
    one, two = (kind.normalize(cases.operation(content, chance.randbytes(12))) for _ in range(2))
    return [
        ["apply", content, one],
        ["compose", one, two],
        ["transform", one, two, "left"],
        ["transform", two, one, "right"],
        ["invert", one, content],
        ["difference", content, other],
        ["normalize", cases.operation(content, chance.randbytes(12))],
        ["create", [*other, *content]],
    ]


@pytest.mark.skipif(bool(NO_NODE), reason=NO_NODE)
def test_both_languages_give_the_same_answers() -> None:
    chance = random.Random(1)
    asked = [call for _ in range(CASES) for call in calls(chance)]
    done = subprocess.run(
        ["node", str(ANSWERS)],
        input=json.dumps(asked),
        capture_output=True,
        check=True,
        text=True,
        encoding="utf-8",
    )
    kind = get_type("growset")
    for (name, *values), answer in zip(asked, json.loads(done.stdout), strict=True):
        assert getattr(kind, name)(*values) == answer, (name, values)
