"""An open server answers by `localhost`, by an address and by listed names only."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import InvalidStatus

from collab.app import Collab
from collab.server.serving import guarded
from collab.settings import Settings
from tests.conftest import Make
from tests.serverprocess import ServerProcess

KNOWN = (
    "localhost", "localhost:8000", "LOCALHOST", "localhost.", "127.0.0.1", "127.0.0.1:8000",
    "[::1]", "[::1]:8000", "192.168.1.7:80", "[fe80::1]",
)  # fmt: skip
UNKNOWN = (
    "evil.example", "evil.example:8000", "localhost.evil.example", "127.0.0.1.evil.example",
    "evil-localhost", "127.0.0.1.", "0x7f.1", "2130706433", "[::1", "::1", "[evil.example]",
    "localhost:8000@evil.example", "localhost:x", "localhost:80:80", "localhost/", " ", "",
    "[V1.foo]", "localhost,evil.example", "xn--localhost", "foo.localhost",
)  # fmt: skip


def client(app: Any) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://testserver")


async def statuses(app: Any, host: str) -> set[int]:
    async with client(app) as http:
        headers = {"host": host}
        return {
            (await http.get(path, headers=headers)).status_code
            for path in ("/", "/api/documents", "/documents/doc", "/static/js/api.js", "/metrics")
        }


@pytest.mark.parametrize("host", KNOWN)
async def test_it_answers_to_itself_and_to_addresses(app: Collab, host: str) -> None:
    assert await statuses(guarded(app.settings, app), host) == {200}


@pytest.mark.parametrize("host", UNKNOWN)
async def test_it_refuses_every_other_name(app: Collab, host: str) -> None:
    assert await statuses(guarded(app.settings, app), host) == {403}


async def test_names_can_be_listed(make_app: Make) -> None:
    app = await make_app(allowed_hosts=("Notes.lan",))
    for host, status in (("notes.lan:8000", 200), ("NOTES.LAN.", 200), ("x.notes.lan", 403)):
        assert await statuses(guarded(app.settings, app), host) == {status}


async def test_it_is_for_open_servers_only(make_app: Make, database: str) -> None:
    secret = "a secret of at least thirty-two bytes"
    token = Settings(database=database, auth="token", token_secret=secret)
    anybody = Settings(database=database, allowed_hosts=("*",))
    for settings in (token, anybody):
        app = Collab(settings)
        assert guarded(settings, app) is app


async def test_an_embedded_application_answers_by_every_name(app: Collab) -> None:
    assert await statuses(app, "testserver") == {200}


async def first_frame(server: ServerProcess, host: str) -> str:
    url = f"ws://{host}/ws/documents/doc"
    async with open_websocket(url, host="127.0.0.1", port=server.port) as wire:
        return str(json.loads(await wire.recv())["type"])


async def test_the_command_refuses_a_page_that_took_our_address(tmp_path: Path) -> None:
    """A page of `rebound.example`, whose name was made to point here after it was loaded."""
    with ServerProcess(tmp_path) as server:
        assert await first_frame(server, f"localhost:{server.port}") == "document_state"
        rebound = f"rebound.example:{server.port}"
        with pytest.raises(InvalidStatus) as refused:
            await first_frame(server, rebound)
        assert refused.value.response.status_code == 403
        headers = {"host": rebound, "origin": f"http://{rebound}"}
        async with httpx2.AsyncClient(base_url=server.url, headers=headers) as http:
            for answer in (
                await http.get("/api/documents/doc"),
                await http.delete("/api/documents/doc"),
            ):
                assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
                assert "allowed_hosts" in answer.json()["message"]
                assert answer.headers["x-content-type-options"] == "nosniff"
