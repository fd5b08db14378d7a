"""S3: many documents with a writer and a reader each; each edit once the reader has the last."""

from __future__ import annotations

from ..client import Client
from ..load import Figures, Load

__all__ = ["Pair", "pairs"]

CHECKED = 5


class Pair:
    """A writer and a reader of one document."""

    def __init__(self, load: Load, doc_id: str) -> None:
        self.writer: Client = load.client(doc_id, 0)
        self.reader: Client = load.client(doc_id, 1)
        self._is_typing = False
        self._left = 0

    @property
    def clients(self) -> list[Client]:
        return [self.writer, self.reader]

    def begin(self) -> None:
        self._is_typing = True
        self.reader.on_changes = self._came
        self.writer.on_ack = self._came
        self._left = 2
        self.writer.edit()

    def end(self) -> None:
        self._is_typing = False

    def _came(self, changes: int = 1) -> None:
        self._left -= changes
        if self._left == 0 and self._is_typing:
            self._left = 2
            self.writer.edit()


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
