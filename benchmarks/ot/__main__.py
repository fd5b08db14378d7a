"""The speed of the operation types beside that of others, in one run.

    python -m benchmarks.ot TRACE...

The CPU time of the whole process for the operations is measured, garbage collection included.
Reading the operations, converting them to each library's form and opening the document are not
included. The libraries alternate, several times after an uncounted round, and the median is
reported. The final contents are compared with the expected one.

A trace of one author is applied edit by edit; one of several authors as a server would commit it.
pycrdt receives offsets in bytes, one transaction per operation, and has no observers.
quill-delta has no open document: applying is composing with a Delta, whose cost grows with it.
"""

from __future__ import annotations

import contextlib
import json
import statistics
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import click

from ..replay import table
from .contenders import Collab, Contender, Node, Pycrdt, node_process
from .process import NodeProcess, missing
from .workloads import Workload, composing, keystrokes, list_keystrokes, replays

HEADINGS = ("work", "operations", "collab", "µs each", "against", "µs each", "times as fast")

PAIRS = {"text": "quill-delta", "richtext": "quill-delta", "json": "ot-json0", "list": "ot-json0"}


class Comparison(NamedTuple):
    """A type of this package compared with another library at one workload. The ratio is above 1 if
    this package uses less CPU."""

    work: str
    operations: int
    ours: str
    our_microseconds: float
    against: str
    their_microseconds: float

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.work,
            f"{self.operations:,}",
            self.ours,
            f"{self.our_microseconds:.1f}",
            self.against,
            f"{self.their_microseconds:.1f}",
            f"{self.their_microseconds / self.our_microseconds:.2f}",
        )


class WrongEnd(Exception):
    """A final content differs from the expected one."""


def compare(
    workload: Workload, form: str, node: NodeProcess | None, repetitions: int
) -> Iterator[Comparison]:
    ours = Collab(form)
    others: list[Contender] = []
    if node is not None:
        others.append(Node(node, PAIRS[form], form))
    if pycrdt_does(workload, form) and find_spec("pycrdt"):
        others.append(Pycrdt())
    seconds = measure(workload, [ours, *others], repetitions)
    count = len(workload.steps)
    for other in others:
        yield Comparison(
            workload.name,
            count,
            ours.name,
            seconds[ours.name] / count * 1e6,
            other.name,
            seconds[other.name] / count * 1e6,
        )


def pycrdt_does(workload: Workload, form: str) -> bool:
    """Whether pycrdt runs a workload. It neither transforms nor composes, and takes minutes to
    build an Array of 100,000 items, which is not even measured."""
    if form == "text":
        return workload.task == "apply"
    return form == "list" and len(workload.content) < 100_000


def measure(workload: Workload, contenders: list[Contender], repetitions: int) -> dict[str, float]:
    """The median CPU seconds of each contender.

    Raises:
        WrongEnd: a final content is wrong.
    """
    for contender in contenders:
        contender.prepare(workload)
        contender.run()
        if contender.end() != workload.end:
            raise WrongEnd(f"{contender.name} at {workload.name}: wrong final content")
    spent: dict[str, list[float]] = {contender.name: [] for contender in contenders}
    for _ in range(repetitions):
        for contender in contenders:
            spent[contender.name].append(contender.run())
    return {name: statistics.median(seconds) for name, seconds in spent.items()}


def planned(traces: tuple[Path, ...]) -> Iterator[tuple[Workload, tuple[str, ...]]]:
    """Each workload, and the forms in which it runs."""
    for path in traces:
        for workload in replays(path):
            yield workload, ("text", "richtext", "json")
    for path in traces[:1]:
        yield composing(path), ("text", "richtext", "json")
    for workload in keystrokes():
        yield workload, ("text", "richtext")
    for workload in list_keystrokes():
        yield workload, ("list",)


@click.command(context_settings={"max_content_width": 100})
@click.argument("traces", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.option("--repetitions", type=click.IntRange(1), default=5, show_default=True)
@click.option("--json", "output", type=click.Path(path_type=Path), help="File for the figures.")
@click.option("--only", default="", help="Run workloads with this in their name.")
def main(traces: tuple[Path, ...], repetitions: int, output: Path | None, only: str) -> None:
    """Compare the speed of the operation types with quill-delta, ot-json0 and pycrdt.

    TRACES are recordings in the format of josephg/editing-traces; the first edits of the first one
    are also composed.
    """
    comparisons: list[Comparison] = []
    with contextlib.ExitStack() as stack:
        node = None if missing() else stack.enter_context(node_process())
        for is_here, name in ((node, "Node"), (find_spec("pycrdt"), "pycrdt")):
            if not is_here:
                click.echo(f"{name} is not installed, and is skipped.", err=True)
        for workload, forms in planned(traces):
            if only not in workload.name:
                continue
            for form in forms:
                for comparison in compare(workload, form, node, repetitions):
                    click.echo("  ".join(comparison.row), err=True)
                    comparisons.append(comparison)
    click.echo(table([HEADINGS, *(comparison.row for comparison in comparisons)]))
    if output is not None:
        figures: list[dict[str, Any]] = [comparison._asdict() for comparison in comparisons]
        output.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
