"""One scenario against one server; the load is made by a process of its own.

`python -m benchmarks.fanout.run SCENARIO SUBJECT OPTIONS` writes its figures as JSON.
"""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

import uvloop

from .load import Figures, Load
from .machine import raise_file_limit
from .options import Options
from .scenarios import scenarios
from .subjects import start

__all__ = ["run", "run_apart"]

APART_SECONDS = 600


async def run(name: str, subject: str, options: Options) -> Figures:
    """In this process.

    Raises:
        LoadFailed: the server did not do what it should.
    """
    scenario = scenarios(options)[name]
    with tempfile.TemporaryDirectory() as folder:
        server = await start(subject, Path(folder), scenario.gather)
        load = Load(server, options, stores=subject != "floor")
        try:
            figures = await scenario.run(load)
            await load.close()
        finally:
            if server.running:
                await server.kill()
    return figures


async def run_apart(name: str, subject: str, options: Options) -> Figures:
    """In a process of its own, so that nothing of one run is left to the next.

    Raises:
        RuntimeError: it failed; why, it has written to stderr.
    """
    asked = json.dumps(dataclasses.asdict(options))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.fanout.run", name, subject, asked),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), APART_SECONDS)
    if process.returncode != 0:
        raise RuntimeError(f"{name} against {subject} failed; see above")
    figures: Figures = json.loads(said)
    return figures


def options_of(given: dict[str, Any]) -> Options:
    """From JSON, which has lists for tuples."""
    read: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    return Options(**read)


def main() -> None:
    name, subject, asked = sys.argv[1:]
    options = options_of(json.loads(asked))
    raise_file_limit()
    # A collection in the midst would count as the server's latency; nothing here makes cycles.
    gc.disable()
    json.dump(uvloop.run(run(name, subject, options)), sys.stdout)


if __name__ == "__main__":
    main()
