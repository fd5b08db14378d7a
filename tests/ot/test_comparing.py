"""Comparing large values in turns: what is found, and how much is done at a time."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from collab.errors import TooLarge
from collab.ot import JsonType, Meter, OperationType, RichTextType, TextType, TooMuchWork
from collab.ot.comparing import SMALL, Search, alike, common_items, finished
from collab.ot.values import same

STEPS_AT_ONCE = 6000
"""Most steps from one stop to the next: a few milliseconds. A long text is compared in one piece,
at thousands of characters a step."""

NUMBERS = 200_000


def most_steps(search: Search[Any], meter: Meter) -> int:
    """How many steps the search has taken at a time, at most."""
    most = before = 0
    while True:
        try:
            next(search)
        except StopIteration:
            return max(most, meter.spent - before)
        most, before = max(most, meter.spent - before), meter.spent


def nested(value: Any, levels: int) -> Any:
    for _ in range(levels):
        value = {"a": [value]}
    return value


BULKY: list[Any] = [
    "x" * (SMALL + 1),
    list(range(SMALL)),
    {f"k{number}": number for number in range(SMALL)},
    {"k" * SMALL: 1},
    [[number, "é"] for number in range(SMALL)],
    nested(["x" * 200] * 300, 5),
    {f"k{number}": {"n": number, "on": True} for number in range(SMALL)},
]


@pytest.mark.parametrize("number", range(len(BULKY)))
def test_a_bulky_value_is_like_its_copy_and_like_no_other(number: int) -> None:
    value = BULKY[number]
    for index, other in enumerate(BULKY):
        assert finished(alike(value, copied(other), Meter())) is (index == number)


def copied(value: Any) -> Any:
    if type(value) is list:
        return [copied(item) for item in value]
    return {key: copied(item) for key, item in value.items()} if type(value) is dict else value


@pytest.mark.parametrize(
    ("one", "two", "is_same"),
    [
        (1, True, False),
        (0, False, False),
        ([1], [True], False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 1}, False),
        (["ab"], ["a", "b"], False),
        ("", [], False),
        (None, False, False),
        ([1] * SMALL + [True], [1] * SMALL + [1], False),
        ({f"k{n}": 1 for n in range(SMALL)}, {f"k{n}": True for n in range(SMALL)}, False),
    ],
)
def test_values_are_alike_if_they_are_the_same(one: Any, two: Any, is_same: bool) -> None:
    assert finished(alike(one, two, Meter())) is is_same
    assert same(one, two) is is_same


def test_what_two_lists_have_in_common_is_found_from_both_ends() -> None:
    chance = random.Random(1)
    for _ in range(200):
        items = [chance.randrange(3) for _ in range(chance.randrange(1200))]
        others = list(items)
        for _ in range(chance.randrange(3)):
            others[chance.randrange(len(others) + 1) :] = [chance.randrange(3)] * 3
        most = min(len(items), len(others))
        pairs = list(zip(items, others, strict=False))
        start = next((n for n, (a, b) in enumerate(pairs) if a != b), most)
        assert finished(common_items(items, others, most, Meter())) == start
        back = list(zip(reversed(items), reversed(others), strict=False))
        end = next((n for n, (a, b) in enumerate(back) if a != b), most)
        assert finished(common_items(items, others, most, Meter(), at_end=True)) == end


def changed(items: list[Any], new: Callable[[], Any], chance: random.Random) -> list[Any]:
    items = list(items)
    for _ in range(chance.randrange(1, 5)):
        place = chance.randrange(len(items))
        match chance.randrange(3):
            case 0:
                items[place] = new()
            case 1:
                items.insert(place, new())
            case _:
                del items[place : place + chance.randrange(1, 400)]
        items = items or [new()]
    return items


def test_the_difference_of_long_lists_leads_from_one_to_the_other() -> None:
    kind = JsonType(max_components=5000)
    chance = random.Random(2)

    def item() -> Any:
        return chance.choice([1, True, "text", [1, 2], {"a": chance.randrange(9)}])

    for _ in range(60):
        before = [item() for _ in range(chance.randrange(1, 1500))]
        after = changed(before, item, chance)
        operation = kind.difference(before, after)
        assert same(kind.apply(before, operation), after)
        members = {f"k{number}": value for number, value in enumerate(before)}
        others = {f"k{number}": value for number, value in enumerate(after)}
        assert same(kind.apply(members, kind.difference(members, others)), others)


def test_the_difference_of_long_rich_texts_leads_from_one_to_the_other() -> None:
    kind = RichTextType(max_components=10_000)
    chance = random.Random(3)

    def run() -> Any:
        insert = chance.choice(["a", "bc", "é\U0001f600", {"image": "x"}])
        return {"insert": insert, "attributes": {"n": chance.randrange(4)}}

    for _ in range(60):
        before = kind.create({"ops": [run() for _ in range(chance.randrange(1, 1500))]})
        after = kind.create({"ops": changed(before["ops"], run, chance)})
        operation = kind.difference(before, after)
        assert kind.normalize(operation) == operation
        assert kind.apply(before, operation) == after


def test_two_lists_that_differ_throughout_are_not_compared_to_their_ends() -> None:
    one, two = list(range(NUMBERS)), [number + 1 for number in range(NUMBERS)]
    meter = Meter()
    operation = finished(JsonType().compare(one, two, meter))
    assert operation == [{"p": [], "od": one, "oi": two}]
    assert meter.spent < 5000


def test_a_rich_text_that_differs_throughout_is_refused_before_its_end() -> None:
    before, after = (
        {"ops": [{"insert": ".", "attributes": {key: n % 2}} for n in range(50_000)]}
        for key in "ab"
    )
    meter = Meter()
    with pytest.raises(TooLarge, match=r"more than 1000 components.*max_operation_components"):
        finished(RichTextType(max_components=1000).compare(before, after, meter))
    assert meter.spent < 50_000


def test_a_few_components_too_many_are_refused_too() -> None:
    before, after = (
        {"ops": [{"insert": ".", "attributes": {key: n % 2}} for n in range(5)]} for key in "ab"
    )
    with pytest.raises(TooLarge):
        finished(RichTextType(max_components=4).compare(before, after, Meter()))


SHAPES: list[tuple[Any, Any, Any]] = [
    (JsonType(), [5] * NUMBERS, [6, *[5] * (NUMBERS - 2), 7]),
    (JsonType(), [5] * NUMBERS, [5] * (NUMBERS - 1)),
    (JsonType(), nested([5] * NUMBERS, 20), nested([5] * (NUMBERS - 1), 20)),
    (
        JsonType(),
        {f"k{n}": {"n": n} for n in range(50_000)},
        {f"k{n}": {"n": n} for n in range(49_999, 0, -1)},
    ),
    (JsonType(), [{"n": n} for n in range(50_000)], [{"n": n} for n in range(1, 50_000)]),
    (TextType(), "é" * 1_000_000, "é" * 400_000 + "x" + "é" * 600_000),
    (
        RichTextType(),
        {"ops": [{"insert": ".", "attributes": {"b": n % 2}} for n in range(50_000)]},
        {
            "ops": [
                {"insert": ".", "attributes": {"c": 1}},
                *({"insert": ".", "attributes": {"b": n % 2}} for n in range(1, 49_999)),
                {"insert": ".", "attributes": {"c": 1}},
            ]
        },
    ),
]


@pytest.mark.parametrize("number", range(len(SHAPES)))
def test_a_search_stops_often_and_counts_its_work(number: int) -> None:
    kind, before, after = SHAPES[number]
    meter = Meter()
    assert most_steps(kind.compare(before, after, meter), meter) < STEPS_AT_ONCE
    with pytest.raises(TooMuchWork):
        finished(kind.compare(before, after, Meter(meter.spent - 1)))


def words(chance: random.Random, count: int) -> str:
    return " ".join(chance.choice(["wake", "élan", "\U0001f600", "of"]) for _ in range(count))


def test_changes_far_from_one_another_do_not_replace_what_is_between() -> None:
    chance = random.Random(4)
    text = words(chance, 40_000)
    middle = len(text) // 2
    changed_text = f"begin {text[:middle]} middle {text[middle + 30 :]} end"
    cases: list[tuple[OperationType, Any, Any]] = [
        (TextType(), text, changed_text),
        (RichTextType(), {"ops": [{"insert": text}]}, {"ops": [{"insert": changed_text}]}),
    ]
    for kind, before, after in cases:
        operation = kind.difference(before, after)
        assert kind.apply(before, operation) == after
        assert kind.normalize(operation) == operation
        assert sum(len(each.get("insert", "")) for each in operation["ops"]) < 100


def test_the_difference_of_long_texts_leads_from_one_to_the_other() -> None:
    kind = TextType()
    chance = random.Random(5)
    for _ in range(60):
        before = words(chance, chance.randrange(1, 9000))
        after = before
        for _ in range(chance.randrange(1, 9)):
            start = chance.randrange(len(after) + 1)
            end = start + chance.randrange(2000)
            # Added, deleted, replaced, repeated or moved.
            part = chance.choice(["", "x", words(chance, 900), after[start:end], after[:1500]])
            after = after[:start] + part + after[chance.choice([start, end]) :]
        operation = kind.difference(before, after)
        assert kind.apply(before, operation) == after
        assert kind.normalize(operation) == operation


def test_a_text_that_differs_throughout_takes_few_searches() -> None:
    meter = Meter()
    operation = finished(TextType().compare("ab" * 500_000, "ba" * 500_000, meter))
    assert len(operation["ops"]) <= 3
    assert meter.spent < 40_000
