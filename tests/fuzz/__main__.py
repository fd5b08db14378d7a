"""Play very many hostile inputs to the server, beside editors that must not notice.

    python -m tests.fuzz --inputs 1000000 --seed 1

The inputs and what must hold are those of the test suite, `tests/fuzz/`. Inputs that show a fault
are made few, printed, and saved under `tests/fuzz/found/`, and the suite replays them for ever.
"""

from __future__ import annotations

import asyncio
import resource
import secrets
import sys
import time
from pathlib import Path

import click

from .found import FOUND, save
from .fuzzing import fuzz, shrink

__all__ = ["main"]


class Progress:
    """One line on standard error that tells how far the run is."""

    def __init__(self, inputs: int) -> None:
        self._inputs = inputs
        self._started = time.monotonic()

    def __call__(self, done: int) -> None:
        speed = done / (time.monotonic() - self._started)
        left = (self._inputs - done) / speed
        click.echo(
            f"\r{done:,} of {self._inputs:,} inputs, {speed:,.0f}/s, {left:,.0f} s left   ",
            err=True,
            nl=False,
        )


async def run(inputs: int, seed: int, folder: Path) -> bool:
    finding = await fuzz(inputs, seed, Progress(inputs))
    click.echo("", err=True)
    if finding is None:
        return True
    click.echo(
        f"{finding.seed}, after {len(finding.inputs):,} inputs of its round: {finding.fault}"
    )
    finding = await shrink(finding)
    for each in finding.inputs:
        click.echo(f"  {each}")
    path = save(finding.inputs, finding.fault, folder)
    click.echo(f"{finding.fault}\nsaved as {path}")
    return False


@click.command(context_settings={"max_content_width": 100})
@click.option("--inputs", type=click.IntRange(1), default=1_000_000, show_default=True)
@click.option("--seed", type=int, help="The same seed makes the same inputs.  [default: a new one]")
@click.option(
    "--save", "folder", type=click.Path(path_type=Path, file_okay=False), default=FOUND,
    help="Where inputs that show a fault are saved.  [default: tests/fuzz/found]",
)  # fmt: skip
def main(inputs: int, seed: int | None, folder: Path) -> None:
    """Play very many hostile inputs to the server, beside editors that must not notice.

    Exit status 1 if there was a fault.
    """
    if seed is None:
        seed = secrets.randbelow(2**31)
    click.echo(f"seed {seed}: {inputs:,} inputs")
    started = time.monotonic()
    sound = asyncio.run(run(inputs, seed, folder))
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    click.echo(
        f"{'no fault' if sound else 'a fault'} in {time.monotonic() - started:,.0f} s, "
        f"{time.process_time():,.0f} s of CPU; at most {memory / 1024:,.0f} MiB"
    )
    sys.exit(not sound)


if __name__ == "__main__":
    main()
