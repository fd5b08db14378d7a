"""Many connections on many documents for minutes, and whether anything is lost or grows.

    python -m tests.endurance --connections 500 --documents 50 --seconds 300

Some stay and type, some come and go, some stop reading, some send nonsense. In the end the server
is killed by SIGKILL, and what was acknowledged is compared with the log. Linux only.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from pathlib import Path

import click

from tests.killedserver import KilledServer

from .audit import Audit, audit
from .crowd import Crowd
from .member import Account, Pace
from .watch import Watch

__all__ = ["main"]

ALLOWANCE_BYTES = 16_000_000
"""What memory may grow beside its percentage: SQLite keeps so much of the database in its cache,
which is full after some 100,000 edits."""

SETTINGS = {
    # So that the history is full, and memory steady, within the warm-up.
    "max_history_operations": 200,
    # So that who stops reading is noticed within the run.
    "ping_interval_seconds": 5,
    "ping_timeout_seconds": 5,
    "max_handshakes": 1000,
    "log_level": "error",
}


async def run(
    folder: Path, connections: int, documents: int, seconds: float, pace: Pace, processes: int,
    kill_every: float | None,
) -> tuple[Watch, list[Account], Audit]:  # fmt: skip
    file = folder / "endurance.db"
    server = KilledServer(f"sqlite:///{file}", **SETTINGS)
    await server.start()
    try:
        watch = Watch(server)
        crowd = Crowd(server.url, connections, documents, seconds, pace)
        async with asyncio.TaskGroup() as group:
            watching = group.create_task(watch.over(seconds, kill_every))
            living = group.create_task(crowd.live(processes))
            await watching
            accounts = await living
        watch.finish()
    finally:
        await server.kill()
    return watch, accounts, audit(file, accounts)


def report(watch: Watch, accounts: list[Account], found: Audit) -> None:
    kinds = Counter(each.kind for each in accounts)
    latencies = sorted(value for each in accounts for value in each.latencies) or [0.0]
    closes: Counter[int] = sum((each.closes for each in accounts), Counter())
    refusals: Counter[str] = sum((each.refusals for each in accounts), Counter())
    lines = {
        "connections": ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())),
        "joins": sum(each.joins for each in accounts),
        "edits sent": found.sent,
        "edits acknowledged": found.acknowledged,
        "found in the log": f"{found.found} (lost: {found.lost}, doubled: {found.doubled}, "
        f"at another version: {found.moved}, by nobody: {found.foreign})",
        "documents with holes": found.holes,
        "gaps seen by members": sum(each.gaps for each in accounts),
        "server killed": f"{watch.kills} times, and at the end",
        "server memory": f"{watch.start / 1e6:.1f} MB at the start, {watch.warm / 1e6:.1f} MB "
        f"after the warm-up, {watch.end / 1e6:.1f} MB at the end",
        "server CPU": f"{watch.cpu_share:.0%} of one core",
        "acknowledged within": f"{at(latencies, 0.5):.1f} ms (median), "
        f"{at(latencies, 0.99):.1f} ms (99 %)",
        "closed by the server": told(closes),
        "refused": told(refusals),
    }
    for name, value in lines.items():
        click.echo(f"{name:22}{value}")


def at(latencies: list[float], part: float) -> float:
    """A quantile, in milliseconds."""
    return latencies[min(len(latencies) - 1, int(part * len(latencies)))] * 1e3


def told(counts: Counter[int] | Counter[str]) -> str:
    return ", ".join(f"{name}: {count}" for name, count in sorted(counts.items())) or "none"


def problems(watch: Watch, accounts: list[Account], found: Audit, growth: float) -> list[str]:
    wrong = [] if found.passed else ["the log is not what members were told"]
    if any(each.gaps for each in accounts):
        wrong.append("a member saw a gap")
    if any(len(each.acknowledged) < each.sent for each in accounts):
        wrong.append("an edit was not acknowledged in time")
    # A server that was killed has begun anew.
    if not watch.kills and watch.end > watch.warm * (1 + growth / 100) + ALLOWANCE_BYTES:
        wrong.append(f"memory has grown by more than {growth:g} % after the warm-up")
    return wrong


@click.command(context_settings={"max_content_width": 100})
@click.option("--connections", type=click.IntRange(1), default=500, show_default=True)
@click.option("--documents", type=click.IntRange(1), default=50, show_default=True)
@click.option("--seconds", type=click.FloatRange(1), default=300.0, show_default=True)
@click.option(
    "--edit-seconds", type=click.FloatRange(0, min_open=True), default=2.0, show_default=True,
    help="From one edit of a connection to the next, on average.",
)  # fmt: skip
@click.option(
    "--stay-seconds", type=click.FloatRange(0, min_open=True), default=20.0, show_default=True,
    help="After which some leave, and some stop reading, on average.",
)  # fmt: skip
@click.option(
    "--stall-seconds", type=click.FloatRange(0), default=20.0, show_default=True,
    help="How long those don't read.",
)  # fmt: skip
@click.option(
    "--kill-every", type=click.FloatRange(0, min_open=True),
    help="Kill and restart the server every so many seconds, on average.  [default: never]",
)  # fmt: skip
@click.option("--processes", type=click.IntRange(1), default=2, show_default=True)
@click.option(
    "--growth-percent", "growth", type=click.FloatRange(0), default=10.0, show_default=True,
    help=f"What memory may grow after the warm-up, beside {ALLOWANCE_BYTES // 1_000_000} MB.",
)  # fmt: skip
def main(
    connections: int, documents: int, seconds: float, edit_seconds: float, stay_seconds: float,
    stall_seconds: float, kill_every: float | None, processes: int, growth: float,
) -> None:  # fmt: skip
    """Hold many connections for minutes; exit status 1 if anything is lost, doubled, or grows."""
    click.echo(
        f"{connections} connections on {documents} documents for {seconds:g} s from {processes} "
        f"processes; the server's settings: "
        + ", ".join(f"{name} {value}" for name, value in SETTINGS.items())
    )
    pace = Pace(edit_seconds, stay_seconds, stall_seconds)
    with tempfile.TemporaryDirectory() as folder:
        running = run(Path(folder), connections, documents, seconds, pace, processes, kill_every)
        watch, accounts, found = asyncio.run(running)
    report(watch, accounts, found)
    wrong = problems(watch, accounts, found, growth)
    for problem in wrong:
        click.echo(f"WRONG: {problem}")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
