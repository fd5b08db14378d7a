"""An editor at the end of an ASGI WebSocket: the real application, without a network."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

__all__ = ["Refused", "Wire", "connect", "websocket_scope"]

RECEIVE_TIMEOUT_SECONDS = 20


class Refused(Exception):
    """The handshake was refused."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.body = body


def websocket_scope(
    path: str, subprotocols: Iterable[str] = (), headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A handshake for this path, with its query, as a server tells an application of it."""
    route, _, query = path.partition("?")
    more = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    return {
        "type": "websocket",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "scheme": "ws",
        "path": route,
        "raw_path": route.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", b"testserver"), *more],
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 8000),
        "subprotocols": list(subprotocols),
        "state": {},
        "extensions": {"websocket.http.response": {}},
    }


class Wire:
    """One WebSocket to an application, driven event by event."""

    def __init__(
        self,
        app: Any,
        path: str,
        *,
        subprotocols: tuple[str, ...] = (),
        headers: Mapping[str, str] | None = None,
        address: str = "127.0.0.1",
    ) -> None:
        self.scope = websocket_scope(path, subprotocols, headers)
        self.scope["client"] = (address, 50000)
        self._to_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self._from_app: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        # Cleared to make a reader that takes nothing any more.
        self.reading = asyncio.Event()
        self.reading.set()
        self.stalled = asyncio.Event()
        """Set once the application waits for a reader that takes nothing."""
        self.task = asyncio.get_running_loop().create_task(
            app(self.scope, self._to_app.get, self._take)
        )
        self.subprotocol: str | None = None

    async def _take(self, event: dict[str, Any]) -> None:
        if not self.reading.is_set():
            self.stalled.set()
        await self.reading.wait()
        await self._from_app.put(event)

    async def event(self) -> dict[str, Any]:
        """The next event the application sent."""
        receive = asyncio.ensure_future(self._from_app.get())
        done, _ = await asyncio.wait(
            {receive, self.task}, timeout=RECEIVE_TIMEOUT_SECONDS, return_when="FIRST_COMPLETED"
        )
        if receive in done:
            return receive.result()
        receive.cancel()
        if not self._from_app.empty():
            return self._from_app.get_nowait()
        if self.task in done:
            self.task.result()
        raise AssertionError("the application sent nothing")

    async def open(self) -> Wire:
        """Do the handshake; raises `Refused`."""
        await self._to_app.put({"type": "websocket.connect"})
        event = await self.event()
        if event["type"] == "websocket.http.response.start":
            body = await self.event()
            raise Refused(event["status"], json.loads(body["body"]))
        assert event["type"] == "websocket.accept", event
        self.subprotocol = event.get("subprotocol")
        return self

    async def send(self, frame: dict[str, Any]) -> None:
        await self.send_text(json.dumps(frame))

    async def send_text(self, text: str) -> None:
        await self._to_app.put({"type": "websocket.receive", "text": text})

    async def send_bytes(self, data: bytes) -> None:
        await self._to_app.put({"type": "websocket.receive", "bytes": data})

    async def receive(self) -> dict[str, Any]:
        """The next frame."""
        event = await self.event()
        assert event["type"] == "websocket.send", event
        frame = json.loads(event["text"])
        assert isinstance(frame, dict)
        return frame

    async def expect(self, *types: str) -> dict[str, Any]:
        """The next frame, which must be of one of these types."""
        frame = await self.receive()
        assert frame["type"] in types, frame
        return frame

    async def until(self, frame_type: str) -> dict[str, Any]:
        """The next frame of a type; others before it are passed over."""
        while True:
            frame = await self.receive()
            if frame["type"] == frame_type:
                return frame

    async def closed(self) -> int:
        """The close code; frames before it are passed over."""
        while True:
            event = await self.event()
            if event["type"] == "websocket.close":
                return int(event["code"])

    def silent(self) -> bool:
        """Whether nothing is waiting to be received."""
        return self._from_app.empty()

    async def leave(self) -> None:
        """The peer closes; returns when the application has noticed."""
        await self._to_app.put({"type": "websocket.disconnect", "code": 1000})
        self.reading.set()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task

    # -- an editor's frames ---------------------------------------------------------------------

    async def edit(self, edit_id: int, version: int, *components: dict[str, Any]) -> None:
        await self.send(
            {
                "type": "edit",
                "id": edit_id,
                "version": version,
                "operation": {"ops": list(components)},
            }
        )

    async def acknowledged(self) -> int:
        """The version of the next ack."""
        frame = await self.expect("ack")
        return int(frame["version"])


async def connect(
    app: Any,
    doc_id: str,
    *,
    subprotocols: tuple[str, ...] = (),
    headers: Mapping[str, str] | None = None,
    address: str = "127.0.0.1",
    **query: Any,
) -> Wire:
    """An editor that has joined; its first frame is still to be received."""
    path = f"/ws/documents/{doc_id}?{urlencode(query)}"
    wire = Wire(app, path, subprotocols=subprotocols, headers=headers, address=address)
    return await wire.open()
