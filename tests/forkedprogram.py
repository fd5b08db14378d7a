"""`python -m collab …` as a process of its own, forked from one that has imported the program.

To import it takes a new Python more than a second of CPU time, and hundreds of tests start a server
each. What is forked has its own arguments, environment, folder, standard output and error; it is
killed and waited for like any other process. Tests of the start and the end of the program itself
start a new Python.
"""

from __future__ import annotations

import atexit
import multiprocessing
import multiprocessing.connection
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

__all__ = ["ForkedProgram"]

# The program of the tests, too, or each fork would import pytest again.
_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload(["__main__", "collab.cli", "uvicorn.lifespan.on"])


class ForkedProgram:
    """The part of `subprocess.Popen` that the tests need of a program.

    Attributes:
        stdout: what the program prints, as text.
    """

    def __init__(
        self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]
    ) -> None:
        output, theirs = _context.Pipe(duplex=False)
        errors = multiprocessing.connection.Connection(os.dup(2))
        with output, theirs, errors:
            self._process = _context.Process(
                target=_run, args=([*arguments], folder, dict(environment), theirs, errors)
            )
            self._process.start()
            self.stdout = os.fdopen(os.dup(output.fileno()), encoding="utf-8")

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def send_signal(self, number: signal.Signals) -> None:
        """Send it, unless the program has ended."""
        if self._process.exitcode is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self._process.kill()

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, and return its exit status.

        Raises:
            subprocess.TimeoutExpired: it still runs.
        """
        self._process.join(timeout)
        if self._process.exitcode is None:
            raise subprocess.TimeoutExpired("collab", timeout or 0)
        return self._process.exitcode


def _run(
    arguments: list[str],
    folder: Path,
    environment: dict[str, str],
    output: multiprocessing.connection.Connection,
    errors: multiprocessing.connection.Connection,
) -> None:
    from collab.__main__ import main

    os.dup2(output.fileno(), 1)
    os.dup2(errors.fileno(), 2)
    output.close()
    errors.close()
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["collab", *arguments]
    try:
        main()
    finally:
        sys.stdout.flush()
        # A forked process ends without them.
        atexit._run_exitfuncs()
