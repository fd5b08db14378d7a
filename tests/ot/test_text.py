"""The type `text`, by example."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.ot import TextType, get_type

text = get_type("text")


def operation(*components: dict[str, Any]) -> dict[str, Any]:
    return {"ops": list(components)}


def test_a_new_text_is_empty() -> None:
    assert text.create() == ""
    assert text.create("héllo 😀") == "héllo 😀"


@pytest.mark.parametrize("content", [1, True, [], {"ops": []}, "\ud83d", "a\ude00b"])
def test_content_is_a_string_without_lone_surrogates(content: Any) -> None:
    with pytest.raises(InvalidOperation, match="content"):
        text.create(content)


def test_offsets_count_utf16_code_units() -> None:
    assert text.apply("😀b", operation({"retain": 2}, {"insert": "a"})) == "😀ab"
    assert text.apply("é漢😀", operation({"retain": 2}, {"delete": 2})) == "é漢"


def test_normal_form_merges_and_orders_and_drops() -> None:
    raw = operation(
        {"retain": 1},
        {"retain": 2},
        {"delete": 1},
        {"insert": ""},
        {"insert": "a"},
        {"delete": 2},
        {"retain": 0},
        {"insert": "b"},
        {"retain": 9},
    )
    assert text.normalize(raw) == operation({"retain": 3}, {"insert": "ab"}, {"delete": 3})


def test_an_operation_in_normal_form_is_returned_as_it_is() -> None:
    normal = operation({"retain": 3}, {"insert": "a"}, {"delete": 1})
    assert text.normalize(normal) is normal


def test_what_was_committed_first_stays_first() -> None:
    one, two = operation({"insert": "1"}), operation({"insert": "2"})
    assert text.transform(one, two, "left") == one
    assert text.transform(one, two, "right") == operation({"retain": 1}, {"insert": "1"})


def test_own_insert_pushes_a_cursor_and_anothers_does_not() -> None:
    insert = operation({"retain": 2}, {"insert": "😀"})
    assert text.transform_cursor(2, insert, True) == 4
    assert text.transform_cursor(2, insert, False) == 2
    assert text.transform_cursor(3, insert, False) == 5


def test_the_difference_leaves_alone_what_is_common() -> None:
    assert text.difference("a😀b", "a😁b") == operation(
        {"retain": 1}, {"insert": "😁"}, {"delete": 2}
    )
    assert text.difference("aaa", "aa") == operation({"retain": 2}, {"delete": 1})
    assert text.difference("", "new") == operation({"insert": "new"})
    assert text.difference("same", "same") == operation()


def test_composing_refuses_to_split_a_pair_that_was_inserted() -> None:
    with pytest.raises(InvalidOperation, match="surrogate pair") as refusal:
        text.compose(operation({"insert": "a😀"}), operation({"retain": 1}, {"delete": 1}))
    assert (refusal.value.component, refusal.value.offset) == (1, 1)


def test_an_error_names_component_and_offset_and_what_was_expected() -> None:
    with pytest.raises(InvalidOperation) as refusal:
        text.check(operation({"retain": 3}, {"delete": 2}, {"insert": 7}))
    assert str(refusal.value) == (
        "component 2 at offset 5: insert is a whole number, expected a string"
    )


def test_the_number_of_components_is_limited() -> None:
    small = TextType(max_components=2)
    small.check(operation({"retain": 1}, {"insert": "a"}))
    with pytest.raises(InvalidOperation, match="got 3 components, the limit is 2"):
        small.check(operation({"retain": 1}, {"insert": "a"}, {"retain": 1}))


def test_ten_thousand_components_are_allowed_by_default() -> None:
    most = operation(*[{"retain": 0}] * 10_000)
    assert text.normalize(most) == operation()
    assert text.compose(most, most) == operation()
    with pytest.raises(InvalidOperation, match="the limit is 10000"):
        text.check(operation(*[{"retain": 0}] * 10_001))


def test_long_values_are_not_repeated_in_errors() -> None:
    for value in ({"x" * 5000: 1}, operation({"x" * 5000: 1}), operation({"retain": "x" * 5000})):
        with pytest.raises(InvalidOperation) as refusal:
            text.check(value)
        assert len(str(refusal.value)) < 300


def test_a_raw_operation_is_left_as_it_was() -> None:
    raw = operation({"delete": 1}, {"insert": "a"}, {"insert": "b"}, {"retain": 4})
    before = copy.deepcopy(raw)
    text.normalize(raw)
    assert raw == before
