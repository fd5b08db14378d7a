"""The real server on a real socket, in this process."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from collab.app import Collab
from collab.server.serving import Server, configure, listen

__all__ = ["Serve", "Served", "serving"]


@dataclass
class Served:
    """An application that is served at this port."""

    app: Collab
    port: int
    server: Server
    task: asyncio.Task[None]

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def url(self) -> str:
        return f"http://{self.address}"

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.task


Serve = Callable[..., Awaitable[Served]]


@contextlib.asynccontextmanager
async def serving(app: Collab, port: int = 0) -> AsyncIterator[Served]:
    """The application behind the real server, until the end if it isn't stopped before."""
    with listen("127.0.0.1", port) as listener:
        ready = asyncio.Event()
        server = Server(configure(app.settings, app), app, ready.set)
        # The signal handlers are the command's; here the test itself says when to stop.
        task = asyncio.ensure_future(server._serve([listener]))
        await ready.wait()
        served = Served(app, listener.getsockname()[1], server, task)
        try:
            yield served
        finally:
            await served.stop()
