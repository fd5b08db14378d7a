"""`python -m benchmarks.charge`: the cost of the largest edit of each shape, and the worst ratio of
microseconds to charged steps that a search finds. `--rounds 0` skips the search."""

from __future__ import annotations

import argparse
import asyncio
import sys

from .play import open_app, play
from .search import search, shown
from .shapes import SHAPES

__all__ = ["main"]


async def run(names: list[str], rounds: int, seed: int) -> None:
    async with open_app() as app:
        for name in names:
            arguments = {key: high for key, (_, high) in SHAPES[name].limits.items()}
            result = await play(app, SHAPES[name].make(**arguments))
            sys.stdout.write(shown(name, arguments, result) + "\n")
            if rounds:
                arguments, result = await search(app, name, rounds, seed)
                sys.stdout.write(shown("    worst found", arguments, result) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("shapes", nargs="*", help="shapes to measure (default: all)")
    parser.add_argument("--rounds", type=int, default=20, help="steps of the search for each shape")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    asyncio.run(run(options.shapes or list(SHAPES), options.rounds, options.seed))


if __name__ == "__main__":
    main()
