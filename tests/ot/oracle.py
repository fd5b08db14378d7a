"""quill-delta under Node, asked about one case after the other."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any

__all__ = ["REPOSITORY", "Oracle", "missing"]

REPOSITORY = Path(__file__).parents[2]
PROGRAM = Path(__file__).with_name("oracle.mjs")


def missing() -> str | None:
    """Why there is no oracle here, or None."""
    if shutil.which("node") is None:
        return "there is no Node: install Node 20 or later"
    if not (REPOSITORY / "node_modules" / "quill-delta").is_dir():
        return "quill-delta is not installed: run `npm ci`"
    return None


class Oracle:
    """One Node process for as long as the `with` block lasts."""

    def __enter__(self) -> Oracle:
        self._process = subprocess.Popen(
            ["node", str(PROGRAM), str(REPOSITORY)],
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

    def ask(self, case: dict[str, Any]) -> dict[str, Any]:
        """The case with quill-delta's answers.

        `{"seed": n, "type": name}` has the oracle make one up.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(case) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer
