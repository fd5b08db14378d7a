"""Closing before a server ends by a signal, where that server tells the application nothing."""

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
    """Handlers of signals that close first, and then call the handlers that were there before.

    Only where the server has handlers of its own, so that no signal ends the process later or
    otherwise than before where nobody meant it to end in order. A second signal goes to the server
    at once.

    Args:
        loop: the event loop in which the application is open.
        end: begins to close, in that loop, and gives the task that does it.
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
        """Does nothing outside the main thread, which alone has handlers of signals."""
        if threading.current_thread() is not threading.main_thread():
            return
        # One that handles SIGINT alone is a program at a terminal, or a runner of tests.
        if not callable(signal.getsignal(signal.SIGTERM)):
            return
        self._is_on = True
        for each in SIGNALS:
            former = signal.getsignal(each)
            if callable(former):
                self._former[each] = former
                signal.signal(each, self._handle)

    def restore(self) -> None:
        """Idempotent. What has been installed over these handlers stays, and may call them."""
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
        logger.info("closing at %s", signal.Signals(number).name)
        self._end().add_done_callback(lambda _: self._former[number](number, None))
