"""One server for one SQLite file: the second one is refused, for as long as the first one lives."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from collab.app import Collab, create_app
from collab.asgi.testclient import TestClient
from collab.errors import DatabaseInUse, StorageUnavailable
from collab.settings import Settings
from tests.serverprocess import ServerProcess

IN_USE = r"another server \(process (\d+)\) has it open"


def app_on(url: str) -> Collab:
    # It is asked whether the other one is gone by now, but not for long.
    return create_app(Settings(database=url, database_busy_timeout_seconds=0.05))


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    """`collab` on the command line, in this folder."""
    return subprocess.run(
        [sys.executable, "-m", "collab", *command], cwd=folder, capture_output=True, text=True
    )


@pytest.fixture
def server(tmp_path: Path) -> Any:
    with ServerProcess(tmp_path) as server:
        yield server


async def test_a_second_server_is_refused_and_the_first_one_is_named(
    server: ServerProcess, tmp_path: Path
) -> None:
    second = run(tmp_path, "serve", "--port", "0")
    assert second.returncode == 1
    assert second.stderr.startswith("Error: the database can't be used: another server (process ")
    with pytest.raises(DatabaseInUse, match=IN_USE) as refused:
        await app_on(f"sqlite:///{tmp_path / 'collab.db'}").open()
    assert f"process {server.pid})" in str(refused.value)
    # It is the lock that counts, not what is written into the file.
    (tmp_path / "collab.db-lock").write_text("nonsense")
    with pytest.raises(DatabaseInUse, match="of an unknown process"):
        await app_on(f"sqlite:///{tmp_path / 'collab.db'}").open()
    (tmp_path / "collab.db-lock").write_text("7 elsewhere")
    with pytest.raises(DatabaseInUse, match="process 7 on elsewhere"):
        await app_on(f"sqlite:///{tmp_path / 'collab.db'}").open()


async def test_the_same_file_by_another_name_is_the_same_file(
    server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "link.db").symlink_to(tmp_path / "collab.db")
    (tmp_path / "other").symlink_to(tmp_path)
    monkeypatch.chdir(tmp_path / "folder")
    for url in (
        "sqlite:///../collab.db",
        "sqlite:///link.db",
        f"sqlite:///{tmp_path}/other/collab.db",
        f"sqlite+pysqlite:///{tmp_path}/folder/../collab.db",
        "sqlite:///file:../collab.db?mode=rw&uri=true",
        f"sqlite:///file:{tmp_path}/collab.db?uri=true",
    ):
        with pytest.raises(DatabaseInUse, match=IN_USE):
            await app_on(url).open()


async def test_a_server_that_was_killed_holds_nothing(
    server: ServerProcess, tmp_path: Path
) -> None:
    server.kill()
    assert (tmp_path / "collab.db-lock").exists()
    app = app_on(f"sqlite:///{tmp_path / 'collab.db'}")
    async with app.running():
        await app.manager.create_document("doc")
    assert not (tmp_path / "collab.db-lock").exists()


def test_a_server_may_be_restarted_at_once(server: ServerProcess) -> None:
    for _ in range(2):
        server.stop()
        server.start()
        server.kill()
        server.start()


def test_the_command_line_works_beside_a_server(server: ServerProcess, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    for command in (
        ("documents", "import", "--id", "a", "a.txt"),
        ("documents", "list"),
        ("documents", "show", "a"),
        ("documents", "export", "a"),
        ("check",),
        ("compact", "--keep-operations", "10"),
        ("backup", "copy.db"),
        ("migrate",),
    ):
        done = run(tmp_path, *command)
        assert done.returncode == 0, (command, done.stderr)
    # And a copy is a database of its own.
    with TestClient(app_on(f"sqlite:///{tmp_path / 'copy.db'}")) as client:
        assert client.get("/api/documents/a").json()["content"] == "hello"


async def test_two_applications_in_one_process_are_two_servers(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'collab.db'}"
    first, second = app_on(url), app_on(url)
    async with first.running():
        with pytest.raises(DatabaseInUse, match=f"in this process \\({os.getpid()}\\)"):
            await second.open()
        await first.manager.create_document("doc")
        with pytest.raises(DatabaseInUse):
            await second.manager.read_document("doc")
    # The one that was refused is the next one.
    async with second.running():
        assert (await second.manager.read_document("doc"))[1] == 0
        with pytest.raises(DatabaseInUse):
            await first.open()


async def test_a_server_waits_a_moment_for_one_that_is_just_ending(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path / 'collab.db'}")
    first, second = create_app(settings), create_app(settings)
    await first.open()
    opening = asyncio.ensure_future(second.open())
    await asyncio.sleep(0)
    await first.close()
    await opening
    await second.close()


async def test_databases_in_memory_are_everybodys_own() -> None:
    first, second = app_on("sqlite://"), app_on("sqlite:///:memory:")
    async with first.running(), second.running():
        await first.manager.create_document("doc")
        await second.manager.create_document("doc")


async def test_what_reads_the_lock_file_in_the_same_process_takes_nothing_from_it(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'collab.db'}"
    first = app_on(url)
    async with first.running():
        assert (tmp_path / "collab.db-lock").read_text().startswith(f"{os.getpid()} ")
        with pytest.raises(DatabaseInUse):
            await app_on(url).open()


def hold_on(ready: Any, end: Any) -> None:
    ready.set()
    end.wait()


def serve_and_fork(url: str, pids: Any) -> None:
    """A host that has opened its application, then forks a process for something else."""

    async def host() -> None:
        app = app_on(url)
        await app.open()
        context = multiprocessing.get_context("fork")
        ready = context.Event()
        # It outlives this process.
        child = context.Process(target=hold_on, args=(ready, context.Event()))
        child.start()
        ready.wait()
        pids.put(child.pid)
        pids.close()
        pids.join_thread()
        os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(host())


async def test_a_process_that_was_forked_from_a_killed_server_does_not_hold_its_lock(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'collab.db'}"
    context = multiprocessing.get_context("spawn")
    pids = context.Queue()
    server = context.Process(target=serve_and_fork, args=(url, pids))
    server.start()
    child = pids.get()
    try:
        server.join()
        os.kill(child, 0)
        async with app_on(url).running():
            pass
    finally:
        os.kill(child, signal.SIGKILL)


def open_again(app: Collab, outcome: Any) -> None:
    try:
        asyncio.run(app.open())
    except DatabaseInUse as error:
        outcome.put(str(error))
    else:
        outcome.put("open")


def serve_in_child(url: str, outcome: Any) -> None:
    async def host() -> None:
        app = app_on(url)
        async with app.running():
            await app.manager.create_document("doc")
            context = multiprocessing.get_context("fork")
            child = context.Process(target=open_elsewhere, args=(app, outcome))
            child.start()
            await asyncio.to_thread(child.join)
            # The child has not closed what is of this process.
            await app.manager.import_document("more", "x")

    asyncio.run(host())


def open_elsewhere(app: Collab, outcome: Any) -> None:
    # The loop of the parent is, to Python, still running in this thread.
    asyncio._set_running_loop(None)
    open_again(app, outcome)


async def test_a_forked_process_can_not_serve_what_its_parent_serves(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'collab.db'}"
    context = multiprocessing.get_context("spawn")
    outcome = context.Queue()
    server = context.Process(target=serve_in_child, args=(url, outcome))
    server.start()
    answer = await asyncio.to_thread(outcome.get)
    await asyncio.to_thread(server.join)
    assert (server.exitcode, f"process {server.pid})" in answer) == (0, True), answer
    async with app_on(url).running():
        pass
    with sqlite3.connect(tmp_path / "collab.db") as connection:
        assert connection.execute("SELECT count(*) FROM documents").fetchone() == (2,)
    connection.close()


async def test_a_lock_that_can_not_be_had_is_no_lock(
    tmp_path: Path,
) -> None:
    url = f"sqlite:///{tmp_path / 'collab.db'}"
    (tmp_path / "collab.db-lock").mkdir()
    with pytest.raises(StorageUnavailable, match=r"lock file .* can't be opened or locked"):
        await app_on(url).open()
    (tmp_path / "collab.db-lock").rmdir()
    async with app_on(url).running():
        pass


async def test_a_file_system_without_locks_is_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_locks(*_: Any) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", no_locks)
    async with app_on(f"sqlite:///{tmp_path / 'collab.db'}").running():
        assert "the file system has no locks" in caplog.text
