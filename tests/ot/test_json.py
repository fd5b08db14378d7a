"""The type `json` by example."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collab.errors import InvalidOperation
from collab.ot import JsonType, get_type

json0 = get_type("json")

PARTS = ["p", "oi", "od", "li", "ld", "lm", "na", "si", "sd", "t", "o"]
STEPS = st.lists(st.sampled_from(["a", 0, 1, True, -1, 0.0, None]), max_size=3)
VALUES = st.sampled_from(
    [
        *("text0", 0, 1, -1, 2.5, "", "x", "\ud83d", None, True, [], {}, ["x", 1], {"a": {"a": 1}}),
        *([{"p": 0, "i": "x"}], [{"p": 1, "d": "😀"}, {"p": 2, "i": "y"}], [{"p": 0}]),
    ]
)
ALMOST = st.lists(
    st.tuples(STEPS, st.dictionaries(st.sampled_from(PARTS[1:]), VALUES, max_size=2)).map(
        lambda parts: {"p": parts[0], **parts[1]}
    ),
    max_size=4,
)


def refused(call: Any, *arguments: Any) -> str:
    with pytest.raises(InvalidOperation) as refusal:
        call(*arguments)
    return str(refusal.value)


def test_a_new_document_is_an_empty_object_that_members_can_be_put_into() -> None:
    empty = json0.create()
    assert empty == {}
    assert json0.apply(empty, [{"p": ["tasks"], "oi": []}]) == {"tasks": []}


def test_the_whole_document_can_be_replaced() -> None:
    assert json0.apply({}, [{"p": [], "od": {}, "oi": [1]}]) == [1]
    assert "only be replaced" in refused(json0.check, [{"p": [], "od": {}}])
    assert "null" in refused(json0.check, [{"p": [], "od": {}, "oi": None}])


@pytest.mark.parametrize("content", [7, "text", [1, [2]], {"a": None}, False])
def test_any_json_value_but_null_is_a_document(content: Any) -> None:
    assert json0.create(content) == content


@pytest.mark.parametrize(
    "content",
    [
        float("nan"),
        float("inf"),
        10**400,
        "\ud83d",
        {"\ude00": 1},
        pytest.param([object()], id="object"),
        {1: 2},
        (1,),
        b"a",
    ],
    ids=repr,
)
def test_what_is_no_json_is_no_document(content: Any) -> None:
    refused(json0.create, content)
    refused(json0.check, [{"p": ["a"], "oi": content}])


@pytest.mark.parametrize("value", [float("nan"), float("-inf")])
def test_only_json_numbers_are_added(value: float) -> None:
    assert "JSON number" in refused(json0.check, [{"p": ["a"], "na": value}])


def test_a_number_has_one_form_only() -> None:
    content = json0.create([1.0, -0.0, 2**53 + 2, 1e20, 1.5])
    assert json.dumps(content) == "[1, 0, 9007199254740994.0, 1e+20, 1.5]"
    assert json.dumps(json0.normalize([{"p": [0.0], "li": 3.0}])) == '[{"p": [0], "li": 3}]'


def test_a_document_is_nested_as_deep_as_the_type_allows_and_no_deeper() -> None:
    shallow = JsonType(max_depth=3)
    assert shallow.create([[[1]]]) == [[[1]]]
    assert "3 levels" in refused(shallow.create, [[[[]]]])
    shallow.check([{"p": ["a", "b"], "oi": [1]}, {"p": ["a", "b", "c", 0], "si": "x"}])
    assert "1 levels" in refused(shallow.check, [{"p": ["a", "b"], "oi": [[1]]}])
    assert "limit is 4" in refused(shallow.check, [{"p": ["a"] * 5, "oi": 1}])


def test_nesting_beyond_any_stack_is_refused_too() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    refused(json0.create, deep)
    refused(json0.check, deep)
    refused(json0.check, [{"p": ["a"], "oi": deep}])
    refused(json0.check, [{"p": deep, "oi": 1}])


def test_an_operation_has_as_many_components_as_the_type_allows_and_no_more() -> None:
    narrow = JsonType(max_components=2)
    narrow.check([{"p": ["a"], "na": 1}] * 2)
    assert "limit is 2" in refused(narrow.check, [{"p": ["a"], "na": 1}] * 3)
    edits = {"p": ["a"], "t": "text0", "o": [{"p": 0, "i": "x"}] * 3}
    assert "limit is 2" in refused(narrow.check, [edits])


def test_a_difference_too_long_replaces_the_whole() -> None:
    narrow = JsonType(max_components=2)
    before, after = {"a": 1, "b": 2, "c": 3}, {"a": 2, "b": 3, "c": 4}
    assert narrow.difference(before, after) == [{"p": [], "od": before, "oi": after}]


def test_a_difference_changes_only_what_differs() -> None:
    before = {"tasks": [{"text": "buy milk", "done": False}, {"text": "b"}], "n": 1}
    after = {"tasks": [{"text": "buy oat milk", "done": True}, {"text": "b"}], "n": 1}
    assert json0.difference(before, after) == [
        {"p": ["tasks", 0, "text", 4], "si": "oat "},
        {"p": ["tasks", 0, "done"], "od": False, "oi": True},
    ]


def test_a_refusal_names_the_component_the_path_and_what_is_there() -> None:
    operation = [{"p": ["a"], "na": 1}, {"p": ["b", 0], "ld": "x"}]
    message = refused(json0.apply, {"a": 1, "b": ["y"]}, operation)
    assert message == 'component 1: path ["b", 0]: there is "y", but ld is "x"'


def test_a_refusal_shows_only_the_beginning_of_what_is_long() -> None:
    operation = [{"p": ["a"], "od": "x" * 10_000}]
    assert len(refused(json0.apply, {"a": "y" * 10_000}, operation)) < 300


def test_an_operation_that_does_not_carry_what_it_deletes_has_no_inverse() -> None:
    message = refused(json0.invert, [{"p": ["a"], "oi": 2}], {"a": 1})
    assert "give it as od" in message


def test_the_inverse_is_told_by_the_operation() -> None:
    content = {"a": [1, "é😀"], "n": 5}
    operation = [
        {"p": ["a", 0], "lm": 1},
        {"p": ["a", 0, 1], "sd": "😀"},
        {"p": ["n"], "na": 3},
    ]
    assert json0.invert(operation, content) == [
        {"p": ["n"], "na": -3},
        {"p": ["a", 0, 1], "si": "😀"},
        {"p": ["a", 1], "lm": 0},
    ]


def test_adding_is_exact_or_refused() -> None:
    assert json0.apply([2.5], [{"p": [0], "na": 0.25}]) == [2.75]
    assert "exactly" in refused(json0.apply, [0.1], [{"p": [0], "na": 0.2}])
    parts = [{"p": [0], "na": 0.1}], [{"p": [0], "na": 0.2}]
    assert json0.compose(*parts) == [*parts[0], *parts[1]]


def test_a_pair_is_never_split() -> None:
    assert "surrogate pair" in refused(json0.apply, ["😀"], [{"p": [0, 1], "si": "x"}])
    inside = [{"p": [0, 0], "si": "😀"}, {"p": [0, 1], "si": "x"}]
    assert "surrogate pair" in refused(json0.check, inside)


def test_both_forms_of_editing_a_string_meet() -> None:
    content, one = {"a": "abc"}, [{"p": ["a", 1], "si": "x"}]
    two = [{"p": ["a"], "t": "text0", "o": [{"p": 0, "d": "ab"}, {"p": 0, "i": "y"}]}]
    on_server = json0.apply(json0.apply(content, one), json0.transform(two, one, "right"))
    at_author = json0.apply(json0.apply(content, two), json0.transform(one, two, "left"))
    assert on_server == at_author


def test_what_an_operation_deletes_of_its_own_must_match_too() -> None:
    for operation in (
        [{"p": ["a"], "oi": 1}, {"p": ["a"], "od": 2}],
        [{"p": ["a"], "oi": [1]}, {"p": ["a"], "od": [2], "oi": 3}],
        [{"p": ["a"], "oi": 1}, {"p": ["a"], "od": True}],
    ):
        normal = json0.normalize(operation)
        assert "component 1" in refused(json0.apply, {}, normal)


def test_operations_that_fit_no_common_content_are_refused() -> None:
    one, two = [{"p": [0, 0], "sd": "ab"}], [{"p": [0, 1], "sd": "x"}]
    assert "doesn't fit" in refused(json0.transform, one, two, "left")


def test_a_buffer_changes_its_own_lists_and_objects_in_place() -> None:
    content: Any = {"tasks": [{"n": 0}, {"n": 0}], "other": [1]}
    buffer = json0.buffer(content)
    buffer.apply([{"p": ["tasks", 0, "n"], "na": 1}])
    given_away = buffer.content()
    before = copy.deepcopy(given_away)
    assert given_away["other"] is content["other"]
    assert given_away["tasks"][1] is content["tasks"][1]
    buffer.apply([{"p": ["tasks", 0, "n"], "na": 1}])
    assert given_away == before
    assert buffer.content()["tasks"][0] == {"n": 2}


def test_a_buffer_never_changes_what_an_operation_brought() -> None:
    buffer = json0.buffer({})
    operation = [{"p": ["a"], "oi": [[]]}]
    buffer.apply(operation)
    buffer.apply([{"p": ["a", 0, 0], "li": 1}])
    assert operation == [{"p": ["a"], "oi": [[]]}]
    assert buffer.content() == {"a": [[1]]}


def test_a_buffer_counts_the_bytes_of_the_json_text() -> None:
    buffer = json0.buffer({"é": ["漢😀", '"\n']})
    for operation in (
        [{"p": ["é", 0, 3], "si": '\\\x01"'}],
        [{"p": ["é", 1], "ld": '"\n'}],
        [{"p": ["n"], "oi": -99}, {"p": ["n"], "na": 100}, {"p": ["é"], "od": ['漢😀\\\x01"']}],
        [{"p": ["n"], "od": 1}],
    ):
        expected = buffer.size_after(operation)
        buffer.apply(operation)
        assert buffer.size == expected == len(msgspec.json.encode(buffer.content()))
    assert buffer.size == 2


def test_many_edits_inside_one_long_delete_are_transformed() -> None:
    content = ["y" * 1000]
    many = json0.normalize([{"p": [0, 3 * index], "si": "x"} for index in range(150)])
    one = [{"p": [0, 0], "sd": "y" * 1000}]
    on_server = json0.apply(json0.apply(content, many), json0.transform(one, many, "right"))
    at_author = json0.apply(json0.apply(content, one), json0.transform(many, one, "left"))
    assert on_server == at_author == ["x" * 150]


@settings(max_examples=1000, deadline=None)
@given(ALMOST)
def test_what_is_almost_an_operation_is_one_or_is_refused(value: Any) -> None:
    try:
        normal = json0.normalize(value)
    except InvalidOperation:
        return
    assert json0.normalize(normal) == normal
    calls: tuple[Callable[[], Any], ...] = (
        lambda: json0.compose(normal, normal),
        lambda: json0.transform(normal, normal, "left"),
        lambda: json0.transform(normal, normal, "right"),
        lambda: json0.apply({"a": [{"a": 1}, "x"]}, normal),
        lambda: json0.apply([["x", 1], 1], normal),
    )
    for call in calls:
        with suppress(InvalidOperation):
            call()


@settings(max_examples=1000, deadline=None)
@given(ALMOST, ALMOST)
def test_operations_of_no_common_content_are_transformed_or_refused(one: Any, two: Any) -> None:
    with suppress(InvalidOperation):
        one, two = json0.normalize(one), json0.normalize(two)
        json0.check(json0.compose(one, two))
        json0.check(json0.transform(one, two, "left"))
        json0.check(json0.transform(two, one, "right"))
