"""The cost of the server under load, compared with a bare server: `python -m benchmarks.fanout`.

Each scenario runs against this program and against the bare server ("floor"), with the load
generator in a separate process. Repetitions are the outer loop, so that other load on the machine
affects all scenarios alike. Without `--scenario`, `--subject` and `--set` the results are written
to benchmarks/results/. Linux only.
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import sys
from pathlib import Path

from .options import Options
from .report import PAGE, make
from .results import FOLDER, Results
from .run import run_apart
from .scenarios import Scenario, chosen
from .subjects import SUBJECTS
from .table import columns, number, tables

__all__ = ["main"]


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def measure(
    found: dict[str, Scenario], subjects: list[str], options: Options, repeat: int
) -> Results:
    results = Results(options)
    for turn in range(1, repeat + 1):
        for name, scenario in found.items():
            for label, case in scenario.cases.items():
                if case.subject not in subjects or (scenario.once and turn > 1):
                    continue
                figures = await run_apart(name, label, options)
                results.add(name, scenario.title, label, figures)
                say(f"{turn}/{repeat} {name:8} {label:7} {_line(name, figures)}")
    return results


def _line(name: str, figures: dict[str, float]) -> str:
    shown = [each for each in columns(name) if each.figure in figures]
    return ", ".join(
        f"{each.heading} {number(figures[each.figure], each.digits)}" for each in shown
    )


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fanout", description=__doc__)
    names = ", ".join(chosen(Options(), []))
    parser.add_argument("--scenario", nargs="+", default=[], help=f"of {names} (default: all)")
    parser.add_argument("--subject", nargs="+", default=list(SUBJECTS), choices=SUBJECTS)
    parser.add_argument("--seconds", type=float, help="length of each measurement")
    parser.add_argument("--repeat", type=int, default=3, help="runs per median (default: 3)")
    parser.add_argument("--json", type=Path, help="file for the results")
    parser.add_argument(
        "--set", nargs="+", default=[], metavar="NAME=VALUE", help="sizes, see options.py"
    )
    return parser.parse_args(arguments)


def main() -> None:
    arguments = parse()
    try:
        options = Options().changed(arguments.set)
        if arguments.seconds:
            seconds = arguments.seconds
            options = dataclasses.replace(options, seconds=seconds, paced_seconds=seconds)
        found = chosen(options, arguments.scenario)
    except ValueError as error:
        sys.exit(f"Error: {error}")
    results = asyncio.run(measure(found, arguments.subject, options, arguments.repeat))
    say("")
    say(tables(results))
    whole = not arguments.scenario and not arguments.set and arguments.subject == list(SUBJECTS)
    if arguments.json:
        results.write(arguments.json)
    elif whole:
        results.write(FOLDER / "latest.json")
        _report()


def _report() -> None:
    try:
        for path in make(FOLDER, PAGE):
            say(str(path))
    except ModuleNotFoundError as error:
        sys.exit(f"Error: no pictures: {error}; pip install '.[benchmarks]'")


if __name__ == "__main__":
    main()
