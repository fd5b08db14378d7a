"""ot-json0 under Node, asked about one case after the other."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from .oracle import REPOSITORY, Oracle

PROGRAM = Path(__file__).with_name("oracle_json.mjs")

__all__ = ["JsonOracle", "missing"]


def missing() -> str | None:
    """Why there is no oracle here, or None."""
    if shutil.which("node") is None:
        return "there is no Node: install Node 20 or later"
    if not (REPOSITORY / "node_modules" / "ot-json0").is_dir():
        return "ot-json0 is not installed: run `npm ci`"
    return None


class JsonOracle(Oracle):
    """One Node process for as long as the `with` block lasts."""

    def __enter__(self) -> JsonOracle:
        self._process = subprocess.Popen(
            ["node", str(PROGRAM), str(REPOSITORY)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        return self
