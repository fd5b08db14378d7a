"""Runs one case of a scenario, with the load generator in a separate process.

`python -m benchmarks.fanout.run SCENARIO CASE OPTIONS` writes the figures as JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import gc
import json
import sys
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvloop

from .load import Figures, Load
from .machine import raise_file_limit
from .options import Options
from .scenarios import Alone, UnderLoad, scenarios
from .subjects import server_of

__all__ = ["run", "run_apart", "under_load"]

APART_SECONDS = 600
LOG_LINES = 20


async def run(name: str, case_name: str, options: Options) -> Figures:
    """Run a case in this process.

    Raises:
        LoadFailed: a client observed an error.
    """
    case = scenarios(options)[name].cases[case_name]
    with tempfile.TemporaryDirectory() as folder:
        if isinstance(case, Alone):
            return await case.run(Path(folder), options)
        async with under_load(case, folder, options) as load:
            figures = await case.run(load)
            await load.close()
            return figures


@contextlib.asynccontextmanager
async def under_load(case: UnderLoad, folder: str, options: Options) -> AsyncIterator[Load]:
    """Start the case's server, without load."""
    database = f"sqlite:///{folder}/collab.db"
    if case.prepare is not None:
        await case.prepare(database, options)
    server = server_of(case.subject, database, case.gather)
    server.log = Path(folder) / "log"
    await server.start()
    try:
        yield Load(server, options, stores=case.subject != "floor")
    except Exception:
        tail = server.log.read_text(encoding="utf-8").splitlines()[-LOG_LINES:]
        sys.stderr.write("\n".join(["The server's log ends:", *tail, ""]))
        raise
    finally:
        await server.kill()


async def run_apart(name: str, case_name: str, options: Options) -> Figures:
    """Run a case in a new process, so that runs don't influence one another.

    Raises:
        RuntimeError: it failed; the cause is on standard error.
    """
    asked = json.dumps(dataclasses.asdict(options))
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.fanout.run", name, case_name, asked),
        cwd=Path(__file__).parents[2],
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await asyncio.wait_for(process.communicate(), APART_SECONDS)
    if process.returncode != 0:
        raise RuntimeError(f"{name}, {case_name}, failed; see above")
    figures: Figures = json.loads(said)
    return figures


def options_of(given: dict[str, Any]) -> Options:
    """Options from JSON, in which tuples are lists."""
    read: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    return Options(**read)


def main() -> None:
    name, case_name, asked = sys.argv[1:]
    options = options_of(json.loads(asked))
    raise_file_limit()
    # A garbage collection would count as latency of the server, and no cycles are created here.
    gc.disable()
    json.dump(uvloop.run(run(name, case_name, options)), sys.stdout)


if __name__ == "__main__":
    main()
