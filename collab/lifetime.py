"""The lifetime of an open application in one event loop, and calls into that loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from typing import Any

__all__ = ["Lifetime", "call_in"]

ASGI = Callable[[Any, Any, Any], Awaitable[None]]


class Lifetime:
    """A task in the running event loop that owns all open resources.

    It starts with the constructor and ends by `start_closing`, or with the loop. The resources are
    closed in reverse order.

    Args:
        enter: opens the resources and pushes their closing functions to the stack. If it raises,
            the resources that are open are closed, and `opened` raises the exception.
    """

    def __init__(self, enter: Callable[[contextlib.AsyncExitStack], Awaitable[None]]) -> None:
        self.loop = asyncio.get_running_loop()
        self._pid = os.getpid()
        self._enter = enter
        self._opened = self.loop.create_future()
        self._closing = asyncio.Event()
        self._is_open = False
        self._task = self.loop.create_task(self._run(), name="collab application")

    async def _run(self) -> None:
        try:
            async with contextlib.AsyncExitStack() as stack:
                try:
                    await self._enter(stack)
                    self._is_open = True
                    self._opened.set_result(None)
                    await self._closing.wait()
                except GeneratorExit:
                    # Collected after its loop was closed. The resources may be in use in another
                    # lifetime, so they are not closed here.
                    stack.pop_all()
                    raise
        except BaseException as error:
            if self._opened.done() or isinstance(error, GeneratorExit):
                raise
            if not isinstance(error, Exception):
                self._opened.cancel()
                raise
            self._opened.set_exception(error)
            # Marks the exception as retrieved: there may be no caller left that awaits it.
            self._opened.exception()
        finally:
            self._is_open = False

    @property
    def is_in_running_loop(self) -> bool:
        """Whether it belongs to the running event loop."""
        return asyncio.get_running_loop() is self.loop and not self.is_of_another_process

    @property
    def is_open(self) -> bool:
        """Whether all resources are open and closing has not begun."""
        return self._is_open and not self._closing.is_set()

    @property
    def is_closing(self) -> bool:
        return self._closing.is_set()

    @property
    def has_ended(self) -> bool:
        """Whether it has ended: by `start_closing`, an error or the end of its loop."""
        return self._task.done()

    @property
    def is_abandoned(self) -> bool:
        """Whether it can't end any more: its loop was closed early, or this process is a fork of
        the one that it belongs to."""
        return self.is_of_another_process or (self.loop.is_closed() and not self.has_ended)

    @property
    def is_of_another_process(self) -> bool:
        return self._pid != os.getpid()

    async def opened(self) -> None:
        """Return once all resources are open; raises the exception of `enter`."""
        await asyncio.shield(self._opened)

    def start_closing(self) -> asyncio.Task[None]:
        """Begin to close all resources; returns the task that closes them. Idempotent."""
        self._closing.set()
        return self._task

    async def wait_closed(self) -> None:
        """Return when it has ended."""
        await asyncio.wait([self._task])


async def call_in(
    loop: asyncio.AbstractEventLoop, app: ASGI, scope: Any, receive: Any, send: Any
) -> None:
    """Run an ASGI application in the event loop of another thread, for a server in this thread.

    Cancelling this call cancels the application and waits for it. If the other loop ends first,
    this returns.

    Raises:
        RuntimeError: the other loop is closed. The application was not called.
    """
    here = asyncio.get_running_loop()
    ended: Future[None] = Future()
    # The other thread sets the result even if this call was cancelled.
    ended.set_running_or_notify_cancel()
    tasks: list[asyncio.Task[None]] = []

    def begin() -> None:
        task = loop.create_task(_call(app, scope, _in(here, receive), _in(here, send)))
        tasks.append(task)
        task.add_done_callback(lambda task: _copy_result(task, ended))

    loop.call_soon_threadsafe(begin)
    outcome = asyncio.wrap_future(ended)
    try:
        await asyncio.shield(outcome)
    except asyncio.CancelledError:
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
            await outcome
        raise


async def _call(app: ASGI, scope: Any, receive: Any, send: Any) -> None:
    await app(scope, receive, send)


def _in(loop: asyncio.AbstractEventLoop, function: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap a coroutine function so that it runs in `loop`, whichever loop awaits it."""

    async def call(*args: Any) -> Any:
        coroutine = function(*args)
        try:
            result = asyncio.run_coroutine_threadsafe(coroutine, loop)
        except RuntimeError:
            # The loop is closed.
            coroutine.close()
            raise
        return await asyncio.wrap_future(result)

    return call


def _copy_result(task: asyncio.Task[None], ended: Future[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)
