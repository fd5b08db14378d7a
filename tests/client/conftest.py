"""The real server on a real socket, in this process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from collab.app import Collab
from collab.server.serving import Server, configure, listen
from tests.conftest import Make


@dataclass
class Served:
    app: Collab
    url: str
    port: int
    server: Server
    task: asyncio.Task[None]

    async def stop(self) -> None:
        self.server.should_exit = True
        await self.task


async def serve(app: Collab, port: int = 0) -> Served:
    listener = listen("127.0.0.1", port)
    port = listener.getsockname()[1]
    ready = asyncio.Event()
    server = Server(configure(app.settings, app), app, ready.set)
    # The signal handlers are the command's; here the test itself says when to stop.
    task = asyncio.ensure_future(server._serve([listener]))
    await ready.wait()
    return Served(app, f"http://127.0.0.1:{port}", port, server, task)


@pytest.fixture
async def served(make_app: Make) -> AsyncIterator[Served]:
    served = await serve(await make_app())
    yield served
    await served.stop()
