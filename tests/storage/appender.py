"""Commits edits until it is killed, and says each version once it is acknowledged."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence

from collab.storage import Append, Committer, Database, DatabaseStore

from .edits import operation


class Endless:
    """A document that always has `width` operations more."""

    def __init__(self, key: int, epoch: str, head: int, width: int, committer: Committer) -> None:
        self.key, self.epoch, self.head, self.width = key, epoch, head, width
        self.committer = committer

    def next_append(self, limit: int) -> Append | None:
        records = tuple(operation(self.head + 1 + index) for index in range(self.width))
        return Append(self.key, self.epoch, self.head, records)

    def committed(self, append: Append, checksums: Sequence[int]) -> None:
        self.head += self.width
        sys.stdout.write(f"{self.key} {self.head}\n")
        sys.stdout.flush()
        self.committer.notify(self)

    def failed(self, append: Append, error: Exception | None) -> None:
        sys.exit(f"failed: {error}")


async def main(url: str) -> None:
    database = Database(url)
    await database.open()
    store = DatabaseStore(database)
    committer = Committer(store, 1000)
    for width in (1, 3, 20):
        record = await store.catalog.find_document(f"{width}")
        record = record or await store.catalog.create_document(f"{width}", "text")
        committer.notify(Endless(record.key, record.epoch, record.version, width, committer))
    await committer.start()
    await asyncio.get_running_loop().create_future()


asyncio.run(main(sys.argv[1]))
