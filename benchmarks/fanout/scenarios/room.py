"""S2: a room of writers, each of which sends its next edit once the last is acknowledged."""

from __future__ import annotations

from ..client import Client, nothing
from ..load import Figures, Load

__all__ = ["room"]


async def room(load: Load) -> Figures:
    writers = [load.client("room", number) for number in range(load.options.writers)]
    await load.join(writers)
    for each in writers:
        _type_on(each)
    figures = await load.measure(load.options.seconds)
    for each in writers:
        each.on_ack = nothing
    await load.drain_room(writers)
    return figures


def _type_on(writer: Client) -> None:
    writer.on_ack = writer.edit
    writer.edit()
