"""Operations that are too large for one edit are cut; `tests/js/split.test.mjs` is the sibling."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collab.ot import get_type
from collab.ot.sizes import head, quoted_size
from collab.ot.values import size

from .make_split_vectors import VECTORS, vectors

CASES = json.loads(VECTORS.read_text(encoding="utf-8"))


def kind(name: str) -> Any:
    return get_type(name)


def test_the_pieces_are_those_of_the_vectors() -> None:
    assert vectors() == CASES
    assert {case["type"] for case in CASES if len(case["pieces"]) > 1} == {
        "text",
        "richtext",
        "json",
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['type']} {case['bytes']}")
def test_the_pieces_together_are_the_operation(case: dict[str, Any]) -> None:
    doc_type = kind(case["type"])
    composed, *rest = case["pieces"]
    for piece in rest:
        assert doc_type.normalize(piece) == piece
        composed = doc_type.compose(composed, piece)
    assert apart(composed) == apart(case["operation"])


def apart(operation: Any) -> Any:
    """Deleting an item and inserting one in its place does not become one component again."""
    if type(operation) is dict:
        return operation
    return [
        {"p": component["p"], **kinds}
        for component in operation
        for kinds in (
            [{"ld": component["ld"]}, {"li": component["li"]}]
            if {"ld", "li"} <= component.keys()
            else [{name: value for name, value in component.items() if name != "p"}]
        )
    ]


def test_the_components_of_a_piece_are_bounded_in_text() -> None:
    operation = {"ops": [{"insert": "x"}, {"retain": 1}] * 10_000 + [{"delete": 1}]}
    pieces = kind("text").split(operation, 10**9)
    assert max(len(piece["ops"]) for piece in pieces) <= 2000
    assert sum(len(piece["ops"]) for piece in pieces) >= 20_000


def test_the_components_of_a_piece_are_bounded_in_json() -> None:
    edits = [{"p": 2 * index, "i": "x"} for index in range(3000)]
    operation = [{"p": ["text"], "t": "text0", "o": edits}, {"p": ["number"], "na": 1}]
    pieces = kind("json").split(operation, 10**9)
    assert [kind("json").count(piece) for piece in pieces] == [400] * 7 + [201]


def test_a_picture_behind_other_content_does_not_stand_in_its_own_way() -> None:
    operation = {"ops": [{"retain": 5}, {"insert": {"image": "x" * 1000}}]}
    assert kind("richtext").split(operation, 100) == [operation]


def test_a_long_format_is_not_repeated_for_every_few_letters() -> None:
    attributes = {"link": "x" * 50_000}
    operation = {"ops": [{"insert": "y" * 100_000, "attributes": attributes}]}
    pieces = kind("richtext").split(operation, 20_000)
    assert len(pieces) <= 40


def test_what_was_deleted_and_what_is_inserted_go_apart_where_both_are_large() -> None:
    old, new = "x" * 700_000, "y" * 700_000
    operation = [{"p": ["a"], "od": [old], "oi": [new]}]
    pieces = kind("json").split(operation, 200_000)
    assert pieces == [[{"p": ["a"], "od": [old]}], [{"p": ["a"], "oi": [new]}]]


@pytest.mark.parametrize("text", ["", "a", '"\\\n\x00', "é漢😀", "x" * 5000 + "😀" * 5000])
def test_a_beginning_is_the_longest_that_fits(text: str) -> None:
    assert size(text) <= quoted_size(text) + 2
    for maximum in {0, 1, 5, 6, 7, 5003, 9999, quoted_size(text)}:
        beginning = head(text, maximum)
        assert text.startswith(beginning)
        assert quoted_size(beginning) <= maximum
        if beginning != text:
            assert quoted_size(text[: len(beginning) + 1]) > maximum


@pytest.mark.parametrize("max_bytes", [-1, 0, 1, 2])
@pytest.mark.parametrize(
    ("name", "operation"),
    [
        ("text", {"ops": [{"insert": "\U0001f600é\x01"}]}),
        ("richtext", {"ops": [{"insert": "\U0001f600é\x01", "attributes": {"bold": True}}]}),
        ("json", [{"p": ["s", 0], "si": "\U0001f600é\x01"}]),
        ("json", [{"p": ["s"], "t": "text0", "o": [{"p": 0, "d": "\U0001f600é"}]}]),
    ],
)
def test_texts_are_cut_to_characters_at_least(name: str, operation: Any, max_bytes: int) -> None:
    doc_type = kind(name)
    composed, *rest = doc_type.split(operation, max_bytes)
    for piece in rest:
        composed = doc_type.compose(composed, piece)
    assert composed == operation
