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
        start_closing: called in that loop; begins to close and returns the task that closes.
    """

    def __init__(
        self, loop: asyncio.AbstractEventLoop, start_closing: Callable[[], asyncio.Future[Any]]
    ) -> None:
        self._loop = loop
        self._start_closing = start_closing
        self._pid = os.getpid()
        self._is_active = False
        self._previous: dict[int, Callable[[int, FrameType | None], Any]] = {}

    def install(self) -> None:
        """Install the handlers. Does nothing outside the main thread, which alone may set them."""
        if threading.current_thread() is not threading.main_thread():
            return
        # A process that handles SIGINT alone is an interactive program or a test runner.
        if not callable(signal.getsignal(signal.SIGTERM)):
            return
        self._is_active = True
        for each in SIGNALS:
            previous = signal.getsignal(each)
            if callable(previous):
                self._previous[each] = previous
                signal.signal(each, self._handle)

    def restore(self) -> None:
        """Restore the previous handlers. Idempotent.

        Handlers that were installed after these stay, and may call these.
        """
        self._is_active = False
        if threading.current_thread() is not threading.main_thread():
            return
        for each, previous in self._previous.items():
            if signal.getsignal(each) == self._handle:
                signal.signal(each, previous)

    def _handle(self, number: int, frame: FrameType | None) -> None:
        is_here = self._pid == os.getpid() and self._loop.is_running()
        if not self._is_active or not is_here:
            self._previous[number](number, frame)
            return
        self._is_active = False
        self._loop.call_soon_threadsafe(self._close, number)

    def _close(self, number: int) -> None:
        logger.info("received %s, closing", signal.Signals(number).name)
        self._start_closing().add_done_callback(lambda _: self._previous[number](number, None))
