"""One case of a scenario; the load is made by a process of its own.

`python -m benchmarks.fanout.run SCENARIO CASE OPTIONS` writes its figures as JSON.
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
    """In this process.

    Raises:
        LoadFailed: the server did not do what it should.
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
    """The case's server, running, and no load yet."""
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
    """In a process of its own, so that nothing of one run is left to the next.

    Raises:
        RuntimeError: it failed; why, it has written to stderr.
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
    """From JSON, which has lists for tuples."""
    read: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in given.items()}
    return Options(**read)


def main() -> None:
    name, case_name, asked = sys.argv[1:]
    options = options_of(json.loads(asked))
    raise_file_limit()
    # A collection in the midst would count as the server's latency; nothing here makes cycles.
    gc.disable()
    json.dump(uvloop.run(run(name, case_name, options)), sys.stdout)


if __name__ == "__main__":
    main()
