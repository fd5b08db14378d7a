"""Shapes of an edit and of concurrent edits of others, parameterized by sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from .play import Case

__all__ = ["SHAPES", "Shape"]

EMOJI = "\U0001f600"


class Shape(NamedTuple):
    make: Callable[..., Case]
    limits: dict[str, tuple[int, int]]
    """The smallest and largest value of each argument of `make`."""


SHAPES: dict[str, Shape] = {}


def shape(**limits: tuple[int, int]) -> Callable[[Callable[..., Case]], Callable[..., Case]]:
    def register(make: Callable[..., Case]) -> Callable[..., Case]:
        SHAPES[make.__name__] = Shape(make, limits)
        return make

    return register


def letter(at: int, text: str = "x") -> dict[str, Any]:
    return {"ops": [{"retain": at}, {"insert": text}] if at else [{"insert": text}]}


def spread(count: int, gap: int, component: dict[str, Any]) -> dict[str, Any]:
    """`count` copies of the component, separated by plain retains."""
    return {"ops": [part for _ in range(count) for part in ({"retain": gap}, component)]}


def deep(value: Any, depth: int) -> Any:
    for _ in range(depth):
        value = {"a": value}
    return value


def keys(count: int, first: int = 0) -> dict[str, Any]:
    return {f"k{number}": number for number in range(first, first + count)}


# -- text --------------------------------------------------------------------------------------


@shape(components=(1, 3000), changes=(1, 2000))
def text_components(components: int, changes: int) -> Case:
    content = "." * (2 * components + 10)
    return Case("text", content, [letter(3)] * changes, spread(components, 1, {"insert": "y"}))


@shape(components=(1, 3000), gap=(1, 4000))
def text_components_far_apart(components: int, gap: int) -> Case:
    gap = min(gap, 9_000_000 // components)
    content = "." * (components * gap)
    return Case("text", content, [], spread(components, gap, {"insert": "y"}))


@shape(components=(1, 3000), gap=(1, 2000))
def text_components_among_emoji(components: int, gap: int) -> Case:
    gap = min(gap, 4_000_000 // components)
    content = EMOJI * (components * gap)
    return Case("text", content, [], spread(components, 2 * gap, {"insert": "y"}))


@shape(length=(1, 200_000), changes=(1, 5000))
def text_emoji_beside_a_delete(length: int, changes: int) -> Case:
    operation = {"ops": [{"retain": 2}, {"insert": EMOJI * length}, {"delete": 2}]}
    return Case("text", "." * 100, [letter(1)] * changes, operation)


@shape(length=(1, 20_000), pieces=(1, 40), changes=(1, 3000))
def text_many_strings(length: int, pieces: int, changes: int) -> Case:
    operation = spread(pieces, 1, {"insert": EMOJI * min(length, 200_000 // pieces)})
    return Case("text", "." * 100, [letter(0)] * changes, operation)


@shape(inserts=(1, 4000), changes=(1, 3000))
def text_a_delete_that_falls_into_pieces(inserts: int, changes: int) -> Case:
    content = "." * (inserts + 10)
    history = [spread(inserts, 1, {"insert": "y"}), *([letter(0)] * changes)]
    return Case("text", content, history, {"ops": [{"delete": inserts}]})


@shape(length=(1, 8000), changes=(1, 100))
def text_long_changes(length: int, changes: int) -> Case:
    history = [letter(1, EMOJI * length)] * changes
    return Case("text", "." * 100, history, spread(5, 1, {"insert": "y"}))


@shape(length=(1, 1_000_000))
def text_one_long_insert(length: int) -> Case:
    return Case("text", "." * 100, [], letter(50, "x" * length))


@shape(length=(1, 5_000_000), emoji=(0, 1))
def text_a_long_delete(length: int, emoji: int) -> Case:
    content = (EMOJI if emoji else "..") * length
    return Case("text", content, [], {"ops": [{"delete": 2 * length}]})


# -- rich text ---------------------------------------------------------------------------------


@shape(attributes=(1, 60_000), changes=(1, 1900))
def rich_attributes(attributes: int, changes: int) -> Case:
    history = [{"ops": [{"retain": 1, "attributes": {"b": n % 2}}]} for n in range(changes)]
    operation = {"ops": [{"retain": 1, "attributes": keys(attributes)}]}
    return Case("richtext", {"ops": [{"insert": "." * 100}]}, history, operation)


@shape(attributes=(1, 99), components=(1, 2000), changes=(1, 1000))
def rich_attributes_in_common(attributes: int, components: int, changes: int) -> Case:
    components = min(components, 50_000 // attributes)
    formats = [{"b": n, **keys(attributes)} for n in range(2)]
    operation = {"ops": [{"retain": 1, "attributes": formats[n % 2]} for n in range(components)]}
    history = [
        {"ops": [{"retain": components, "attributes": {f"k{n % attributes}": n}}]}
        for n in range(changes)
    ]
    return Case("richtext", {"ops": [{"insert": "." * 5000}]}, history, operation)


@shape(pieces=(1, 2500), attributes=(2, 100), changes=(1, 1000))
def rich_a_format_that_falls_into_pieces(pieces: int, attributes: int, changes: int) -> Case:
    alternating = [{"retain": 1, "attributes": {f"k{n % 2}": 1}} for n in range(2 * pieces)]
    history = [{"ops": alternating}, *([letter(0)] * changes)]
    operation = {"ops": [{"retain": 2 * pieces, "attributes": keys(attributes)}]}
    return Case("richtext", {"ops": [{"insert": "." * 5000}]}, history, operation)


@shape(length=(1, 200_000), components=(2, 40), changes=(1, 2000))
def rich_long_values(length: int, components: int, changes: int) -> Case:
    size = min(length, 700_000 // components)
    operation = {
        "ops": [
            {"retain": 1, "attributes": {"a": "x" * size, "b": n % 2}} for n in range(components)
        ]
    }
    return Case("richtext", {"ops": [{"insert": "." * 100}]}, [letter(0)] * changes, operation)


@shape(length=(1, 200_000), changes=(1, 2000))
def rich_emoji(length: int, changes: int) -> Case:
    history = [{"ops": [{"retain": 1, "attributes": {"b": n % 2}}]} for n in range(changes)]
    operation = {"ops": [{"insert": EMOJI * length, "attributes": {"b": 1}}, {"delete": 1}]}
    return Case("richtext", {"ops": [{"insert": "." * 100}]}, history, operation)


@shape(components=(1, 3000), runs=(1, 100_000))
def rich_components_far_apart(components: int, runs: int) -> Case:
    content = [{"insert": ".", "attributes": {"b": n % 2}} for n in range(runs)]
    gap = max(1, runs // components)
    operation = spread(runs // gap, gap, {"insert": "y"})
    return Case("richtext", {"ops": content}, [], operation)


@shape(runs=(1, 300_000))
def rich_a_format_of_everything(runs: int) -> Case:
    content = [{"insert": ".", "attributes": {"b": n % 2}} for n in range(runs)]
    operation = {"ops": [{"retain": runs, "attributes": {"i": 1}}]}
    return Case("richtext", {"ops": content}, [], operation)


@shape(runs=(1, 300_000))
def rich_a_delete_of_everything(runs: int) -> Case:
    content = [{"insert": ".", "attributes": {"b": n % 2}} for n in range(runs)]
    return Case("richtext", {"ops": content}, [], {"ops": [{"delete": runs}]})


@shape(attributes=(1, 99), components=(1, 3000))
def rich_inserts_with_attributes(attributes: int, components: int) -> Case:
    components = min(components, 60_000 // attributes)
    operation = {
        "ops": [
            {"insert": "x", "attributes": {"b": n % 2, **keys(attributes)}}
            for n in range(components)
        ]
    }
    return Case("richtext", {"ops": [{"insert": "." * 100}]}, [], operation)


@shape(attributes=(1, 100))
def rich_one_run_with_many_attributes(attributes: int) -> Case:
    content = [{"insert": ".", "attributes": keys(attributes)}, {"insert": "." * 100}]
    operation = {"ops": [{"retain": 1, "attributes": {"b": 1}}]}
    return Case("richtext", {"ops": content}, [], operation)


@shape(items=(1, 300_000))
def rich_one_big_embed(items: int) -> Case:
    operation = {"ops": [{"insert": {"image": [0] * items}}]}
    return Case("richtext", {"ops": [{"insert": "." * 100}]}, [], operation)


# -- json --------------------------------------------------------------------------------------


@shape(components=(1, 500), theirs=(1, 500), changes=(1, 100), depth=(1, 60))
def json_list_inserts(components: int, theirs: int, changes: int, depth: int) -> Case:
    path = ["a"] * depth
    mine = [{"p": [*path, 3], "li": {"n": n}} for n in range(components)]
    other = [{"p": [*path, 1], "li": {"n": n}} for n in range(theirs)]
    return Case("json", deep([0] * 10, depth), [other] * changes, mine)


@shape(components=(1, 500), changes=(1, 1000))
def json_list_moves(components: int, changes: int) -> Case:
    mine = [{"p": ["a", n % 9], "lm": (n * 7 + 1) % 9} for n in range(components)]
    mine = [each for each in mine if each["p"][-1] != each["lm"]]
    history = [[{"p": ["a", n % 9], "lm": (n + 3) % 9}] for n in range(changes)]
    return Case("json", deep(list(range(10)), 1), history, mine)


@shape(components=(1, 500), changes=(1, 1000), depth=(1, 60))
def json_members_apart(components: int, changes: int, depth: int) -> Case:
    path = ["a"] * depth
    mine = [{"p": [*path, f"m{n}"], "oi": n} for n in range(components)]
    history = [[{"p": [*path, f"o{n}"], "oi": n}] for n in range(changes)]
    return Case("json", deep({}, depth), history, mine)


@shape(length=(1, 120_000), changes=(1, 2000), emoji=(0, 1))
def json_a_delete_over_edits_of_a_string(length: int, changes: int, emoji: int) -> Case:
    text = (EMOJI if emoji else "..") * length
    history = [[{"p": ["a", "s", 0], "si": "x"}] for _ in range(changes)]
    content = {"a": {"s": text}}
    return Case("json", content, history, [{"p": ["a"], "od": content["a"]}])


@shape(members=(1, 40_000), changes=(1, 2000))
def json_a_delete_over_edits_of_an_object(members: int, changes: int) -> Case:
    content = {"a": keys(members)}
    history = [[{"p": ["a", "k0"], "na": 1}] for _ in range(changes)]
    return Case("json", content, history, [{"p": ["a"], "od": content["a"]}])


@shape(items=(1, 100_000), changes=(1, 2000))
def json_a_delete_over_edits_of_a_list(items: int, changes: int) -> Case:
    content = {"a": [0] * items}
    history = [[{"p": ["a", 0], "li": 1}] for _ in range(changes)]
    return Case("json", content, history, [{"p": ["a"], "od": content["a"]}])


@shape(items=(1, 60_000), changes=(1, 2000))
def json_values_that_are_compared(items: int, changes: int) -> Case:
    mine = [
        {"p": ["l", 1], "ld": 1},
        {"p": ["l", 1, "a"], "oi": [0] * items},
        {"p": ["l", 1, "a"], "od": [*([0] * items), 1]},
    ]
    history = [[{"p": ["l", 0], "li": 0}] for _ in range(changes)]
    return Case("json", {"l": [0, 1, {}, 3]}, history, mine)


@shape(edits=(1, 500), changes=(1, 500), length=(1, 1000))
def json_text0(edits: int, changes: int, length: int) -> Case:
    mine = [
        {"p": ["s"], "t": "text0", "o": [{"p": 3 * n, "i": EMOJI * length} for n in range(edits)]}
    ]
    history = [[{"p": ["s"], "t": "text0", "o": [{"p": 1, "i": "x"}]}] for _ in range(changes)]
    return Case("json", {"s": "." * 10_000}, history, mine)


@shape(length=(1, 100_000), changes=(1, 1000))
def json_a_delete_of_a_string_in_pieces(length: int, changes: int) -> Case:
    text = EMOJI * length
    history = [[{"p": ["s", 2 * length - 2], "si": "x"}] for n in range(changes)]
    return Case("json", {"s": text}, history, [{"p": ["s", 0], "sd": text}])


@shape(length=(1, 1_000_000), components=(1, 500), emoji=(0, 1))
def json_edits_of_a_long_string(length: int, components: int, emoji: int) -> Case:
    text = (EMOJI if emoji else "..") * length
    mine = [{"p": ["s", 6 * n], "si": "xy"} for n in range(components)]
    return Case("json", {"s": text + "." * 5000}, [], mine)


@shape(values=(1, 400_000), nested=(0, 2))
def json_one_big_value(values: int, nested: int) -> Case:
    value: Any = ([0] * values, [[0]] * (values // 2), [{"a": []}] * (values // 3))[nested]
    return Case("json", {}, [], [{"p": ["a"], "oi": value}])


@shape(values=(1, 400_000), nested=(0, 2))
def json_a_delete_of_a_big_value(values: int, nested: int) -> Case:
    value: Any = ([0] * values, [[0]] * (values // 2), [{"a": []}] * (values // 3))[nested]
    return Case("json", {"a": value}, [], [{"p": ["a"], "od": value}])


@shape(values=(1, 2_000_000), components=(1, 100))
def json_a_misfit_in_a_big_document(values: int, components: int) -> Case:
    return Case("json", {"a": [0] * values}, [], [{"p": ["a"], "od": 1}])


@shape(items=(1, 2_000_000), components=(1, 500))
def json_inserts_into_a_long_list(items: int, components: int) -> Case:
    mine = [{"p": ["a", 2 * n], "li": {"n": 1}} for n in range(min(components, items // 2 + 1))]
    return Case("json", {"a": [0] * items}, [], mine)


@shape(members=(1, 500_000), components=(1, 500))
def json_members_of_a_large_object(members: int, components: int) -> Case:
    mine = [{"p": ["a", f"n{n}"], "oi": 1} for n in range(components)]
    return Case("json", {"a": keys(members)}, [], mine)
