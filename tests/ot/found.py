"""Cases that once broke a law, kept as data and replayed by the suite for ever.

Each is a file of `vectors/found/`: the type, the law, and what the law drew, in order.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .draws import RecordedDraws, ReplayedDraws
from .laws import cases_of, obey

__all__ = ["FOUND", "FoundCase", "found_cases"]

FOUND = Path(__file__).with_name("vectors") / "found"


@dataclass(frozen=True, slots=True)
class FoundCase:
    """What a law drew, as JSON values, so that it stays the same however cases are made later.

    Where a law draws an operation on content that an earlier step made, and that step answers
    otherwise since, the case no longer is one: then it is drawn anew, or deleted.
    """

    type: str
    law: str
    drawn: list[Any]

    @property
    def file_name(self) -> str:
        """Of its own for each case, so that one found twice is kept once."""
        mark = hashlib.sha256(self.text().encode("ascii")).hexdigest()[:8]
        return f"{self.type}-{self.law}-{mark}.json"

    def text(self) -> str:
        return json.dumps(asdict(self), indent=1) + "\n"

    def save(self, folder: Path = FOUND) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.file_name
        path.write_text(self.text(), encoding="ascii")
        return path

    def replay(self) -> None:
        """Try the law on it; any exception means that it is broken."""
        obey(self.law, ReplayedDraws(cases_of(self.type), self.drawn))

    @classmethod
    def record(cls, name: str, law: str, source: bytes) -> FoundCase:
        """The case that a law draws from bytes, as far as it gets."""
        draws = RecordedDraws(cases_of(name), source)
        with contextlib.suppress(Exception):
            obey(law, draws)
        return cls(name, law, draws.drawn)


def found_cases(folder: Path = FOUND) -> list[FoundCase]:
    return [
        FoundCase(**json.loads(path.read_text(encoding="ascii")))
        for path in sorted(folder.glob("*.json"))
    ]
