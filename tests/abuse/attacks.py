"""Attacks on a server of this machine, without an end: python -m tests.abuse.attacks NAME PORT"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidHandshake

from .honest import ATTACKER, joined

Frames = Callable[[dict[str, Any]], Iterator[str]]

PAGES = ("/static/js/collab/document.js", "/api/documents", "/documents/x", "/nowhere")


async def forever(once: Callable[[], Awaitable[Any]]) -> None:
    """Do it again and again, whatever the server refuses."""
    refusals = (ConnectionClosed, InvalidHandshake, OSError, EOFError, TimeoutError)
    while True:
        with contextlib.suppress(*refusals):
            await once()
        await asyncio.sleep(0)


async def all_of(count: int, once: Callable[[int], Awaitable[Any]]) -> None:
    await asyncio.gather(*(forever(lambda number=number: once(number)) for number in range(count)))


async def drain(websocket: Any) -> None:
    async for _ in websocket:
        pass


async def flood(port: int, doc_id: str, frames: Frames, query: str = "") -> None:
    """Send frames as fast as they are taken, reading what comes."""
    async with joined(port, doc_id, query) as (websocket, state):
        reading = asyncio.ensure_future(drain(websocket))
        try:
            for frame in frames(state):
                await websocket.send(frame)
                await asyncio.sleep(0)
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def presences(state: dict[str, Any]) -> Iterator[str]:
    for number in itertools.count():
        cursor = {"anchor": number % 10, "head": 0}
        frame = {"type": "presence", "cursor": cursor, "version": state["version"]}
        yield json.dumps(frame)


def nonsense(state: dict[str, Any]) -> Iterator[str]:
    return itertools.repeat('{"type": "edit", "id": "x"}')


async def edits(port: int, doc_id: str, query: str) -> None:
    """Each edit as soon as the last one is answered."""
    async with joined(port, doc_id, query) as (websocket, state):
        version, number = state["version"], state["last_id"]
        while True:
            number += 1
            operation = {"ops": [{"insert": "y"}]}
            frame = {"type": "edit", "id": number, "version": version, "operation": operation}
            await websocket.send(json.dumps(frame))
            async for text in websocket:
                answer = json.loads(text)
                version = max(version, answer.get("version", 0))
                if answer["type"] in ("ack", "error"):
                    break


def content_length(head: bytes) -> int:
    for line in head.lower().split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name == b"content-length":
            return int(value)
    return 0


async def presence_flood(port: int) -> None:
    await all_of(20, lambda number: flood(port, "honest", presences, f"client_id=p{number}"))


async def edits_to_many_readers(port: int) -> None:
    async with contextlib.AsyncExitStack() as stack:
        for number in range(100):
            reader, _ = await stack.enter_async_context(joined(port, "own", f"client_id=r{number}"))
            task = asyncio.ensure_future(drain(reader))
            stack.callback(task.cancel)
        await all_of(10, lambda number: edits(port, "own", f"client_id=w{number}"))


async def nonsense_flood(port: int) -> None:
    await all_of(20, lambda number: flood(port, "own", nonsense))


async def prepare_history(port: int, doc_id: str, edits: int) -> int:
    """A document with so many edits by another client; its version."""
    async with joined(port, doc_id, "client_id=author") as (websocket, state):
        version, number = state["version"], state["last_id"]
        for _ in range(edits):
            number += 1
            operation = {"ops": [{"retain": number % 50 + 1}, {"insert": "z"}]}
            if version == 0:
                operation = {"ops": [{"insert": "abc " * 1000}]}
            frame = {"type": "edit", "id": number, "version": version, "operation": operation}
            await websocket.send(json.dumps(frame))
            async for text in websocket:
                answer = json.loads(text)
                if answer["type"] == "ack":
                    version = answer["version"]
                    break
        return int(version)


async def old_edits_on_new_connections(port: int) -> None:
    """Edits of 200 components, 800 versions back, each by a client that nobody has seen before."""
    newest = await prepare_history(port, "old", 900)
    ops = [part for _ in range(100) for part in ({"retain": 9}, {"insert": "y"})]
    names = itertools.count()

    async def once(_: int) -> None:
        async with joined(port, "old", f"client_id=o{next(names)}") as (websocket, state):
            version = max(state["version"] - 800, newest - 800)
            frame = {"type": "edit", "id": 1, "version": version, "operation": {"ops": ops}}
            await websocket.send(json.dumps(frame))
            async for text in websocket:
                if json.loads(text)["type"] in ("ack", "error"):
                    break

    await all_of(8, once)


async def old_presences(port: int) -> None:
    """Cursors at the oldest version that is taken, on many connections."""
    newest = await prepare_history(port, "old", 1900)

    def frames(_: dict[str, Any]) -> Iterator[str]:
        for number in itertools.count():
            cursor = {"anchor": number % 50, "head": 0}
            yield json.dumps({"type": "presence", "cursor": cursor, "version": newest - 1850})

    await all_of(20, lambda number: flood(port, "old", frames, f"client_id=p{number}"))


async def joins(port: int) -> None:
    names = itertools.count()

    async def once(_: int) -> None:
        async with joined(port, f"d{next(names) % 50}", f"client_id=j{next(names)}"):
            pass

    await all_of(20, once)


async def requests(port: int) -> None:
    async def once(_: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER, 0))
        try:
            for path in itertools.islice(itertools.cycle(PAGES), 40):
                writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                lengths = [
                    line for line in head.lower().split(b"\r\n") if b"content-length" in line
                ]
                await reader.readexactly(int(lengths[0].split(b":")[1]) if lengths else 0)
        finally:
            writer.close()

    await all_of(20, once)


async def read(port: int, path: str) -> None:
    """Get a document, however large it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER, 0))
    try:
        writer.write(f"GET /api/documents/{path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        await reader.readexactly(content_length(await reader.readuntil(b"\r\n\r\n")))
    finally:
        writer.close()


async def restore(port: int, doc_id: str, version: int) -> None:
    """Ask for an old version to be restored, over a new connection; wait for the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(ATTACKER, 0))
    try:
        body = json.dumps({"version": version})
        head = f"POST /api/documents/{doc_id}/restore HTTP/1.1\r\nHost: localhost\r\n"
        writer.write(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())
        await reader.readexactly(content_length(await reader.readuntil(b"\r\n\r\n")))
    finally:
        writer.close()


async def restores(port: int) -> None:
    """Large documents are restored to and fro; one of them has readers."""
    versions = itertools.cycle((1, 1, 1, 2, 2, 2))
    async with contextlib.AsyncExitStack() as stack:
        for number in range(5):
            reader, _ = await stack.enter_async_context(
                joined(port, "letters", f"client_id=r{number}")
            )
            task = asyncio.ensure_future(drain(reader))
            stack.callback(task.cancel)
        doc_ids = itertools.cycle(("numbers", "near", "letters"))
        await all_of(3, lambda _: restore(port, next(doc_ids), next(versions)))


async def stored_reads(port: int) -> None:
    """Four readers of a large document that nobody has open."""
    await all_of(4, lambda _: read(port, "large"))


async def live_reads(port: int) -> None:
    """Four readers of a large document that changes all the time."""

    async def edit() -> None:
        async with joined(port, "large", "doc_type=json") as (websocket, state):
            version = state["version"]
            for number in itertools.count(state["last_id"] + 1):
                operation = [{"p": [0, "id"], "na": 1}]
                frame = {"type": "edit", "id": number, "version": version, "operation": operation}
                await websocket.send(json.dumps(frame))
                async for text in websocket:
                    answer = json.loads(text)
                    version = max(version, answer.get("version", 0))
                    if answer["type"] in ("ack", "error"):
                        break

    await asyncio.gather(forever(edit), stored_reads(port))


async def cold_joins(port: int) -> None:
    """A large document is opened over and over, since another one takes its place each time."""
    doc_ids = itertools.cycle(("large", "history"))

    async def once(_: int) -> None:
        async with joined(port, next(doc_ids)):
            pass

    await all_of(1, once)


async def old_reads(port: int) -> None:
    """Four readers of versions of 20,000 edits ago, another one each time."""
    versions = itertools.cycle(range(3000, 7000, 7))
    await all_of(4, lambda _: read(port, f"history?version={next(versions)}"))


ATTACKS = (
    presence_flood,
    edits_to_many_readers,
    nonsense_flood,
    old_edits_on_new_connections,
    old_presences,
    joins,
    requests,
    stored_reads,
    live_reads,
    cold_joins,
    old_reads,
    restores,
)


async def main(name: str, port: int) -> None:
    (attack,) = [each for each in ATTACKS if each.__name__ == name]
    print("attacking", flush=True)  # noqa: T201
    await attack(port)


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], int(sys.argv[2])))
