"""Opens a database for each line that comes in, and says so."""

from __future__ import annotations

import asyncio
import sys

from collab.storage import Database, DatabaseStore, check_schema


async def open_once(url: str, name: str) -> None:
    database = Database(url)
    await database.open()
    await check_schema(database)
    await DatabaseStore(database).catalog.create_document(name, "text")
    await database.close()


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


say("ready")
for line in sys.stdin:
    asyncio.run(open_once(line.strip(), sys.argv[1]))
    say("opened")
