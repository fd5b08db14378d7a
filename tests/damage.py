"""What a failing disk does to a database file: statements that go past the program."""

from __future__ import annotations

import sqlite3
from pathlib import Path

__all__ = ["damage", "flip", "rows"]


def damage(file: Path, statement: str, *values: object) -> int:
    """Run one statement; how many rows it changed."""
    connection = sqlite3.connect(file)
    try:
        with connection:
            return connection.execute(statement, values).rowcount
    finally:
        connection.close()


def rows(file: Path, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(file)
    connection.text_factory = bytes
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def flip(file: Path, table: str, column: str, version: int, place: int, bit: int = 0) -> None:
    """Flip one bit of a text in the row of this version."""
    connection = sqlite3.connect(file)
    try:
        with connection:
            query = f"SELECT CAST({column} AS BLOB) FROM {table} WHERE version = ?"
            content = bytearray(connection.execute(query, (version,)).fetchone()[0])
            content[place] ^= 1 << bit
            connection.execute(
                f"UPDATE {table} SET {column} = CAST(? AS TEXT) WHERE version = ?",
                (bytes(content), version),
            )
    finally:
        connection.close()
