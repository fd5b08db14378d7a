"""Opens a database, has a transaction hang, closes the database, and ends."""

from __future__ import annotations

import asyncio
import sqlite3
import sys

from sqlalchemy import Connection, text

from collab.errors import StorageUnavailable
from collab.storage import Database

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"


def endless(connection: Connection) -> None:
    connection.execute(text(ENDLESS)).scalar()


def nothing(connection: Connection) -> None:
    pass


async def main(url: str, how: str) -> None:
    database = Database(url, busy_timeout_seconds=3600, timeout_seconds=1)
    await database.open()
    other = sqlite3.connect(url.partition("///")[2], isolation_level=None)
    if how == "locked":
        other.execute("BEGIN IMMEDIATE")
    transactions = {
        "locked": lambda: database.write(nothing),
        "writing": lambda: database.write(endless),
        "reading": lambda: database.read(endless),
    }
    try:
        await transactions[how]()
    except StorageUnavailable as error:
        sys.stdout.write(f"{error}\n")
    await database.close()
    sys.stdout.write("closed\n")
    sys.stdout.flush()
    locked.append(other)


# Held to the end of the process.
locked: list[sqlite3.Connection] = []

asyncio.run(main(sys.argv[1], sys.argv[2]))
