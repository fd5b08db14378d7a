"""Our answers against those of quill-delta, case by case."""

from __future__ import annotations

import json
import os
from typing import Any

import pytest

from benchmarks.ot.process import missing
from collab.ot import get_type

from .delta_answers import answers
from .make_vectors import random_case
from .oracle import Oracle

CASES = int(os.environ.get("COLLAB_ORACLE_CASES", "10000"))

NO_ORACLE = missing("quill-delta") or ""

pytestmark = pytest.mark.skipif(bool(NO_ORACLE), reason=NO_ORACLE)


@pytest.fixture(scope="module")
def oracle() -> Any:
    with Oracle("quill-delta") as process:
        yield process


def exact(value: Any) -> str:
    """In Python, True equals 1; in JSON text it doesn't."""
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize("name", ["text", "richtext"])
def test_our_cases_have_the_answers_of_quill_delta(oracle: Oracle, name: str) -> None:
    for seed in range(CASES):
        case = oracle.ask(random_case(name, seed))
        assert exact(answers(name, case)) == exact(case), f"random_case({name!r}, {seed})"


@pytest.mark.parametrize("name", ["text", "richtext"])
def test_cases_of_quill_delta_have_our_answers(oracle: Oracle, name: str) -> None:
    for seed in range(CASES):
        case = oracle.ask({"seed": seed, "type": name})
        assert exact(answers(name, case)) == exact(case), f"the oracle's seed {seed}"


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
    assert answers("text", case) == case


def test_long_rich_texts_have_the_answers_of_quill_delta(oracle: Oracle) -> None:
    richtext = get_type("richtext")
    line = [
        {"insert": "abcdeé漢", "attributes": {"bold": True}},
        {"insert": {"image": "x"}},
        {"insert": "\n", "attributes": {"header": 1}},
    ]
    spread = [{"retain": 9, "attributes": {"bold": None, "link": "a"}}, {"insert": "x"}]
    dense = [{"insert": "y"}, {"retain": 4}, {"retain": 5, "attributes": {"link": "b"}}]
    again = [{"retain": 3, "attributes": {"bold": True}}, {"insert": {"image": "z"}}, {"delete": 5}]
    case = oracle.ask(
        {
            "content": richtext.create({"ops": line * 300}),
            "a": richtext.normalize({"ops": [*spread, {"retain": 8}, {"delete": 8}] * 80}),
            "b": richtext.normalize({"ops": [*dense * 200, {"delete": 400}]}),
            "c": richtext.normalize({"ops": again * 150}),
            "raw": {"ops": dense},
            "cursors": list(range(0, 2400, 50)),
        }
    )
    assert exact(answers("richtext", case)) == exact(case)
