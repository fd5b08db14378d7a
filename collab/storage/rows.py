"""Many rows in few statements, for SQLite: each statement takes up to 64 rows.

Python's driver gives the interpreter lock away at each step of a statement and has to get it back
from a busy event loop, so what counts is how many there are, not only how long they take. The
texts are few and fixed, and so stay prepared.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection

__all__ = ["BulkStatement"]

# A statement takes at most 999 parameters in an old SQLite, and the widest row has 9.
_SIZES = (64, 16, 4, 1)


class BulkStatement:
    """An SQL text with `{rows}` where `(?, …), (?, …)` belongs; `columns` says how many `?`."""

    def __init__(self, text: str, columns: int) -> None:
        row = f"({', '.join('?' * columns)})"
        self._texts = {size: text.format(rows=", ".join([row] * size)) for size in _SIZES}

    def run(self, connection: Connection, rows: Sequence[tuple[Any, ...]]) -> int:
        """How many rows it changed.

        Raises:
            sqlite3.Error: the driver's own; see `faults`.
        """
        # Straight to the driver: what SQLAlchemy does for a statement costs five times the row.
        driver: Any = connection.connection.driver_connection
        changed = 0
        for part in _parts(rows):
            changed += driver.execute(self._texts[len(part)], tuple(chain(*part))).rowcount
        return changed


def _parts(rows: Sequence[tuple[Any, ...]]) -> Iterator[Sequence[tuple[Any, ...]]]:
    begin = 0
    for size in _SIZES:
        while len(rows) - begin >= size:
            yield rows[begin : begin + size]
            begin += size
