"""One life of an application, from its opening to its close, in one event loop."""

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
    """Begins when it is made, in the running event loop; ends by `begin_to_end`, or with that loop.

    One task owns everything that is open and closes it in reverse order.

    Args:
        enter: opens everything, and gives each closing function to the stack; what it raises is
            raised by `opened`, after what was opened before has been closed.
    """

    def __init__(self, enter: Callable[[contextlib.AsyncExitStack], Awaitable[None]]) -> None:
        self.loop = asyncio.get_running_loop()
        self._pid = os.getpid()
        self._enter = enter
        self._opened = self.loop.create_future()
        self._ending = asyncio.Event()
        self._is_open = False
        self._task = self.loop.create_task(self._run(), name="collab application")

    async def _run(self) -> None:
        try:
            async with contextlib.AsyncExitStack() as stack:
                try:
                    await self._enter(stack)
                    self._is_open = True
                    self._opened.set_result(None)
                    await self._ending.wait()
                except GeneratorExit:
                    # Garbage of a loop that was closed: by now there may be another life.
                    stack.pop_all()
                    raise
        except BaseException as error:
            if self._opened.done() or isinstance(error, GeneratorExit):
                raise
            if not isinstance(error, Exception):
                self._opened.cancel()
                raise
            self._opened.set_exception(error)
            # There may be no caller left that waits for it.
            self._opened.exception()
        finally:
            self._is_open = False

    @property
    def is_here(self) -> bool:
        """Whether it is of the running event loop."""
        return asyncio.get_running_loop() is self.loop and not self.is_of_another_process

    @property
    def is_open(self) -> bool:
        """Whether everything is open, and nothing has begun to close."""
        return self._is_open and not self._ending.is_set()

    @property
    def is_ending(self) -> bool:
        return self._ending.is_set()

    @property
    def is_over(self) -> bool:
        """Whether it has come to its end: by `begin_to_end`, an error or the end of its loop."""
        return self._task.done()

    @property
    def is_abandoned(self) -> bool:
        """Whether it can't come to its end any more: its loop was closed under it, or it is that of
        the process from which this one was forked."""
        return self.is_of_another_process or (self.loop.is_closed() and not self.is_over)

    @property
    def is_of_another_process(self) -> bool:
        return self._pid != os.getpid()

    async def opened(self) -> None:
        """Return once everything is open; raises what kept it from that."""
        await asyncio.shield(self._opened)

    def begin_to_end(self) -> asyncio.Task[None]:
        """Begin to close everything; gives the task that does. Idempotent."""
        self._ending.set()
        return self._task

    async def over(self) -> None:
        """Return when it has come to its end."""
        await asyncio.wait([self._task])


async def call_in(
    loop: asyncio.AbstractEventLoop, app: ASGI, scope: Any, receive: Any, send: Any
) -> None:
    """Run an ASGI application in an event loop of another thread, for a server in this one.

    A call that is cancelled here is cancelled there, and waited for. If that loop ends first, this
    returns.

    Raises:
        RuntimeError: that loop is closed; nothing was run.
    """
    here = asyncio.get_running_loop()
    ended: Future[None] = Future()
    # It is set there, whoever waits for it here.
    ended.set_running_or_notify_cancel()
    tasks: list[asyncio.Task[None]] = []

    def begin() -> None:
        task = loop.create_task(_call(app, scope, _in(here, receive), _in(here, send)))
        tasks.append(task)
        task.add_done_callback(lambda task: _pass_on(task, ended))

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
    """A function that is called in its own loop, wherever it is awaited."""

    async def call(*args: Any) -> Any:
        coroutine = function(*args)
        try:
            result = asyncio.run_coroutine_threadsafe(coroutine, loop)
        except RuntimeError:
            # That loop is closed.
            coroutine.close()
            raise
        return await asyncio.wrap_future(result)

    return call


def _pass_on(task: asyncio.Task[None], ended: Future[None]) -> None:
    error = None if task.cancelled() else task.exception()
    if error is None:
        ended.set_result(None)
    else:
        ended.set_exception(error)
