"""An event loop in a thread of its own, so that plain test code can talk to an ASGI application."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Coroutine
from concurrent.futures import CancelledError, Future
from concurrent.futures import wait as wait_for
from types import TracebackType
from typing import Any, Self, TypeVar

from .types import ASGIApp, Message, Scope

__all__ = ["Conversation", "LoopThread"]

T = TypeVar("T")

_ENDED: Any = object()


class LoopThread:
    """Runs from entering to leaving; what is still running then is cancelled."""

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

    def start(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop)

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self.start(coroutine).result()


class Conversation:
    """An application running for one scope, and the events that go to and fro.

    Both directions are unbounded: a test that lets them grow has itself to blame.
    """

    def __init__(self, loop: LoopThread, app: ASGIApp, scope: Scope) -> None:
        self._loop = loop
        self._inbox: asyncio.Queue[Message] = asyncio.Queue()
        self._outbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._running = loop.start(self._run(app, scope))

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
        """Waits for the next event.

        Raises what the application has raised, or RuntimeError if it returned: nothing more comes.
        """
        message = self._outbox.get()
        if message is not _ENDED:
            return message
        self._outbox.put(_ENDED)
        self._running.result()
        raise RuntimeError("The application has returned: there is nothing more to receive.")

    def join(self) -> None:
        """Waits for the application to return, and raises what it raises."""
        self._running.result()

    def end(self, grace_seconds: float) -> None:
        """The same, but after the grace the application is cancelled, which is no error."""
        wait_for([self._running], timeout=grace_seconds)
        cancelled = self._running.cancel()
        try:
            self._running.result()
        except CancelledError:
            if not cancelled:
                raise
