"""S3: many documents with a writer and a reader each; an edit is sent once the reader has received
the last."""

from __future__ import annotations

import asyncio

from ..client import Client
from ..load import Figures, Load

__all__ = ["Pair", "pairs"]

CHECKED = 5
ENDLESS = 2**53


class Pair:
    """A writer and a reader of one document."""

    def __init__(self, load: Load, doc_id: str) -> None:
        self.writer: Client = load.client(doc_id, 0)
        self.reader: Client = load.client(doc_id, 1)
        self._left = 0
        self._last = 0
        self._typed: asyncio.Future[None] | None = None

    @property
    def clients(self) -> list[Client]:
        return [self.writer, self.reader]

    async def type(self, edits: int) -> None:
        """Type this many edits, and wait for them."""
        self._typed = asyncio.get_running_loop().create_future()
        self.begin(edits)
        await self._typed

    def begin(self, edits: int = ENDLESS) -> None:
        self._last = self.writer.edits + edits
        self.reader.on_changes = self._came
        self.writer.on_ack = self._came
        self._left = 2
        self.writer.edit()

    def end(self) -> None:
        self._last = 0

    def _came(self, changes: int = 1) -> None:
        self._left -= changes
        if self._left > 0:
            return
        if self.writer.edits < self._last:
            self._left = 2
            self.writer.edit()
        elif self._typed is not None:
            self._typed.set_result(None)


async def pairs(load: Load) -> Figures:
    made = [Pair(load, f"pair-{number}") for number in range(load.options.documents)]
    await load.join(client for pair in made for client in pair.clients)
    for pair in made:
        pair.begin()
    figures = await load.measure(load.options.seconds)
    for pair in made:
        pair.end()
    for pair in made[:: max(1, len(made) // CHECKED)]:
        await load.drain_room(pair.clients)
    return figures
