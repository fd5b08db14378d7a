"""Our answers against those of ot-json0, case by case."""

from __future__ import annotations

import os
from typing import Any

import pytest

from benchmarks.ot.process import missing

from .json_answers import answers, in_normal_form
from .make_json_vectors import random_case
from .oracle import Oracle

CASES = int(os.environ.get("COLLAB_ORACLE_CASES", "4000"))

NO_ORACLE = missing("ot-json0") or ""

pytestmark = pytest.mark.skipif(bool(NO_ORACLE), reason=NO_ORACLE)


@pytest.fixture(scope="module")
def oracle() -> Any:
    with Oracle("ot-json0") as process:
        yield process


def test_our_cases_have_the_answers_of_ot_json0(oracle: Oracle) -> None:
    for seed in range(CASES):
        case = in_normal_form(oracle.ask(random_case(seed)))
        assert answers(case) == case, f"random_case({seed})"


def test_cases_of_ot_json0_have_our_answers(oracle: Oracle) -> None:
    for seed in range(CASES):
        case = in_normal_form(oracle.ask({"seed": seed}))
        assert answers(case) == case, f"the oracle's seed {seed}"


def test_every_two_changes_of_a_short_list_have_the_answers_of_ot_json0(
    oracle: Oracle,
) -> None:
    for content in (["a"], ["a", "b"], ["a", "b", "c"]):
        changes = every_change(content)
        for a in changes:
            for b in changes:
                case = in_normal_form(oracle.ask({"content": content, "a": [a], "b": [b], "c": []}))
                assert answers(case) == case, f"{a} and {b}"
                assert case["merged"] == case["merged_other"]


def every_change(content: list[str]) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = [{"p": [len(content)], "li": "x"}]
    for index, item in enumerate(content):
        changes += [
            {"p": [index], "li": "x"},
            {"p": [index], "ld": item},
            {"p": [index], "ld": item, "li": "y"},
            {"p": [index, 0], "si": "z"},
            *({"p": [index], "lm": target} for target in range(len(content))),
        ]
    return changes
