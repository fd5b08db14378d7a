"""Our answers against those of quill-delta, case by case."""

from __future__ import annotations

import os
from typing import Any

import pytest

from collab.ot import get_type

from .make_vectors import random_case
from .oracle import Oracle, missing
from .text_answers import answers

CASES = int(os.environ.get("COLLAB_ORACLE_CASES", "10000"))

pytestmark = pytest.mark.skipif(missing() is not None, reason=missing() or "")


@pytest.fixture(scope="module")
def oracle() -> Any:
    with Oracle() as process:
        yield process


def test_our_cases_have_the_answers_of_quill_delta(oracle: Oracle) -> None:
    for seed in range(CASES):
        case = oracle.ask(random_case(seed))
        assert answers(case) == case, f"random_case({seed})"


def test_cases_of_quill_delta_have_our_answers(oracle: Oracle) -> None:
    for seed in range(CASES):
        case = oracle.ask({"seed": seed})
        assert answers(case) == case, f"the oracle's seed {seed}"


def test_long_operations_have_the_answers_of_quill_delta(oracle: Oracle) -> None:
    text = get_type("text")
    content = "abcdeé漢\n" * 300
    spread = {"ops": [{"retain": 8}, {"insert": "xé漢"}, {"retain": 8}, {"delete": 8}] * 80}
    dense = {"ops": [{"insert": "y"}, {"retain": 8}] * 200 + [{"delete": 400}]}
    case = oracle.ask(
        {
            "content": content,
            "a": text.normalize(spread),
            "b": text.normalize(dense),
            "c": text.normalize({"ops": [{"retain": 3}, {"insert": "z"}, {"delete": 5}] * 150}),
            "raw": dense,
            "cursors": list(range(0, 2400, 50)),
        }
    )
    assert answers(case) == case
