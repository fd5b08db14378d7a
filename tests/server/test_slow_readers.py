"""Answers and documents that are read slowly, or not at all, on a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import socket
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from websockets.asyncio.client import connect as open_websocket

from collab.app import Collab
from tests.conftest import Make
from tests.rawpeer import RawPeer, raw_peer
from tests.served import serving
from tests.serverprocess import ServerProcess

SIZE = 3_000_000
HOSTILE = "127.0.0.2"
QUIET = {"ping_interval_seconds": 600}


@contextlib.asynccontextmanager
async def reader(address: str, request: str, local: str = HOSTILE) -> AsyncIterator[RawPeer]:
    """A connection with the smallest buffer, on which this request was sent."""
    host, _, port = address.rpartition(":")
    with socket.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sock.bind((local, 0))
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, (host, int(port)))
        peer = RawPeer(sock)
        await peer.send(f"GET {request} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
        yield peer


async def until(holds: Callable[[], object]) -> None:
    while not holds():  # noqa: ASYNC110
        await asyncio.sleep(0.01)


async def pace(app: Collab) -> None:
    """Return once an edit to another document is committed: so a reader is slow."""
    await app.manager.handle_edit("other", "u", {"ops": [{"insert": "x"}]})


async def head_of(peer: RawPeer) -> str:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        head += await peer.exactly(1)
    return head.decode()


async def test_unread_answers_of_one_version_are_held_once(make_app: Make) -> None:
    app = await make_app(drain_timeout_seconds=600)
    await app.manager.import_document("doc", "x" * SIZE)
    async with serving(app) as served, contextlib.AsyncExitStack() as stack:
        for _ in range(20):
            peer = await stack.enter_async_context(reader(served.address, "/api/documents/doc"))
            assert (await head_of(peer)).startswith("HTTP/1.1 200 ")
        assert app.manager.unread.of_address(HOSTILE) < SIZE + 20 * 200_000
        assert len(app.manager.unread) == app.manager.unread.of_address(HOSTILE)


@pytest.mark.parametrize("is_open", [False, True])
async def test_an_address_that_reads_nothing_gets_no_other_version(
    make_app: Make, is_open: bool
) -> None:
    app = await make_app(drain_timeout_seconds=600, max_address_unread_bytes=2 * SIZE)
    await app.manager.import_document("doc", "x" * SIZE)
    for _ in range(3):
        await app.manager.handle_edit("doc", "u", {"ops": [{"insert": "y"}]})
    async with serving(app) as served, contextlib.AsyncExitStack() as stack:
        if is_open:
            url = f"ws://{served.address}/ws/documents/doc?client_id=ann"
            ann = await stack.enter_async_context(open_websocket(url, max_size=None))
            assert json.loads(await ann.recv())["version"] == 4
        heads = []
        for version in (1, 2, 3, 4):
            path = f"/api/documents/doc?version={version}"
            peer = await stack.enter_async_context(reader(served.address, path))
            heads.append(await head_of(peer))
        assert heads[0].startswith("HTTP/1.1 200 ")
        for refused in heads[1:]:
            assert refused.startswith("HTTP/1.1 429 ")
            assert "\r\nretry-after: " in refused.lower()
        # Another address reads what it wants.
        async with reader(served.address, "/api/documents/doc?version=2", "127.0.0.3") as peer:
            assert (await head_of(peer)).startswith("HTTP/1.1 200 ")


@pytest.mark.parametrize("size", [SIZE, 60_000])
async def test_an_answer_that_nobody_reads_is_given_up(make_app: Make, size: int) -> None:
    app = await make_app(drain_timeout_seconds=0.2)
    await app.manager.import_document("doc", "x" * size)
    async with serving(app) as served, reader(served.address, "/api/documents/doc") as peer:
        # Nothing is read until the server has let go.
        await until(lambda: app.manager.metrics.slow_readers)
        assert len(await peer.rest()) < size
        await until(lambda: not app.manager.unread and not served.server.server_state.connections)


async def test_who_joins_and_reads_nothing_is_given_up_and_nothing_is_held(make_app: Make) -> None:
    app = await make_app(drain_timeout_seconds=0.2, **QUIET)
    await app.manager.import_document("doc", "x" * SIZE)
    async with (
        serving(app) as served,
        raw_peer(
            served.address, "/ws/documents/doc?client_id=stalled", receive_buffer_bytes=4096
        ) as peer,
    ):
        await until(lambda: app.manager.metrics.slow_readers)
        assert len(await peer.rest()) < SIZE
        await until(lambda: not app.manager.unread and not app.manager.connections)


async def test_joins_that_read_nothing_share_the_content(make_app: Make) -> None:
    app = await make_app(drain_timeout_seconds=600, **QUIET)
    await app.manager.import_document("doc", "x" * SIZE)
    async with serving(app) as served, contextlib.AsyncExitStack() as stack:
        for number in range(10):
            await stack.enter_async_context(
                raw_peer(
                    served.address,
                    f"/ws/documents/doc?client_id=c{number}",
                    receive_buffer_bytes=4096,
                )
            )
        await until(lambda: len(app.manager.connections) == 10)
        transports = [each.transport for each in served.server.server_state.connections]
        assert sum(each.get_write_buffer_size() for each in transports) < 10 * 100_000
        assert SIZE <= len(app.manager.unread) < SIZE + 100


async def test_a_slow_reader_gets_the_whole_document_and_what_comes_after(make_app: Make) -> None:
    """It takes several times the drain timeout, and answers no ping before it has all."""
    app = await make_app(drain_timeout_seconds=2, ping_interval_seconds=0.2, ping_timeout_seconds=2)
    await app.manager.import_document("other", "")
    await app.manager.import_document("doc", "x" * SIZE)
    async with (
        serving(app) as served,
        raw_peer(
            served.address, "/ws/documents/doc?client_id=slow", receive_buffer_bytes=4096
        ) as peer,
    ):
        text = b""
        is_whole = False
        pings = 0
        while not is_whole:
            first, length = await peer.exactly(2)
            if length > 125:
                length = int.from_bytes(await peer.exactly(2 if length == 126 else 8), "big")
            payload = b""
            while len(payload) < length:
                payload += await peer.exactly(min(8192, length - len(payload)))
                await pace(app)
            if first & 15 == 9:
                pings += 1
                mask = bytes(4)
                await peer.send(bytes((0x8A, 0x80 | len(payload))) + mask + payload)
                continue
            text += payload
            is_whole = first > 127
        state = json.loads(text)
        assert (state["type"], len(state["content"]), state["version"]) == (
            "document_state",
            SIZE,
            1,
        )
        assert pings
        assert not app.manager.metrics.slow_readers
        await app.manager.handle_edit("doc", "ann", {"ops": [{"insert": "y"}]})
        while b'"operation"' not in bytes((await peer.frame()).data):
            pass


async def test_a_slow_reader_of_an_answer_gets_all_of_it(make_app: Make) -> None:
    app = await make_app(drain_timeout_seconds=2)
    await app.manager.import_document("other", "")
    await app.manager.import_document("doc", "x" * SIZE)
    async with serving(app) as served, reader(served.address, "/api/documents/doc") as peer:
        head = await head_of(peer)
        length = int(re.search(r"content-length: (\d+)", head)[1])  # type: ignore[index]
        body = b""
        while len(body) < length:
            body += await peer.exactly(min(8192, length - len(body)))
            await pace(app)
        assert len(json.loads(body)["content"]) == SIZE
        assert not app.manager.metrics.slow_readers


def resident_bytes(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) * 1024  # type: ignore[index]


async def test_sixty_unread_answers_cost_little_memory(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, drain_timeout_seconds=600) as server:
        address = server.url.removeprefix("http://")
        url = f"ws://{address}/ws/documents/doc?client_id=ann"
        async with open_websocket(url, max_size=None) as ann:
            await ann.recv()
            for number in range(10):
                operation = {"ops": [{"insert": "x" * 900_000}]}
                edit = {
                    "type": "edit",
                    "id": number + 1,
                    "version": number,
                    "operation": operation,
                }
                await ann.send(json.dumps(edit))
                while json.loads(await ann.recv())["type"] != "ack":
                    pass

            def read() -> int:
                with urllib.request.urlopen(f"{server.url}/api/documents/doc") as answer:
                    return len(answer.read())

            assert await asyncio.to_thread(read) > 9_000_000
            before = resident_bytes(server.pid)
            async with contextlib.AsyncExitStack() as stack:
                for _ in range(60):
                    peer = await stack.enter_async_context(reader(address, "/api/documents/doc"))
                    assert (await head_of(peer)).startswith("HTTP/1.1 200 ")
                held = resident_bytes(server.pid) - before
                assert held < 100_000_000
                # The editor's edits are stored and acknowledged meanwhile.
                edit["id"], edit["version"], edit["operation"] = 11, 10, {"ops": [{"insert": "y"}]}
                await ann.send(json.dumps(edit))
                while json.loads(await ann.recv())["type"] != "ack":
                    pass
