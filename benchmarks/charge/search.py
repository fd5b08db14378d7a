"""A seeded search for the arguments with which a shape of edit is charged least for its cost."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable

from collab.app import Collab

from .play import Result, play
from .shapes import SHAPES

__all__ = ["climb", "search", "shown"]

LEAST_SECONDS = 0.002
"""Shorter times can't be measured reliably, and do no harm."""

Arguments = dict[str, int]


async def search(app: Collab, name: str, rounds: int, seed: int) -> tuple[Arguments, Result]:
    """The arguments of this shape with the highest ratio found, and the result."""
    found: dict[tuple[int, ...], Result] = {}

    async def score(arguments: Arguments) -> float:
        result = await play(app, SHAPES[name].make(**arguments))
        found[tuple(arguments.values())] = result
        return ratio(result) if result.cost >= LEAST_SECONDS else result.cost

    arguments = await climb(SHAPES[name].limits, score, rounds, random.Random(f"{seed} {name}"))
    return arguments, found[tuple(arguments.values())]


async def climb(
    limits: dict[str, tuple[int, int]],
    score: Callable[[Arguments], Awaitable[float]],
    rounds: int,
    chance: random.Random,
) -> Arguments:
    """Half of the rounds draw new arguments, the others change the best ones by a factor."""
    best: Arguments = {key: high for key, (_, high) in limits.items()}
    highest = await score(best)
    for number in range(rounds):
        tried = drawn(limits, chance) if number % 2 else changed(best, limits, chance)
        reached = await score(tried)
        if reached > highest:
            best, highest = tried, reached
    return best


def ratio(result: Result) -> float:
    """Microseconds per charged step."""
    return result.cost * 1e6 / max(result.charged, 1)


def drawn(limits: dict[str, tuple[int, int]], chance: random.Random) -> Arguments:
    """Draw each argument from a logarithmic distribution."""
    return {
        key: min(high, int((low + 1) * ((high + 1) / (low + 1)) ** chance.random()))
        for key, (low, high) in limits.items()
    }


def changed(
    arguments: Arguments, limits: dict[str, tuple[int, int]], chance: random.Random
) -> Arguments:
    key = chance.choice(list(arguments))
    low, high = limits[key]
    factor = chance.choice((0.25, 0.5, 0.8, 1.25, 2, 4))
    return {**arguments, key: max(low, min(high, int(arguments[key] * factor)))}


def shown(name: str, arguments: Arguments, result: Result) -> str:
    about = ", ".join(f"{key}={value}" for key, value in arguments.items())
    return (
        f"{name:46} {result.cost * 1e3:9.1f} ms {result.charged:9} steps "
        f"{ratio(result):8.2f} us/step  {result.outcome:17} {about}"
    )
