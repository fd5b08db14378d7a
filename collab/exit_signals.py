"""Graceful shutdown on signals, for servers that don't run the application's lifespan."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["ExitSignals"]

logger = logging.getLogger(__name__)

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class ExitSignals:
    """Signal handlers that close the application first and then call the previous handlers.

    They are installed only if the server has handlers of its own. So a process without graceful
    shutdown still ends at once. A second signal is passed to the server immediately.

    Args:
        loop: the event loop in which the application is open.
        end: called in that loop; begins to close and returns the task that closes.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, end: Callable[[], asyncio.Future[Any]]
    ) -> None:
        self._loop = loop
        self._end = end
        self._pid = os.getpid()
        self._is_on = False
        self._former: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def install(self) -> None:
        """Install the handlers. Does nothing outside the main thread, which alone may set them."""
        if threading.current_thread() is not threading.main_thread():
            return
        # A process that handles SIGINT alone is an interactive program or a test runner.
        if not callable(signal.getsignal(signal.SIGTERM)):
            return
        self._is_on = True
        for each in SIGNALS:
            former = signal.getsignal(each)
            if callable(former):
                self._former[each] = former
                signal.signal(each, self._handle)

    def restore(self) -> None:
        """Restore the previous handlers. Idempotent.

        Handlers that were installed after these stay, and may call these.
        """
        self._is_on = False
        if threading.current_thread() is not threading.main_thread():
            return
        for each, former in self._former.items():
            if signal.getsignal(each) == self._handle:
                signal.signal(each, former)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_here = self._pid == os.getpid() and self._loop.is_running()
        if not self._is_on or not is_here:
            self._former[number](number, frame)
            return
        self._is_on = False
        self._loop.call_soon_threadsafe(self._begin, number)

    def _begin(self, number: int) -> None:
        logger.info("received %s, closing", signal.Signals(number).name)
        self._end().add_done_callback(lambda _: self._former[number](number, None))
