"""Try the laws of the operation types on very many random cases.

    python -m tests.ot.fuzz --cases 1000000 --seed 1

The laws are those of the test suite, `tests/ot/laws.py`. A case that breaks one is shrunk, printed,
and saved under `tests/ot/vectors/found/`, from where the suite replays it for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import click

from .draws import BYTES, Draws
from .found import FOUND, FoundCase
from .laws import LAWS, TYPES, cases_of, laws_of, obey
from .shrink import shrink

__all__ = ["Batch", "Broken", "main", "run"]

BATCH = 1000
CASE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Cases that are drawn from one seed, the same in whatever process and order they run."""

    type: str
    law: str
    number: int
    cases: int
    seed: int

    def sources(self) -> Iterator[bytes]:
        random = Random(f"{self.seed} {self.type} {self.law} {self.number}")
        return (random.randbytes(BYTES) for _ in range(self.cases))


@dataclass(frozen=True, slots=True)
class Broken:
    """A case after which a law doesn't hold, shrunk, and how that shows."""

    case: FoundCase
    failure: str


def run(batch: Batch) -> tuple[Batch, Broken | None]:
    """Try one batch up to the first case that breaks the law."""
    for source in batch.sources():
        failure = failure_of(batch, source)
        if failure is not None:
            return batch, broken_by(batch, source, type(failure))
    return batch, None


def broken_by(batch: Batch, source: bytes, kind: type[Exception]) -> Broken:
    small = shrink(source, lambda simpler: type(failure_of(batch, simpler)) is kind)
    shown = "".join(traceback.format_exception(failure_of(batch, small)))
    return Broken(FoundCase.record(batch.type, batch.law, small), shown)


def failure_of(batch: Batch, source: bytes) -> Exception | None:
    """How the law breaks on these bytes; one that takes more than `CASE_SECONDS` is broken, too."""
    signal.setitimer(signal.ITIMER_REAL, CASE_SECONDS)
    try:
        obey(batch.law, Draws(cases_of(batch.type), source))
    except Exception as failure:
        return failure
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return None


def give_up(*_: Any) -> None:
    raise TimeoutError(f"no answer within {CASE_SECONDS:g} seconds")


def prepare_process() -> None:
    signal.signal(signal.SIGALRM, give_up)
    # The parent process ends the others when it is interrupted.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def batches(types: list[str], laws: list[str], cases: int, seed: int) -> list[Batch]:
    """All batches; the laws take turns, so that a bug in any of them is found early."""
    return [
        Batch(name, law, number, min(BATCH, cases - number * BATCH), seed)
        for number in range(-(-cases // BATCH))
        for name in types
        for law in laws_of(name)
        if law in laws
    ]


class Progress:
    """One line on standard error that tells how far the run is."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0
        self._started = self._shown = time.monotonic()

    def add(self, cases: int) -> None:
        self._done += cases
        now = time.monotonic()
        if now - self._shown >= 1 or self._done == self._total:
            self._shown = now
            speed = self._done / max(now - self._started, 1e-9)
            left = (self._total - self._done) / speed
            click.echo(
                f"\r{self._done:,} of {self._total:,} cases, {speed:,.0f}/s, {left:,.0f} s left   ",
                err=True,
                nl=self._done == self._total,
            )


def processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_all(planned: list[Batch], processes: int, folder: Path) -> set[tuple[str, str]]:
    """Run the batches, save what is found, and return the types and laws that broke.

    Of each type and law only the first case is shrunk and saved: the others are most likely of the
    same bug.
    """
    broken: set[tuple[str, str]] = set()
    progress = Progress(sum(batch.cases for batch in planned))
    context = multiprocessing.get_context("spawn")
    with context.Pool(processes, prepare_process) as pool:
        for batch, found in pool.imap_unordered(run, planned):
            progress.add(batch.cases)
            if found is None or (batch.type, batch.law) in broken:
                continue
            broken.add((batch.type, batch.law))
            path = found.case.save(folder)
            drawn = "\n".join(f"  {value!r}" for value in found.case.drawn)
            click.echo(
                f"\nBROKEN: {batch.type}: {batch.law.replace('_', ' ')}\n"
                f"drawn:\n{drawn}\nsaved as {path}\n{found.failure}"
            )
    return broken


def names(known: list[str]) -> Any:
    """A callback that reads names separated by commas; all of them if there are none."""

    def read(_: click.Context, __: click.Parameter, given: str | None) -> list[str]:
        chosen = given.split(",") if given else known
        for name in chosen:
            if name not in known:
                raise click.BadParameter(f"got {name!r}, expected some of: {', '.join(known)}")
        return chosen

    return read


@click.command(context_settings={"max_content_width": 100})
@click.option(
    "--cases", type=click.IntRange(1), default=1_000_000, show_default=True,
    help="So many for each type and law.",
)  # fmt: skip
@click.option("--seed", type=int, help="The same seed draws the same cases.  [default: a new one]")
@click.option(
    "--type",
    "types",
    callback=names([cases.name for cases in TYPES]),
    help="Names, with commas between.",
)
@click.option("--law", "laws", callback=names(list(LAWS)), help="Names, with commas between.")
@click.option(
    "--processes", type=click.IntRange(1), default=processors,
    help="How many run at once.  [default: one for each processor]",
)  # fmt: skip
@click.option(
    "--save", "folder", type=click.Path(path_type=Path, file_okay=False), default=FOUND,
    help="Where a broken case is saved.  [default: tests/ot/vectors/found]",
)  # fmt: skip
def main(
    cases: int, seed: int | None, types: list[str], laws: list[str], processes: int, folder: Path
) -> None:
    """Try the laws of the operation types on very many random cases.

    Exit status 1 if any case breaks one.
    """
    if seed is None:
        seed = secrets.randbelow(2**31)
    planned = batches(types, laws, cases, seed)
    pairs = len({(batch.type, batch.law) for batch in planned})
    click.echo(f"seed {seed}: {cases:,} cases for each of {pairs} pairs of a type and a law")
    started = time.monotonic()
    broken = run_all(planned, processes, folder)
    total = sum(batch.cases for batch in planned)
    click.echo(f"{total:,} cases in {time.monotonic() - started:,.0f} s: {len(broken)} laws broken")
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
