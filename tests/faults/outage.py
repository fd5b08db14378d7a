"""Editors who go on editing while the server can't store anything, and what they are told."""

from __future__ import annotations

import asyncio
import contextlib
import json
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from tests.killedserver import KilledServer
from tests.ot.text_cases import TextCases
from tests.soak.room import Room

__all__ = ["Outage", "serving", "until"]

EDITORS = 3
EDITS = 5
STEP_SECONDS = 0.02
PATIENCE_SECONDS = 120

QUICK = {"database_busy_timeout_seconds": 0.2, "database_timeout_seconds": 1, "log_level": "error"}
"""Settings with which nobody has to wait for long."""


@contextlib.asynccontextmanager
async def serving(folder: Path, **settings: object) -> AsyncIterator[KilledServer]:
    """A server on the database `collab.db` in a folder, killed in the end."""
    url = f"sqlite:///{folder / 'collab.db'}"
    async with KilledServer(url, **{**QUICK, **settings}) as server:
        yield server


async def until(condition: Callable[[], bool]) -> None:
    """Return once it is true of what others do."""
    # It happens in another process, which rings no bell here.
    while not condition():  # noqa: ASYNC110
        await asyncio.sleep(STEP_SECONDS)


class Outage:
    """A room whose editors edit all the time, and a probe that asks whether the server is ready.

    Args:
        seed: decides what the editors do.
    """

    def __init__(self, server: KilledServer, seed: str) -> None:
        self.room = Room(server, TextCases(), seed, EDITORS)
        self._server = server
        self._ready: tuple[int, Any] | None = None

    @contextlib.asynccontextmanager
    async def editing(self) -> AsyncIterator[None]:
        """Everybody edits for as long as the context lasts.

        What is waited for there and doesn't come is told with what was said last.
        """
        over = asyncio.Event()
        try:
            async with asyncio.timeout(PATIENCE_SECONDS), asyncio.TaskGroup() as group:
                for editor in self.room.editors:
                    group.create_task(editor.be_restless(over))
                await self.until_acknowledged()
                yield
                over.set()
        except TimeoutError as error:
            error.add_note(f"{self._ready}; the editors were told: {self.told()[-3:]}")
            raise

    async def until_acknowledged(self) -> None:
        """Return once each editor has some more edits acknowledged."""
        editors = self.room.editors
        before = [len(editor.acknowledged) for editor in editors]
        await until(
            lambda: all(
                len(editor.acknowledged) >= count + EDITS
                for editor, count in zip(editors, before, strict=True)
            )
        )

    async def until_told(self) -> None:
        """Return once an editor was told that nothing can be stored."""
        before = len(self.told())
        await until(lambda: len(self.told()) > before)

    def told(self) -> list[dict[str, Any]]:
        """What the editors got of errors, by frame and by refused handshake."""
        return [
            each
            for editor in self.room.editors
            for each in [*editor.errors, *editor.refusals]
            if each["code"] == "storage_unavailable"
        ]

    async def until_red(self, reason: str) -> None:
        """Return once `/readyz` answers 503 and says why."""
        while True:
            status, body = self._ready = await self._ask("readyz")
            if status == 503 and reason in body["message"]:
                assert body["code"] == "storage_unavailable"
                return
            await asyncio.sleep(STEP_SECONDS)

    async def until_green(self) -> None:
        """Return once `/readyz` answers 200; the process has lived all the time."""
        while (await self._ask("readyz"))[0] != 200:
            assert (await self._ask("healthz"))[0] == 200
            await asyncio.sleep(STEP_SECONDS)

    async def _ask(self, path: str) -> tuple[int, Any]:
        def get() -> tuple[int, Any]:
            try:
                with urllib.request.urlopen(
                    f"{self._server.url}/{path}", timeout=PATIENCE_SECONDS
                ) as answer:
                    return answer.status, json.load(answer)
            except urllib.error.HTTPError as error:
                with error:
                    return error.code, json.load(error)

        return await asyncio.to_thread(get)

    async def check(self) -> None:
        """Nothing acknowledged is lost and nothing doubled, also after the server was killed."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            await self.room.come_to_rest()
            await self.room.check({"storage_unavailable"})
            await self._server.kill()
            await self._server.start()
            await self.room.check({"storage_unavailable"})
