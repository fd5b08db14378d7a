"""The sizes and durations of the scenarios."""

from __future__ import annotations

import dataclasses
from typing import Any

__all__ = ["Options"]


@dataclasses.dataclass(frozen=True)
class Options:
    """The defaults are those of the figures in docs/performance.md."""

    warm_seconds: float = 1.0
    seconds: float = 6.0
    paced_seconds: float = 8.0
    readers: tuple[int, ...] = (100, 400)
    writers: int = 20
    documents: int = 200
    members: int = 50
    edits_per_second: float = 4.0
    """For each member that types at a fixed rate."""
    connections: tuple[int, ...] = (1000, 5000)
    idle_documents: int = 100
    settle_seconds: float = 3.0
    """From connecting until memory is measured."""
    idle_seconds: float = 2.0
    grown_edits: int = 20_000
    cold_joins: int = 5
    killed_documents: int = 20
    killed_seconds: float = 3.0
    killed_paced_seconds: float = 15.0
    stalled: tuple[int, ...] = (0, 1, 50)
    stalled_among: int = 200
    stalled_after_seconds: float = 2.0
    joins: tuple[int, ...] = (100, 200, 400)
    join_seconds: float = 1.0
    missed: tuple[int, ...] = (0, 10, 100, 1000)
    resumes: int = 20
    resumed_edits: int = 5000
    resumed_characters: int = 50_000
    commits: int = 400
    amounts: tuple[int, ...] | None = None
    """Three amounts for every kind of growth; None for those of benchmarks.growth."""
    growth_parts: int = 20
    growth_part_edits: int = 500
    recent_edits: tuple[int, ...] = (0, 100)
    loaded_documents: int = 1000
    opened_edits: int = 260_000
    opened_characters: int = 100_000

    def __post_init__(self) -> None:
        if self.seconds <= 0:
            raise ValueError(f"seconds must be above 0, got {self.seconds}")

    def changed(self, settings: list[str]) -> Options:
        """A copy with settings `name=value`; several values of one name are separated by commas.

        Raises:
            ValueError: the name is unknown or the value invalid.
        """
        given: dict[str, Any] = dict(self._read(each) for each in settings)
        return dataclasses.replace(self, **given)

    def _read(self, setting: str) -> tuple[str, object]:
        name, _, value = setting.partition("=")
        known = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        if name not in known:
            raise ValueError(f"no option {name!r}; there are: {', '.join(known)}")
        default = known[name]
        if isinstance(default, tuple) or default is None:
            return name, tuple(int(each) for each in value.split(","))
        return name, type(default)(value)
