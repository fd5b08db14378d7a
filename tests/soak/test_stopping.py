"""A server that is told to stop, in the middle of everything."""

from __future__ import annotations

import asyncio
import contextlib
import json
from pathlib import Path
from typing import Any

from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import ConnectionClosed

from collab.client import Session, connect
from collab.client.address import document_address
from tests.killedserver import KilledServer


async def type_until_closed(
    server: KilledServer, busy: asyncio.Event
) -> tuple[list[Any], int | None]:
    """Edit after edit; returns all frames that came, and the close code."""
    session = Session()
    frames: list[Any] = []
    async with open_websocket(document_address(server.url, "doc", {})) as websocket:
        try:
            while True:
                frames.append(json.loads(await websocket.recv()))
                session.receive(frames[-1])
                if not session.unsaved:
                    session.edit({"ops": [{"insert": "x"}]})
                    if session.version >= 20:
                        busy.set()
                edit = session.outgoing()
                if edit is not None:
                    # What had come before the connection was closed is still to be received.
                    with contextlib.suppress(ConnectionClosed):
                        await websocket.send(edit.frame)
        except ConnectionClosed:
            return frames, websocket.close_code


async def test_sigterm_is_announced_and_what_was_acknowledged_is_kept(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'doc.db'}"
    async with KilledServer(url, log_level="error") as server:
        busy = asyncio.Event()
        editors = [asyncio.create_task(type_until_closed(server, busy)) for _ in range(3)]
        await busy.wait()
        await server.stop()
        acknowledged = 0
        for editor in editors:
            frames, code = await editor
            assert frames[-1]["type"] == "server_shutdown"
            assert frames[-1]["retry_after"] >= 0
            assert code == 1001
            acknowledged += sum(frame["type"] == "ack" for frame in frames)
        await server.start()
        async with connect(server.url, "doc") as latecomer:
            # An edit may have been stored whose ack found no connection any more.
            assert acknowledged <= latecomer.version <= acknowledged + len(editors)
            assert latecomer.content == "x" * latecomer.version
