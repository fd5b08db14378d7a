"""S1: one writer and many readers; the next edit once everybody has the last."""

from __future__ import annotations

from ..load import Figures, Load

__all__ = ["fan_out"]


async def fan_out(load: Load, readers: int) -> Figures:
    writer = load.client("fan-out", 0)
    others = [load.client("fan-out", number) for number in range(1, readers + 1)]
    await load.join([writer, *others])
    left = 1
    is_over = False

    def came(changes: int) -> None:
        nonlocal left
        left -= changes
        if left == 0 and not is_over:
            left = readers + 1
            writer.edit()

    for each in others:
        each.on_changes = came
    writer.on_ack = lambda: came(1)
    came(1)
    figures = await load.measure(load.options.seconds)
    is_over = True
    await load.drain_room([writer, *others])
    return figures
