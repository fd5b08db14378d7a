"""The figures of several runs, and their medians."""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .load import Figures
from .machine import describe
from .options import Options

__all__ = ["FOLDER", "Results"]

FOLDER = Path(__file__).parents[1] / "results"


class Results:
    """Figures by scenario and case, stored as JSON with time, machine, options and medians."""

    def __init__(self, options: Options) -> None:
        self.head: dict[str, Any] = {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "machine": describe(),
            "options": dataclasses.asdict(options),
        }
        self.titles: dict[str, str] = {}
        self.runs: dict[str, dict[str, list[Figures]]] = {}

    @classmethod
    def read(cls, path: Path) -> Results:
        kept = json.loads(path.read_text(encoding="utf-8"))
        found = cls(Options())
        found.head = kept["head"]
        for name, scenario in kept["scenarios"].items():
            found.titles[name] = scenario["title"]
            found.runs[name] = {key: each["runs"] for key, each in scenario["cases"].items()}
        return found

    def add(self, name: str, title: str, case: str, figures: Figures) -> None:
        self.titles[name] = title
        self.runs.setdefault(name, {}).setdefault(case, []).append(figures)

    def medians(self, name: str, case: str) -> Figures:
        """The median of each figure; empty if there are no runs."""
        runs = self.runs.get(name, {}).get(case, [])
        keys = runs[0] if runs else ()
        return {key: statistics.median(each[key] for each in runs if key in each) for key in keys}

    def cases(self, name: str) -> Iterator[tuple[str, Figures]]:
        for case in self.runs[name]:
            yield case, self.medians(name, case)

    def write(self, path: Path) -> None:
        scenarios = {
            name: {
                "title": self.titles[name],
                "cases": {
                    key: {"medians": self.medians(name, key), "runs": runs}
                    for key, runs in cases.items()
                },
            }
            for name, cases in self.runs.items()
        }
        kept = {"head": self.head, "scenarios": scenarios}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
