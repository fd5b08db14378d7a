"""Run very many scenarios: python -m tests.simulation --seeds 10000 --first 1

A scenario that breaks a promise is shrunk, printed, and saved under `tests/simulation/seeds/`, from
where the suite replays it for ever.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click

from .run import outcome_of, run
from .shrink import shrink
from .steps import SEEDS, plan

STORY_LINES = 60


def report(seed: int, kind: str, folder: Path) -> None:
    """Shrink a failing scenario, show it, and keep it."""
    scenario = shrink(plan(seed), kind)
    outcome = run(scenario)
    path = scenario.save(kind.replace(" ", "-"), str(outcome.violation), folder)
    story = "\n".join(outcome.story[-STORY_LINES:])
    steps = "\n".join(f"  {step}" for step in scenario.steps)
    click.echo(f"steps:\n{steps}\nthe end of the story:\n{story}\n{outcome.violation}")
    click.echo(f"saved as {path}")


@click.command(context_settings={"max_content_width": 100})
@click.option("--seeds", type=click.IntRange(1), default=10_000, show_default=True, help="So many.")
@click.option("--first", type=int, default=1, show_default=True, help="The first seed.")
@click.option(
    "--processes", type=click.IntRange(1), default=os.cpu_count() or 1,
    help="How many run at once.  [default: one for each processor]",
)  # fmt: skip
@click.option(
    "--save", "folder", type=click.Path(path_type=Path, file_okay=False), default=SEEDS,
    help="Where a failing scenario is saved.  [default: tests/simulation/seeds]",
)  # fmt: skip
def main(seeds: int, first: int, processes: int, folder: Path) -> None:
    """Simulate editors, a faulty network and a faulty store, seed by seed.

    Exit status 1 if any promise is broken. Of each kind of violation only the first is shrunk.
    """
    started = time.monotonic()
    failed: dict[str, list[int]] = {}
    versions = crashes = 0
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for seed, outcome in pool.map(outcome_of, range(first, first + seeds), chunksize=10):
            versions += outcome.versions
            crashes += outcome.crashes
            if outcome.violation is None:
                continue
            click.echo(f"\nFAILED: seed {seed}: {outcome.violation}")
            kind = outcome.violation.kind
            if kind not in failed:
                report(seed, kind, folder)
            failed.setdefault(kind, []).append(seed)
    click.echo(
        f"{seeds:,} seeds, {versions:,} versions, {crashes:,} crashes of the server in "
        f"{time.monotonic() - started:,.0f} s: {sum(map(len, failed.values()))} failed"
    )
    for kind, broken in failed.items():
        click.echo(f"  {kind}: {', '.join(map(str, broken[:20]))}")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
