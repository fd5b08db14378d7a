"""Measurement of how long each step of a coroutine blocks the event loop."""

from __future__ import annotations

import time
from collections.abc import Coroutine, Generator
from typing import Any

from .metrics import Histogram

__all__ = ["Turns"]


class Turns:
    """An awaitable that runs a coroutine and observes how long each step blocks the event loop."""

    __slots__ = ("_coroutine", "_histogram")

    def __init__(self, coroutine: Coroutine[Any, Any, None], histogram: Histogram) -> None:
        self._coroutine = coroutine
        self._histogram = histogram

    def __await__(self) -> Generator[Any, Any, None]:
        coroutine, observe = self._coroutine, self._histogram.observe
        sent: Any = None
        error: BaseException | None = None
        while True:
            started = time.monotonic()
            try:
                waits = coroutine.send(sent) if error is None else coroutine.throw(error)
            except StopIteration:
                return
            finally:
                observe(time.monotonic() - started)
            sent = error = None
            try:
                sent = yield waits
            except GeneratorExit:
                coroutine.close()
                raise
            except BaseException as thrown:
                error = thrown
