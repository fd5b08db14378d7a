"""The type `richtext` by example, and what it says of what is wrong."""

from __future__ import annotations

from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.ot import RichTextType, get_type

richtext = get_type("richtext")


def test_formatting_text_and_taking_it_back() -> None:
    content = richtext.create({"ops": [{"insert": "Hello "}, {"insert": {"image": "x.png"}}]})
    bold = {"ops": [{"retain": 5, "attributes": {"bold": True}}]}
    formatted = richtext.apply(content, bold)
    assert formatted == {
        "ops": [
            {"insert": "Hello", "attributes": {"bold": True}},
            {"insert": " "},
            {"insert": {"image": "x.png"}},
        ]
    }
    assert richtext.apply(formatted, richtext.invert(bold, content)) == content


def test_null_removes_a_format() -> None:
    content = {"ops": [{"insert": "a", "attributes": {"bold": True, "link": "x"}}]}
    plain = {"ops": [{"retain": 1, "attributes": {"bold": None}}]}
    assert richtext.apply(content, plain) == {"ops": [{"insert": "a", "attributes": {"link": "x"}}]}


def test_composed_retains_keep_null_for_what_they_will_change() -> None:
    bold = {"ops": [{"retain": 1, "attributes": {"bold": True}}]}
    plain = {"ops": [{"retain": 1, "attributes": {"bold": None}}]}
    assert richtext.compose(bold, plain) == plain


def test_of_two_formats_of_one_stretch_the_first_committed_stays() -> None:
    red = {"ops": [{"retain": 2, "attributes": {"color": "red"}}]}
    blue = {"ops": [{"retain": 2, "attributes": {"color": "blue", "bold": True}}]}
    assert richtext.transform(blue, red, "right") == {
        "ops": [{"retain": 2, "attributes": {"bold": True}}]
    }
    assert richtext.transform(red, blue, "left") == red


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ([{"insert": "a", "attributes": {}}], [{"insert": "a"}]),
        ([{"insert": "a", "attributes": {"bold": None}}], [{"insert": "a"}]),
        ([{"retain": 1, "attributes": {"x": 1.0}}], [{"retain": 1, "attributes": {"x": 1}}]),
        (
            [{"retain": 1, "attributes": {"x": 1}}, {"retain": 2, "attributes": {"x": 1.0}}],
            [{"retain": 3, "attributes": {"x": 1}}],
        ),
        (
            [{"retain": 1, "attributes": {"x": 1}}, {"retain": 2, "attributes": {"x": True}}],
            [{"retain": 1, "attributes": {"x": 1}}, {"retain": 2, "attributes": {"x": True}}],
        ),
        ([{"insert": {"hr": 1}}, {"insert": {"hr": 1}}], [{"insert": {"hr": 1}}] * 2),
        (
            [{"delete": 1}, {"insert": "a"}, {"insert": {"hr": 1.0}}],
            [{"insert": "a"}, {"insert": {"hr": 1}}, {"delete": 1}],
        ),
        ([{"insert": "a"}, {"retain": 3}], [{"insert": "a"}]),
    ],
)
def test_the_normal_form(raw: list[Any], normal: list[Any]) -> None:
    assert repr(richtext.normalize({"ops": raw})) == repr({"ops": normal})


@pytest.mark.parametrize(
    ("components", "at", "said"),
    [
        ([{"retain": 4}, {"keep": 1}], (1, 4), "got the keys 'keep'"),
        ([{"retain": 4}, {}], (1, 4), "got the keys none"),
        ([{"delete": 2}, {"retain": -1}], (1, 2), "retain is negative"),
        ([{"delete": 1.5}], (0, 0), "delete is a fraction"),
        ([{"insert": None}], (0, 0), "insert is null, expected text or an embed"),
        ([{"insert": {"a": 1, "b": 2}}], (0, 0), "an embed has one key"),
        ([{"insert": {"a": [[[]]]}}], (0, 0), "nested too deep: 3 levels"),
        ([{"retain": 1, "attributes": 1}], (0, 0), "attributes are 1, expected an object"),
        (
            [{"insert": "a"}, {"retain": 1, "attributes": {"x": [1]}}],
            (1, 0),
            "the attribute 'x' is [1], expected a string, number, boolean or null",
        ),
        ([{"retain": 2**53 - 1}, {"delete": 1}], (1, 2**53 - 1), "lengths add up to more"),
    ],
)
def test_what_is_wrong_is_said_with_component_and_offset(
    components: list[Any], at: tuple[int, int], said: str
) -> None:
    with pytest.raises(InvalidOperation) as refusal:
        RichTextType(max_depth=3).check({"ops": components})
    assert said in str(refusal.value)
    assert (refusal.value.component, refusal.value.offset) == at


def test_content_holds_only_inserts() -> None:
    with pytest.raises(InvalidOperation, match="only inserts") as refusal:
        richtext.create({"ops": [{"insert": "a"}, {"retain": 1}]})
    assert refusal.value.component == 1


def test_an_operation_of_too_many_components_is_refused() -> None:
    kind = RichTextType(max_components=2)
    kind.check({"ops": [{"insert": "a"}] * 2})
    with pytest.raises(InvalidOperation, match="got 3 components, the limit is 2"):
        kind.check({"ops": [{"insert": "a"}] * 3})
    assert kind.create({"ops": [{"insert": "a"}] * 3}) == {"ops": [{"insert": "aaa"}]}


def test_attributes_may_hold_more_where_that_is_allowed() -> None:
    kind = RichTextType(attribute_depth=2)
    nested = {"ops": [{"insert": "a", "attributes": {"x": {"y": [1]}}}]}
    assert kind.create(nested) == nested
    with pytest.raises(InvalidOperation, match="nested too deep"):
        kind.check({"ops": [{"insert": "a", "attributes": {"x": [[[]]]}}]})
    again = {"ops": [{"retain": 1, "attributes": {"x": {"y": [2]}}}]}
    changed = kind.apply(nested, again)
    assert changed == {"ops": [{"insert": "a", "attributes": {"x": {"y": [2]}}}]}
    assert kind.apply(changed, kind.invert(again, nested)) == nested


def test_the_difference_reformats_what_stays_and_replaces_what_differs() -> None:
    before = richtext.create({"ops": [{"insert": "one two "}, {"insert": {"image": "a"}}]})
    after = richtext.create(
        {
            "ops": [
                {"insert": "one", "attributes": {"bold": True}},
                {"insert": " three "},
                {"insert": {"image": "b"}},
            ]
        }
    )
    difference = richtext.difference(before, after)
    assert difference == {
        "ops": [
            {"retain": 3, "attributes": {"bold": True}},
            {"retain": 2},
            {"insert": "hree"},
            {"delete": 2},
            {"retain": 1},
            {"insert": {"image": "b"}},
            {"delete": 1},
        ]
    }
    assert richtext.apply(before, difference) == after
