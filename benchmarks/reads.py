"""The cost of reading a document: `python -m benchmarks.reads`.

Runs the real server in this process on asyncio's own event loop, and measures each callback. The
reader is a thread. CPU is that of the event loop's thread; a turn is one callback of the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from websockets.asyncio.client import connect

from collab.app import Collab
from collab.frames import encode_json
from collab.server.serving import Server, configure, listen, spare_collector
from collab.settings import Settings
from collab.storage import Append, OperationRecord, Store

from .growth import Writers
from .typed import PARAGRAPH

__all__ = ["Turns", "main"]

TEXT_SIZE = 100_000
EDITS = 25_000
BEHIND = 20_000
AUTHORS = 20

Read = Callable[[], Awaitable[object]]


class Turns:
    """Measures the CPU time of each callback of asyncio's event loops, after `start`."""

    def __init__(self) -> None:
        self.longest_seconds = 0.0

    def start(self) -> None:
        run = asyncio.events.Handle._run

        def measured(handle: asyncio.Handle) -> None:
            begun = time.thread_time()
            run(handle)
            self.longest_seconds = max(self.longest_seconds, time.thread_time() - begun)

        asyncio.events.Handle._run = measured  # type: ignore[method-assign]


def shapes() -> dict[str, tuple[str, Any]]:
    """Contents of about 8 MB of JSON each, by structure."""
    paragraph = {"attributes": {"bold": True}, "insert": PARAGRAPH}
    return {
        "objects": ("json", [_object(number) for number in range(130_000)]),
        "numbers": ("json", [number % 10 for number in range(4_000_000)]),
        "richtext": (
            "richtext",
            {"ops": [paragraph, {"insert": f"{PARAGRAPH}\n"}] * 60_000},
        ),
        "text": ("text", PARAGRAPH * (8_000_000 // len(PARAGRAPH))),
    }


def _object(number: int) -> dict[str, Any]:
    return {"id": number, "name": f"item {number}", "done": number % 2 == 0, "tags": ["a", "b"]}


@contextlib.asynccontextmanager
async def served(app: Collab) -> AsyncIterator[int]:
    with listen("127.0.0.1", 0) as listener:
        ready = asyncio.Event()
        server = Server(configure(app.settings, app), app, ready.set)
        task = asyncio.ensure_future(server._serve([listener]))
        await ready.wait()
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await task


async def measure(turns: Turns, name: str, read: Read) -> None:
    turns.longest_seconds = 0.0
    cpu = time.thread_time()
    found = await read()
    spent = time.thread_time() - cpu
    print(  # noqa: T201
        f"{name:42} {spent * 1000:7.1f} ms of CPU, longest turn "
        f"{turns.longest_seconds * 1000:6.1f} ms   {found}",
        flush=True,
    )


class Reader:
    """Reads over HTTP in a thread, and joins."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.etag: str | None = None

    def _get(self, path: str, headers: dict[str, str]) -> str:
        connection = http.client.HTTPConnection("127.0.0.1", self._port)
        try:
            connection.request("GET", path, headers=headers)
            answer = connection.getresponse()
            self.etag = answer.headers["etag"]
            return f"{answer.status}, {len(answer.read())} bytes"
        finally:
            connection.close()

    async def get(self, path: str, **headers: str) -> str:
        return await asyncio.to_thread(self._get, f"/api/documents/{path}", headers)

    async def join(self, doc_id: str) -> str:
        return await asyncio.to_thread(asyncio.run, self._join(doc_id))

    async def _join(self, doc_id: str) -> str:
        url = f"ws://127.0.0.1:{self._port}/ws/documents/{doc_id}"
        async with connect(url, max_size=None) as websocket:
            return f"{len(await websocket.recv())} characters"


async def stored(store: Store, doc_id: str, doc_type: str, content: Any) -> None:
    """Store a document with this content, as one edit and a snapshot."""
    record = await store.catalog.create_document(doc_id, doc_type)
    edit = OperationRecord(1, '{"ops":[]}', "client", 1, "user", "0" * 32, time.time())
    await store.operations.append([Append(record.key, record.epoch, 0, (edit,))])
    await store.snapshots.add(record.key, 1, encode_json(content))


async def of_large(app: Collab, turns: Turns, port: int, shape: str) -> None:
    reader = Reader(port)
    await stored(app.manager.store, shape, *shapes()[shape])

    async def measured(name: str, read: Read) -> None:
        await measure(turns, f"{shape}: {name}", read)

    await measured("GET, not open", lambda: reader.get(shape))
    await measured("GET, not open, again", lambda: reader.get(shape))
    if reader.etag is not None:
        unchanged = {"If-None-Match": reader.etag}
        await measured("GET, unchanged", lambda: reader.get(shape, **unchanged))
    await measured("joining, not open", lambda: reader.join(shape))
    await measured("joining, open", lambda: reader.join(shape))
    await measured("GET, open", lambda: reader.get(shape))
    async with app.manager.documents.open(shape) as document:
        document.content.forget()
    await measured("GET, open, after a change", lambda: reader.get(shape))


async def of_history(app: Collab, turns: Turns, port: int) -> None:
    reader = Reader(port)
    content = (PARAGRAPH * (TEXT_SIZE // len(PARAGRAPH) + 1))[:TEXT_SIZE]
    await app.manager.import_document("history", content)
    async with app.manager.documents.open("history") as document:
        writers = await Writers.enter(document, AUTHORS, TEXT_SIZE)
        for number in range(0, EDITS, AUTHORS):
            await writers.edit(number)
        head = document.history.head
    for back in (BEHIND, BEHIND - 1, BEHIND - 2, BEHIND - 2):
        path = f"history?version={head - back}"
        await measure(turns, f"GET, {back} edits ago", lambda path=path: reader.get(path))


async def main() -> None:
    turns = Turns()
    turns.start()
    with tempfile.TemporaryDirectory() as folder:
        # Computing threads hold the interpreter lock, which the event loop's thread needs.
        sys.setswitchinterval(0.0005)
        app = Collab(
            Settings(
                database=f"sqlite:///{folder}/collab.db",
                max_document_size=20_000_000,
                document_idle_seconds=100_000,
                address_loop_share=1000,
                drain_timeout_seconds=600,
            )
        )
        await app.open()
        spare_collector()
        try:
            async with served(app) as port:
                await of_history(app, turns, port)
                for shape in shapes():
                    await of_large(app, turns, port, shape)
        finally:
            await app.close()


if __name__ == "__main__":
    asyncio.run(main())
