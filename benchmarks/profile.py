"""A profile of the server under load: `python -m benchmarks.profile S2`. Linux, py-spy.

Runs one of the scenarios of benchmarks.fanout while py-spy samples the server's stacks. Prints two
tables for each thread that used CPU time: the functions' own time, including system calls and C
code, and the cumulative time.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import shutil
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import uvloop

from .fanout.machine import raise_file_limit
from .fanout.options import Options
from .fanout.run import under_load
from .fanout.scenarios import UnderLoad, chosen
from .fanout.table import markdown

__all__ = ["Profile", "main"]

SAMPLES_PER_SECOND = 500
# A thread in these functions waits, although py-spy may report it as active.
WAITING = ("_Worker.run",)
# A function in a larger share of the samples belongs to the start of the program.
OUTERMOST = 0.99
# Threads with a smaller share of the CPU time are left out.
LEAST_SHARE = 0.01
# The measurement begins before py-spy and ends after it.
MARGIN_SECONDS = 1.5


class Profile(NamedTuple):
    """The samples of one thread, in all and by function."""

    samples: int
    alone: Counter[str]
    with_callees: Counter[str]


def profiles(folded: Iterable[str]) -> dict[str, Profile]:
    """Profiles by thread, from lines of `thread;function;function COUNT`."""
    samples: Counter[str] = Counter()
    alone: defaultdict[str, Counter[str]] = defaultdict(Counter)
    with_callees: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for line in folded:
        stack, _, count = line.rpartition(" ")
        thread, *frames = stack.split(";")
        if not frames or frames[-1].startswith(WAITING):
            continue
        samples[thread] += int(count)
        alone[thread][frames[-1]] += int(count)
        for each in set(frames):
            with_callees[thread][each] += int(count)
    return {
        thread: Profile(number, alone[thread], with_callees[thread])
        for thread, number in samples.most_common()
    }


def tables(found: dict[str, Profile], cpu: Counter[int], rows: int) -> str:
    """The tables of the threads that used CPU time (`cpu`, by thread id)."""
    whole = sum(cpu.values()) or 1
    parts = []
    for thread, profile in found.items():
        named = re.fullmatch(r"thread \((\d+)\): (.*)", thread)
        number, name = (int(named[1]), named[2]) if named else (0, thread)
        if cpu[number] / whole >= LEAST_SHARE:
            share = f"{cpu[number] / whole:.0%} of the server's CPU time"
            parts.append(f"**{name}**: {share}; {profile.samples} samples\n")
            parts += _tables(profile, rows)
    return "\n".join(parts)


def _tables(profile: Profile, rows: int) -> list[str]:
    most = profile.samples * OUTERMOST
    inner = Counter({name: n for name, n in profile.with_callees.items() if n < most})
    return [
        markdown(
            [f"function, {title}", "of the thread"],
            [
                [f"`{_short(function)}`", f"{count / profile.samples:.1%}"]
                for function, count in counts.most_common(rows)
            ],
        )
        for title, counts in (("alone", profile.alone), ("with callees", inner))
    ]


def _short(function: str) -> str:
    """Shorten paths: relative to the package or site-packages, others to the file name."""
    name, _, path = function.partition(" (")
    path = path.rstrip(")")
    for root in ("/site-packages/", "/lib/python"):
        path = path.rpartition(root)[2]
    if path.startswith("/") and "/collab/" in path:
        path = "collab/" + path.rpartition("/collab/")[2]
    return f"{name} ({path})" if path else name


async def profile(name: str, options: Options, native: bool) -> tuple[list[str], Counter[int]]:
    """Folded stacks of a scenario, and the CPU time of each thread.

    Raises:
        RuntimeError: py-spy is missing or failed.
        ValueError: the name matches no scenario or several, or the scenario has no server.
    """
    found = chosen(options, [name])
    if len(found) != 1:
        raise ValueError(f"several scenarios match {name!r}: {', '.join(found)}")
    case = next(iter(found[name].cases.values()))
    if not isinstance(case, UnderLoad):
        raise ValueError(f"{name!r} has no server process to profile")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "folded"
        async with under_load(case, folder, options) as load:
            running = asyncio.ensure_future(case.run(load))
            began = asyncio.ensure_future(load.began.wait())
            await asyncio.wait({running, began}, return_when=asyncio.FIRST_COMPLETED)
            before = _thread_cpu(load.server.pid)
            await record(load.server.pid, path, options.seconds - MARGIN_SECONDS, native)
            cpu = _thread_cpu(load.server.pid) - before
            await running
            await load.close()
        return path.read_text(encoding="utf-8").splitlines(), cpu


def _thread_cpu(pid: int) -> Counter[int]:
    """CPU nanoseconds by thread id."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return Counter({int(e.name): int((e / "schedstat").read_text().split()[0]) for e in tasks})


async def record(pid: int, path: Path, seconds: float, native: bool) -> None:
    """Run py-spy, which writes folded stacks of a process to a file.

    Raises:
        RuntimeError: py-spy is missing or failed.
    """
    program = shutil.which("py-spy", path=str(Path(sys.executable).parent)) or "py-spy"
    command = [program, "record", "--pid", str(pid), "--output", str(path), "--format", "raw"]
    command += ["--duration", str(max(1, round(seconds))), "--rate", str(SAMPLES_PER_SECOND)]
    command += ["--threads", "--function", *(["--native"] if native else [])]
    try:
        process = await asyncio.create_subprocess_exec(
            *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
    except FileNotFoundError as error:
        raise RuntimeError("py-spy is missing: pip install '.[benchmarks]'") from error
    said, _ = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"py-spy failed: {said.decode().strip()}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("scenario", help=f"one of {', '.join(chosen(Options(), []))}")
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rows", type=int, default=15, help="rows of each table")
    parser.add_argument("--native", action="store_true", help="include C functions")
    parser.add_argument("--folded", type=Path, help="file for the folded stacks, for a flame graph")
    given = parser.parse_args()
    raise_file_limit()
    options = Options(seconds=given.seconds, paced_seconds=given.seconds)
    try:
        folded, cpu = uvloop.run(profile(given.scenario, options, given.native))
    except (RuntimeError, ValueError) as error:
        sys.exit(f"Error: {error}")
    if given.folded:
        given.folded.write_text("\n".join(folded) + "\n", encoding="utf-8")
    sys.stdout.write(tables(profiles(folded), cpu, given.rows))


if __name__ == "__main__":
    main()
