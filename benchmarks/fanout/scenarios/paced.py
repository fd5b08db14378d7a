"""S4: the members of one document type at a fixed rate.

A member with a pending edit delays the next until the `ack`, as editors do. Its latency counts from
the key press.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque

from ..client import Client
from ..load import Figures, Load

__all__ = ["Typist", "paced"]


class Typist:
    """Presses a key `rate` times per second, starting after `phase` seconds."""

    def __init__(self, client: Client, rate: float, phase: float) -> None:
        self.client = client
        self._interval = 1 / rate
        self._pressed: deque[float] = deque()
        self._is_waiting = False
        self._due = time.perf_counter() + phase
        self._timer: asyncio.TimerHandle | None = None
        client.on_ack = self._acknowledged
        self._arm()

    @property
    def held_back(self) -> int:
        return len(self._pressed)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _arm(self) -> None:
        wait = max(0.0, self._due - time.perf_counter())
        self._timer = asyncio.get_running_loop().call_later(wait, self._press)

    def _press(self) -> None:
        now = time.perf_counter()
        if self._is_waiting:
            self._pressed.append(now)
        else:
            self._send(now)
        self._due += self._interval
        self._arm()

    def _send(self, pressed: float) -> None:
        self._is_waiting = True
        self.client.edit(pressed)

    def _acknowledged(self) -> None:
        self._is_waiting = False
        if self._pressed:
            self._send(self._pressed.popleft())


async def paced(load: Load) -> Figures:
    options = load.options
    clients = [load.client("paced", number) for number in range(options.members)]
    await load.join(clients)
    rate, count = options.edits_per_second, len(clients)
    typists = [Typist(each, rate, n / count / rate) for n, each in enumerate(clients)]
    figures = await load.measure(options.paced_seconds)
    for each in typists:
        each.stop()
    await load.drain(lambda: sum(each.held_back for each in typists))
    await load.drain_room(clients)
    return figures
