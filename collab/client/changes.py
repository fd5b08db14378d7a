"""An asynchronous iterator over the changes that the server sent."""

from __future__ import annotations

import asyncio
from collections import deque
from weakref import WeakSet

from .errors import ChangesMissed
from .session import Change

__all__ = ["Changes"]

MAX_WAITING = 10_000


class Changes:
    """The changes for one reader, collected from the moment the iterator is made.

    A reader that stops early only drops its reference. Bound: `MAX_WAITING` changes. Beyond it
    the waiting changes are dropped and the reader gets one `ChangesMissed`; then it may continue.
    """

    def __init__(self, readers: WeakSet[Changes], failure: Exception | None) -> None:
        self._waiting: deque[Change] = deque()
        self._missed = False
        self._ended = False
        self._failure: Exception | None = None
        self._bell = asyncio.Event()
        readers.add(self)
        if failure is not None:
            self.end(failure)

    def put(self, change: Change) -> None:
        if len(self._waiting) >= MAX_WAITING:
            self._waiting.clear()
            self._missed = True
        self._waiting.append(change)
        self._bell.set()

    def end(self, failure: Exception | None) -> None:
        """End the iteration; `failure` is raised after the last change. Later calls do nothing."""
        if not self._ended:
            self._ended, self._failure = True, failure
        self._bell.set()

    def __aiter__(self) -> Changes:
        return self

    async def __anext__(self) -> Change:
        while not self._waiting and not self._ended:
            self._bell.clear()
            await self._bell.wait()
        if self._missed:
            self._missed = False
            self._waiting.clear()
            raise ChangesMissed("changes were read too slowly: read the content, then continue")
        if self._waiting:
            return self._waiting.popleft()
        if self._failure is not None:
            raise self._failure
        raise StopAsyncIteration
