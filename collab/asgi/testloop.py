"""An event loop in its own thread, through which synchronous tests call an ASGI application."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

from .types import ASGIApp, Message, Scope

__all__ = ["GRACE_SECONDS", "Conversation", "LoopThread"]

# The time for an application to return after its connection has ended, before it is cancelled.
GRACE_SECONDS = 1.0

T = TypeVar("T")

_ENDED: Any = object()


class LoopThread:
    """Runs an event loop while the context is entered; leaving it cancels the running tasks."""

    def __enter__(self) -> Self:
        ready = threading.Event()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(ready)), name="TestClient", daemon=True
        )
        self._thread.start()
        ready.wait()
        return self

    async def _main(self, ready: threading.Event) -> None:
        self.loop = asyncio.get_running_loop()
        self._leaving = asyncio.Event()
        ready.set()
        await self._leaving.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.loop.call_soon_threadsafe(self._leaving.set)
        self._thread.join()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine in the loop; return its result or raise its exception."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()


class Conversation:
    """An application running for one scope, and the events in both directions.

    Both queues are unbounded, which is acceptable in tests.
    """

    def __init__(self, loop: LoopThread, app: ASGIApp, scope: Scope) -> None:
        self._loop = loop
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._running = loop.call(self._start(app, scope))

    async def _start(self, app: ASGIApp, scope: Scope) -> asyncio.Task[None]:
        return asyncio.create_task(self._run(app, scope))

    async def _run(self, app: ASGIApp, scope: Scope) -> None:
        try:
            await app(scope, self._inbox.get, self._send)
        finally:
            self._outbox.put(_ENDED)

    async def _send(self, message: Message) -> None:
        self._outbox.put(message)

    def send(self, message: Message) -> None:
        self._loop.loop.call_soon_threadsafe(self._inbox.put_nowait, message)

    def receive(self) -> Message:
        """Wait for the next event.

        Raises the application's exception, or RuntimeError if it has returned: no event follows.
        """
        message = self._outbox.get()
        if message is not _ENDED:
            return message
        self._outbox.put(_ENDED)
        self.end(None)
        raise RuntimeError("The application has returned: there is nothing more to receive.")

    def end(self, grace_seconds: float | None) -> None:
        """Wait for the application to return, and raise its exception.

        After `grace_seconds`, unless None, it is cancelled, which is not an error.
        """
        self._loop.call(self._end(grace_seconds))

    async def _end(self, grace_seconds: float | None) -> None:
        await asyncio.wait([self._running], timeout=grace_seconds)
        self._running.cancel()
        await asyncio.wait([self._running])
        if not self._running.cancelled():
            self._running.result()
