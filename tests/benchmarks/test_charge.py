"""Every shape of edit is charged for what it makes the interpreter do."""

from __future__ import annotations

import random
import sys
from collections.abc import AsyncIterator, Callable
from types import FrameType
from typing import Any

import pytest

from benchmarks.charge.play import open_app, play
from benchmarks.charge.search import climb, drawn
from benchmarks.charge.shapes import SHAPES
from collab.app import Collab

SMALL = 40
"""The largest number that a shape is given here: tracing is slow."""

INSTRUCTIONS_OF_STEP = 250
"""So many instructions of the interpreter take about three microseconds, be there one step for
them."""

INSTRUCTIONS_OF_EDIT = 5000
"""What any edit takes, however small; 10 steps are charged for it."""


def instructions_of(turn: Callable[[], None]) -> float:
    """How many instructions the interpreter carries out."""
    count = 0

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        nonlocal count
        frame.f_trace_opcodes = True
        if event == "opcode":
            count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        turn()
    finally:
        sys.settrace(before)
    return count


@pytest.fixture
async def endless() -> AsyncIterator[Collab]:
    async with open_app() as app:
        yield app


@pytest.mark.parametrize("name", SHAPES)
async def test_an_edit_is_charged_what_it_makes_the_interpreter_do(
    name: str, endless: Collab
) -> None:
    make, limits = SHAPES[name]
    limits = {key: (low, min(high, SMALL)) for key, (low, high) in limits.items()}
    chance = random.Random(name)
    tries = [{key: high for key, (_, high) in limits.items()}]
    tries += [drawn(limits, chance) for _ in range(4)]
    for arguments in tries:
        result = await play(endless, make(**arguments), instructions_of)
        allowed = INSTRUCTIONS_OF_EDIT + INSTRUCTIONS_OF_STEP * result.charged
        assert result.cost <= allowed, arguments


async def test_a_search_finds_the_numbers_that_score_highest() -> None:
    async def score(arguments: dict[str, int]) -> float:
        return -abs(arguments["a"] - 30) + arguments["b"]

    limits = {"a": (1, 1000), "b": (1, 5)}
    found = await climb(limits, score, 400, random.Random(1))
    assert abs(found["a"] - 30) <= 10
    assert found["b"] == 5
