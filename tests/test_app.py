"""The composition root: opening, closing, and being asked before it can be opened."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import httpx2
import pytest

from collab.app import Collab, create_app
from collab.errors import ConfigurationError
from collab.settings import Settings
from tests.wire import Refused, connect


def app_in(folder: Path) -> Collab:
    return create_app(Settings(database=f"sqlite:///{folder / 'collab.db'}"))


async def test_a_mounted_application_opens_at_the_first_request(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    wire = await connect(app, "doc")
    assert (await wire.receive())["type"] == "document_state"
    await app.close()


async def test_many_first_requests_open_it_once(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    wires = await asyncio.gather(*(connect(app, "doc", client_id=f"c{n}") for n in range(10)))
    assert {(await wire.receive())["type"] for wire in wires} == {"document_state"}
    await app.close()


async def test_it_can_be_opened_for_as_long_as_a_context_lasts(tmp_path: Path) -> None:
    app = app_in(tmp_path)
    async with app.running():
        await app.manager.create_document("doc")
    async with app_in(tmp_path).running() as _:
        pass
    with pytest.raises(Refused):
        await connect(app, "doc")


async def test_what_keeps_it_from_opening_is_not_told_to_clients(tmp_path: Path) -> None:
    folder = tmp_path / "missing"
    app = app_in(folder)
    with pytest.raises(ConfigurationError, match="missing"):
        await app.open()
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        answer = await http.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert str(folder) not in answer.text
    with pytest.raises(Refused) as refused:
        await connect(app, "doc")
    assert refused.value.status == 503
    # Once the reason is gone, it opens by itself.
    folder.mkdir()
    wire = await connect(app, "doc")
    assert (await wire.receive())["type"] == "document_state"
    await app.close()


def test_the_end_of_the_event_loop_closes_it(tmp_path: Path) -> None:
    app = app_in(tmp_path)

    async def host_that_never_closes() -> None:
        wire = await connect(app, "doc", client_id="a")
        await wire.receive()
        await wire.edit(1, 0, {"insert": "kept"})
        await wire.until("ack")
        with contextlib.suppress(asyncio.CancelledError):
            wire.task.cancel()
            await wire.task

    asyncio.run(host_that_never_closes())

    async def look() -> str:
        again = app_in(tmp_path)
        async with again.running():
            return str((await again.manager.read_document("doc"))[2])

    assert asyncio.run(look()) == "kept"
