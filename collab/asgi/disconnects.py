"""Detect that the client disconnects while a response is sent."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

from .types import Receive, Scope

__all__ = ["tells_disconnects", "until_disconnect"]


def tells_disconnects(scope: Scope) -> bool:
    """Whether sending to a disconnected client raises OSError: ASGI's HTTP 2.4 and later."""
    version = scope.get("asgi", {}).get("spec_version", "2.0")
    return tuple(map(int, version.split("."))) >= (2, 4)


async def until_disconnect(receive: Receive, sending: Coroutine[Any, Any, None]) -> None:
    """Await `sending`, and cancel it if the client disconnects."""
    tasks = [asyncio.ensure_future(sending), asyncio.ensure_future(_disconnected(receive))]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
