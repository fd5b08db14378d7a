"""A Node process that answers requests, each a line of JSON."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["NodeProcess", "missing"]

REPOSITORY = Path(__file__).parents[2]


def missing(*packages: str) -> str | None:
    """The reason why Node or one of these packages is missing, or None."""
    if shutil.which("node") is None:
        return "there is no Node: install Node 20 or later"
    for package in packages:
        if not (REPOSITORY / "node_modules" / package).is_dir():
            return f"{package} is not installed: run `npm ci`"
    return None


class NodeProcess:
    """A Node process that runs inside the `with` block.

    Args:
        program: receives the folder with node_modules as an argument, and writes one line of JSON
            for each line that it reads.
    """

    def __init__(self, program: Path, *node_options: str) -> None:
        self._command = ["node", *node_options, str(program), str(REPOSITORY)]

    def __enter__(self) -> NodeProcess:
        self._process = subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.communicate()

    def ask(self, question: dict[str, Any]) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())
