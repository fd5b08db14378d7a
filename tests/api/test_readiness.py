"""`/readyz` says that edits can be stored only where something was stored."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from collab.app import Collab, create_app
from collab.settings import Settings
from collab.storage import DatabaseStore


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = shutil.which("mount")
    command = [mount or "mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if mount is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("may not mount a file system here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Leave no room at all."""
    ballast = folder / "ballast"
    with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(512))
    return ballast


async def status(app: Collab) -> int:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        return (await http.get("/readyz")).status_code


async def test_after_a_restart_on_a_full_disk_it_is_not_ready(small_disk: Path) -> None:
    app = create_app(Settings(database=f"sqlite:///{small_disk / 'collab.db'}"))
    async with app.running():
        await app.manager.import_document("doc", "x")
        # As after kill -9, its files stay as they are.
        witness = sqlite3.connect(small_disk / "collab.db")
        witness.execute("SELECT count(*) FROM documents").fetchone()
    try:
        ballast = fill(small_disk)
        async with app.running():
            assert await status(app) == 503
            assert await status(app) == 503
            ballast.unlink()
            assert await status(app) == 200
            await app.manager.import_document("more", "x")
    finally:
        witness.close()


async def test_it_writes_only_while_nothing_else_has_shown_that_it_can(
    app: Collab, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = []
    write = DatabaseStore.write_something

    async def counted(store: DatabaseStore) -> None:
        written.append(1)
        await write(store)

    monkeypatch.setattr(DatabaseStore, "write_something", counted)
    for _ in range(3):
        assert await status(app) == 200
    assert len(written) == 1
    await app.close()
    await app.open()
    await app.manager.import_document("doc", "x")
    assert await status(app) == 200
    assert len(written) == 1
