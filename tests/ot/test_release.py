"""A large value is let go in small steps, and what somebody else holds stays as it is."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import pytest

from collab.ot import get_type
from collab.ot.release import releasing


class Leaf:
    """Tells when it is gone."""

    alive = 0

    def __init__(self) -> None:
        Leaf.alive += 1

    def __del__(self) -> None:
        Leaf.alive -= 1


def nested(depth: int, leaf: Callable[[], Any]) -> Any:
    if not depth:
        return leaf()
    if depth % 2:
        return {f"k{number}": nested(depth - 1, leaf) for number in range(5)}
    return [nested(depth - 1, leaf) for _ in range(5)]


SHAPES: dict[str, Callable[[Callable[[], Any]], Any]] = {
    "a list": lambda leaf: [leaf() for _ in range(50_000)],
    "an object": lambda leaf: {str(number): leaf() for number in range(50_000)},
    "objects": lambda leaf: [{"id": leaf(), "tags": ["a", leaf()]} for _ in range(20_000)],
    "large ones in small ones": lambda leaf: {"a": {"b": [[leaf()] * 20_000] * 1}},
    "a few large ones": lambda leaf: [[leaf() for _ in range(5000)] for _ in range(20)],
    "a tree": lambda leaf: nested(7, leaf),
    "small and large": lambda leaf: [0] * 5000 + [[leaf()] * 500 for _ in range(50)],
    "a leaf": lambda leaf: leaf(),
}


@pytest.mark.parametrize("shape", SHAPES)
def test_all_of_it_is_gone_in_the_end(shape: str) -> None:
    gc.disable()
    try:
        waiting = [SHAPES[shape](Leaf)]
        assert Leaf.alive
        for _ in releasing(waiting):
            pass
        assert not waiting
        assert not Leaf.alive
    finally:
        gc.enable()


@pytest.mark.parametrize("shape", ["a list", "an object", "objects", "a few large ones"])
def test_a_large_value_goes_in_several_steps(shape: str) -> None:
    steps = sum(1 for _ in releasing([SHAPES[shape](lambda: str(object()))]))
    assert steps > 1


def test_what_somebody_else_holds_stays_as_it_is() -> None:
    inner = [1, 2, {"a": [3]}]
    whole = {"inner": inner, "other": [[4] * 100] * 3}
    for _ in releasing([whole]):
        pass
    assert whole == {"inner": [1, 2, {"a": [3]}], "other": [[4] * 100] * 3}
    held: list[Any] = [{"inner": inner, "others": [inner, inner]} for _ in range(100)]
    for _ in releasing(held):
        pass
    assert inner == [1, 2, {"a": [3]}]
    assert not held


def test_a_board_that_is_let_go_is_empty_and_what_it_has_given_away_stays() -> None:
    kind: Any = get_type("json")
    content = {"list": [{"n": number} for number in range(1000)]}
    buffer = kind.buffer(content)
    del content
    value = {"deep": [1, 2, 3]}
    buffer.apply([{"p": ["value"], "oi": value}])
    given = buffer.content()["list"]
    for _ in buffer.releasing():
        pass
    assert buffer.content() == {}
    assert value == {"deep": [1, 2, 3]}
    assert given == [{"n": number} for number in range(1000)]
