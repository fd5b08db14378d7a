"""Reads that are made often: each a SELECT that is compiled once, when it is imported.

For SQLite it goes straight to the driver, as in `appending`: what SQLAlchemy does for one costs ten
times what finding a row by its key does.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

from sqlalchemy import Connection, Select
from sqlalchemy.dialects import sqlite

__all__ = ["Query"]


class Query:
    """A SELECT whose values have names (`bindparam`).

    Its columns are of types that SQLite's driver gives as they are: whole numbers, floats, texts
    and bytes.

    Args:
        on_sqlite: what is asked there in its place.
    """

    def __init__(self, select: Select[Any], on_sqlite: Select[Any] | None = None) -> None:
        self._select = select
        self._on_sqlite = select if on_sqlite is None else on_sqlite
        compiled: Any = self._on_sqlite.compile(dialect=sqlite.dialect())
        self._text = str(compiled)
        # The limits that are written into it are values to the driver, too.
        self._values = [(name, compiled.params[name]) for name in compiled.positiontup or ()]

    def first(self, connection: Connection, **values: Any) -> Sequence[Any] | None:
        """The first row, None if there is none.

        Raises:
            sqlite3.Error, SQLAlchemyError: the driver's own; see `faults`.
        """
        rows = self.rows(connection, **values)
        row = next(rows, None)
        rows.close()
        return row

    def rows(self, connection: Connection, **values: Any) -> Generator[Sequence[Any]]:
        """The rows, in order; who does not take them all closes this.

        Raises:
            sqlite3.Error, SQLAlchemyError: the driver's own; see `faults`.
        """
        if connection.dialect.driver == "pysqlite":
            driver: Any = connection.connection.driver_connection
            cursor = driver.execute(
                self._text, [values.get(name, default) for name, default in self._values]
            )
        else:
            is_sqlite = connection.dialect.name == "sqlite"
            cursor = connection.execute(self._on_sqlite if is_sqlite else self._select, values)
        try:
            yield from cursor
        finally:
            cursor.close()
