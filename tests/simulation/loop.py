"""An event loop whose time is virtual, and processes in it that end as by SIGKILL."""

from __future__ import annotations

import asyncio
import contextvars
import heapq
import itertools
from collections import deque
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["Process", "Stalled", "VirtualLoop"]

MAX_TURNS = 500_000
MAX_STORY = 2000

Entry = tuple[asyncio.Handle, contextvars.Context]


class Stalled(Exception):
    """Nothing is left to happen, or it goes on without end; what was waited for did not come."""


class Process:
    """Whatever runs in `context`: its tasks, and what they start.

    While it is stopped none of its callbacks runs; they are kept. So one that is never continued
    has died at once: no `finally` of it runs.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.stopped = False
        self.kept: list[Entry] = []
        self.tasks: dict[asyncio.Task[Any], None] = {}
        self.context = contextvars.copy_context()
        self.context.run(_PROCESS.set, self)


_PROCESS: contextvars.ContextVar[Process] = contextvars.ContextVar("process")


class NumberedTask(asyncio.Task[Any]):
    """A task whose place in a set doesn't depend on its address in memory."""

    def __init__(self, number: int, *args: Any, **kwargs: Any) -> None:
        self._hash = number
        super().__init__(*args, **kwargs)

    def __hash__(self) -> int:
        return self._hash


class VirtualLoop(asyncio.AbstractEventLoop):
    """Callbacks in the order in which they were scheduled; when none is ready, time jumps to the
    next timer. There is no I/O and no thread.

    `faults` has what asyncio reports: exceptions that nobody took; `story` the newest of what was
    told by `tell`.
    """

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.story: deque[str] = deque(maxlen=MAX_STORY)
        self.turns = 0
        self._now = 0.0
        self._ready: deque[Entry] = deque()
        self._timers: list[tuple[float, int, asyncio.TimerHandle, contextvars.Context]] = []
        self._count = itertools.count()

    # -- what asyncio asks of a loop ------------------------------------------------------------

    def time(self) -> float:
        return self._now

    def call_soon(
        self,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.Handle:
        context = context if context is not None else contextvars.copy_context()
        handle = asyncio.Handle(callback, args, self, context)
        self._ready.append((handle, context))
        return handle

    def call_later(
        self,
        delay: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(
        self,
        when: float,
        callback: Callable[..., object],
        *args: Any,
        context: contextvars.Context | None = None,
    ) -> asyncio.TimerHandle:
        context = context if context is not None else contextvars.copy_context()
        handle = asyncio.TimerHandle(when, callback, args, self, context)
        heapq.heappush(self._timers, (when, next(self._count), handle, context))
        return handle

    def _timer_handle_cancelled(self, handle: asyncio.TimerHandle) -> None:
        """It is passed over when its time comes."""

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self,
        coro: Coroutine[Any, Any, Any],
        *,
        name: object = None,
        context: contextvars.Context | None = None,
    ) -> asyncio.Task[Any]:
        context = context if context is not None else contextvars.copy_context()
        task = NumberedTask(next(self._count), coro, loop=self, name=name, context=context)
        process = context.get(_PROCESS)
        if process is not None:
            process.tasks[task] = None
            task.add_done_callback(lambda done: process.tasks.pop(done, None), context=context)
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.faults.append(f"{context.get('message')}: {context.get('exception')!r}")

    def tell(self, *what: object) -> None:
        """Add a line to the story: what happened, and when."""
        self.story.append(f"{self._now:10.4f} {' '.join(map(str, what))}")

    # -- running --------------------------------------------------------------------------------

    def run(self, main: Coroutine[Any, Any, Any], process: Process) -> Any:
        """The result of `main`, which runs in `process`; `Stalled` if it can't come to it."""
        asyncio._set_running_loop(self)
        try:
            task = self.start(main, process)
            while not task.done():
                self._turn()
            return task.result()
        finally:
            asyncio._set_running_loop(None)

    def start(self, main: Coroutine[Any, Any, Any], process: Process) -> asyncio.Task[Any]:
        return self.create_task(main, context=process.context.copy())

    def stop_process(self, process: Process) -> None:
        process.stopped = True

    def continue_process(self, process: Process) -> None:
        process.stopped = False
        self._ready.extend(process.kept)
        process.kept.clear()

    def _turn(self) -> None:
        self.turns += 1
        if self.turns > MAX_TURNS:
            raise Stalled(f"no end after {MAX_TURNS} turns of the loop")
        if not self._ready:
            self._jump()
        while self._timers and self._timers[0][0] <= self._now:
            _, _, handle, context = heapq.heappop(self._timers)
            self._ready.append((handle, context))
        for _ in range(len(self._ready)):
            self._run_one(*self._ready.popleft())

    def _jump(self) -> None:
        while self._timers and self._timers[0][2].cancelled():
            heapq.heappop(self._timers)
        if not self._timers:
            raise Stalled("nothing is left to happen")
        self._now = max(self._now, self._timers[0][0])

    def _run_one(self, handle: asyncio.Handle, context: contextvars.Context) -> None:
        if handle.cancelled():
            return
        process = context.get(_PROCESS)
        if process is not None and process.stopped:
            process.kept.append((handle, context))
            return
        handle._run()
