"""S1: one writer and many readers; the next edit is sent once all have received the last."""

from __future__ import annotations

from ..client import Client
from ..load import Figures, Load

__all__ = ["FanOut", "fan_out"]


class FanOut:
    """Keeps one edit pending."""

    def __init__(self, writer: Client, readers: list[Client]) -> None:
        self._writer = writer
        self._readers = readers
        self._left = 0
        self._is_over = False

    def begin(self) -> None:
        for each in self._readers:
            each.on_changes = self._came
        self._writer.on_ack = self._came
        self._edit()

    def end(self) -> None:
        self._is_over = True

    def _edit(self) -> None:
        self._left = len(self._readers) + 1
        self._writer.edit()

    def _came(self, changes: int = 1) -> None:
        self._left -= changes
        if self._left == 0 and not self._is_over:
            self._edit()


async def fan_out(load: Load, readers: int) -> Figures:
    writer, *others = (load.client("fan-out", number) for number in range(readers + 1))
    await load.join([writer, *others])
    writing = FanOut(writer, others)
    writing.begin()
    figures = await load.measure(load.options.seconds)
    writing.end()
    await load.drain_room([writer, *others])
    return figures
