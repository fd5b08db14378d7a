"""One application, started and stopped again: in other loops, threads and test clients."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.testclient import TestClient as StarletteClient

from collab.app import Collab, create_app
from collab.asgi.testclient import TestClient
from collab.errors import ConfigurationError, StorageUnavailable
from collab.settings import Settings
from tests.wire import connect

ROOT = Path(__file__).parents[1]
CLIENTS: list[Any] = [TestClient, StarletteClient]


def app_in(folder: Path, **settings: Any) -> Collab:
    return create_app(Settings(database=f"sqlite:///{folder / 'collab.db'}", **settings))


@pytest.fixture
def app(tmp_path: Path) -> Collab:
    return app_in(tmp_path)


def until(socket: Any, kind: str) -> dict[str, Any]:
    while (frame := socket.receive_json())["type"] != kind:
        pass
    return dict(frame)


def write(client: Any, text: str, client_id: str) -> None:
    """One edit over a WebSocket, acknowledged."""
    with client.websocket_connect(f"/ws/documents/doc?client_id={client_id}") as socket:
        version = until(socket, "document_state")["version"]
        operation = {"ops": [{"insert": text}]}
        socket.send_json({"type": "edit", "id": 1, "version": version, "operation": operation})
        until(socket, "ack")


def content(client: Any) -> str:
    return str(client.get("/api/documents/doc").json()["content"])


@pytest.mark.parametrize("client_class", CLIENTS)
def test_an_application_serves_one_test_client_after_the_other(
    app: Collab, client_class: Any
) -> None:
    for run in "abc":
        with client_class(app) as client:
            assert client.get("/readyz").status_code == 200
            write(client, run, run)
            assert "collab_connections" in client.get("/metrics").text
    with client_class(app) as client:
        assert content(client) == "cba"


@pytest.mark.parametrize("client_class", CLIENTS)
def test_a_test_client_without_a_lifespan_is_served_between_two_with_one(
    app: Collab, client_class: Any
) -> None:
    with client_class(app) as client:
        write(client, "a", "a")
    plain = client_class(app)
    write(plain, "b", "b")
    assert content(plain) == "ba"
    with client_class(app) as client:
        assert content(client) == "ba"


@pytest.mark.parametrize("client_class", CLIENTS)
def test_editors_whose_sockets_have_a_loop_each_meet_in_one_document(
    app: Collab, client_class: Any
) -> None:
    client = client_class(app)
    with (
        client.websocket_connect("/ws/documents/doc?client_id=a") as first,
        client.websocket_connect("/ws/documents/doc?client_id=b") as second,
    ):
        until(first, "document_state")
        until(second, "document_state")
        operation = {"ops": [{"insert": "both"}]}
        second.send_json({"type": "edit", "id": 1, "version": 0, "operation": operation})
        until(second, "ack")
        assert until(first, "document_change")["operation"] == operation
        assert content(client) == "both"


@pytest.mark.parametrize("framework", [FastAPI, Starlette])
def test_a_mounted_application_is_started_with_its_host_each_time(
    app: Collab, framework: Callable[..., Any]
) -> None:
    host = framework(lifespan=lambda _: app.running())
    host.mount("/collab", app)
    for run in range(3):
        with StarletteClient(host) as client:
            answer = client.post("/collab/api/documents", json={"doc_id": f"doc-{run}"})
            assert answer.status_code == 201
    assert len(StarletteClient(host).get("/collab/api/documents").json()["documents"]) == 3


@pytest.mark.parametrize("module", ["embed_fastapi", "embed_starlette", "host_django"])
def test_the_examples_pass_a_test_suite_of_their_host(module: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", str(ROOT / "tests" / "hosted.py"), module],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout.split("\n"), done.stderr) == (0, ["", "1", "21", ""], "")


def test_each_run_of_a_loop_may_open_it(app: Collab) -> None:
    async def run() -> None:
        await app.open()
        await app.manager.import_document(f"doc-{next(names)}", "x")
        await app.close()

    names = iter(range(10))
    for _ in range(2):
        asyncio.run(run())
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()
    with asyncio.Runner() as runner:
        runner.run(run())
        runner.run(run())


def test_it_is_opened_by_calls_of_synchronous_code(app: Collab) -> None:
    for name in "ab":
        async_to_sync(app.manager.import_document)(name, name)
    async_to_sync(app.manager.broadcast_to_document)("a", {"type": "mine"})
    assert async_to_sync(app.manager.read_document)("a")[2] == "a"


def test_a_loop_that_is_closed_under_it_does_not_keep_it(app: Collab) -> None:
    for name in "ab":
        loop = asyncio.new_event_loop()
        loop.run_until_complete(app.manager.import_document(name, name))
        for task in asyncio.all_tasks(loop):
            # Nobody cancels it, and nobody says so here.
            task._log_destroy_pending = False  # type: ignore[attr-defined]
        del task
        loop.close()
    asyncio.run(app.close())
    gc.collect()

    async def look() -> Any:
        async with app.running():
            del loops[:]
            gc.collect()
            return (await app.manager.read_document("b"))[2]

    loops = [loop]
    del loop
    assert asyncio.run(look()) == "b"


async def test_stopping_what_was_never_started_changes_nothing(app: Collab) -> None:
    await app.close()
    await app.manager.close()
    await app.open()
    await app.manager.create_document("doc")
    await app.close()
    await app.close()


async def test_many_starts_at_once_are_one(app: Collab) -> None:
    await asyncio.gather(*(app.open() for _ in range(5)))
    await asyncio.gather(*(app.close() for _ in range(5)))
    await asyncio.gather(app.open(), app.close(), app.open())
    await app.open()
    await app.manager.create_document("doc")
    await app.close()


async def test_running_twice_at_one_time_is_refused_and_harms_nothing(app: Collab) -> None:
    async with app.running():
        with pytest.raises(ConfigurationError, match="running already"):
            async with app.running():
                pass
        await app.manager.create_document("doc")
    async with app.running():
        assert (await app.manager.read_document("doc"))[1] == 0


@pytest.mark.parametrize("client_class", CLIENTS)
def test_it_is_started_in_one_loop_at_a_time(app: Collab, client_class: Any) -> None:
    with client_class(app) as client:
        with pytest.raises(Exception, match="another event loop"), client_class(app):
            pass
        with pytest.raises(ConfigurationError, match="another event loop"):
            asyncio.run(app.open())
        with pytest.raises(ConfigurationError, match="another event loop"):
            asyncio.run(app.manager.create_document("doc"))
        with pytest.raises(ConfigurationError, match="another event loop"):
            asyncio.run(app.manager.broadcast_to_document("doc", {}))
        assert client.get("/readyz").status_code == 200
    with client_class(app) as client:
        assert client.get("/readyz").status_code == 200


def test_it_may_be_closed_from_another_loop(app: Collab) -> None:
    with TestClient(app) as client:
        write(client, "a", "a")
        asyncio.run(app.close())
        assert client.get("/readyz").status_code == 503
    with TestClient(app) as client:
        assert content(client) == "a"


@pytest.mark.parametrize("part", ["_committer", "manager"])
async def test_a_start_that_fails_is_undone_and_may_be_repeated(
    app: Collab, part: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def fail() -> None:
        raise StorageUnavailable("not today")

    with monkeypatch.context() as patched:
        patched.setattr(getattr(app, part), "start", fail)
        with pytest.raises(StorageUnavailable, match="not today"):
            await app.open()
    # It has let go of everything: another one may have it.
    async with app_in(tmp_path).running():
        pass
    async with app.running():
        await app.manager.create_document("doc")


async def test_a_start_that_is_cancelled_may_be_repeated(app: Collab) -> None:
    for turns in range(12):
        opening = asyncio.ensure_future(app.open())
        for _ in range(turns):
            await asyncio.sleep(0)
        opening.cancel()
        await asyncio.gather(opening, return_exceptions=True)
        await app.close()
    async with app.running():
        await app.manager.create_document("doc")


async def test_after_its_close_nothing_opens_it_but_its_host(app: Collab) -> None:
    async with app.running():
        await app.manager.create_document("doc")
    with pytest.raises(StorageUnavailable, match="closed"):
        await app.manager.read_document("doc")
    await app.open()
    assert (await app.manager.read_document("doc"))[1] == 0
    await app.close()


async def test_the_manager_opens_itself_for_each_of_its_calls(tmp_path: Path) -> None:
    async def with_manager(folder: Path, call: Callable[[Any], Any]) -> Any:
        folder.mkdir()
        app = app_in(folder)
        try:
            return await call(app.manager)
        finally:
            await app.close()

    folders: Iterator[Path] = (tmp_path / str(number) for number in range(10))
    await with_manager(next(folders), lambda manager: manager.create_document("doc"))
    await with_manager(next(folders), lambda manager: manager.import_document("doc", "x"))
    await with_manager(next(folders), lambda manager: manager.send_personal_message("ada", {}))
    for call in ("read_document", "delete_document"):
        with pytest.raises(Exception, match="no document"):
            await with_manager(
                next(folders), lambda manager, call=call: getattr(manager, call)("doc")
            )


async def test_the_end_of_a_server_that_only_cancels_is_a_goodbye(app: Collab) -> None:
    wire = await connect(app, "doc", client_id="a")
    await wire.receive()
    wire.task.cancel()
    assert (await wire.until("server_shutdown"))["retry_after"] > 0
    event = await wire.event()
    assert (event["type"], event["code"]) == ("websocket.close", 1001)
    await asyncio.wait([wire.task])
    await app.close()


def test_threads_that_start_it_at_once_start_it_once(app: Collab) -> None:
    barrier = threading.Barrier(4)
    outcomes = []

    async def run() -> None:
        barrier.wait()
        try:
            await app.open()
        except ConfigurationError as error:
            outcomes.append(str(error))
        else:
            outcomes.append("open")
        while len(outcomes) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.001)

    threads = [threading.Thread(target=lambda: asyncio.run(run())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("open") == 1
    assert all("another event loop" in each for each in outcomes if each != "open")
