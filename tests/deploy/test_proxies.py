"""An editor, a program and an operator, behind nginx and behind Caddy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from collab.auth import User, make_token
from tests.proxies import PROGRAMS, Proxy
from tests.serverprocess import ServerProcess

SECRET = "a secret of at least thirty-two bytes"

# Ways to write the path of the metrics.
HIDDEN = (
    "/metrics",
    "/metrics/",
    "/metrics//",
    "/metrics?",
    "/metrics%0A",
    "/metrics%0a%0a",
    "/metrics%0D",
    "/metrics%00",
    "/metrics%20",
    "/metrics%3F",
    "/metrics;x",
    "/METRICS",
    "/%6detrics",
    "/%6Detrics",
    "/%256detrics",
    "/%6d%65%74%72%69%63%73",
    "/metric%73%0A",
    "//metrics",
    "///metrics",
    "/%2Fmetrics",
    "/%2e/metrics",
    "/./metrics",
    "/x/../metrics",
    "/x/%2e%2e/metrics",
    "/x%2F..%2Fmetrics",
    "/metrics/.",
    "/metrics/x/..",
)


@pytest.fixture(scope="module", params=PROGRAMS)
def proxy(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """A proxy in front of a server that takes two connections from one address."""
    server = ServerProcess(
        tmp_path_factory.mktemp("server"),
        root_path="/collab",
        auth="token",
        token_secret=SECRET,
        metrics_token="sixteen-letters!",
        max_address_connections=2,
    )
    folder = tmp_path_factory.mktemp(request.param)
    with server, Proxy(request.param, folder, server.port) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def token() -> str:
    return make_token(SECRET, User("ann", "Ann"), lifetime_seconds=600)


def join(proxy: Proxy, token: str, doc_id: str, client_id: str, **options: Any) -> connect:
    url = f"wss://{proxy.address}/ws/documents/{doc_id}?token={token}&client_id={client_id}"
    # A WebSocket compresses where nobody says no: this server does.
    return connect(url, ssl=proxy.trust, **options)


async def received(wire: ClientConnection, frame_type: str) -> dict[str, Any]:
    while True:
        frame: dict[str, Any] = json.loads(await wire.recv())
        if frame["type"] == frame_type:
            return frame


async def test_two_edit_through_it(proxy: Proxy, token: str) -> None:
    async with (
        join(proxy, token, "doc", "a") as ann,
        join(proxy, token, "doc", "b") as bob,
    ):
        await received(bob, "document_state")
        operation = {"ops": [{"insert": "x" * 100_000}]}
        edit = {"type": "edit", "id": 1, "version": 0, "operation": operation}
        await ann.send(json.dumps(edit))
        assert (await received(ann, "ack"))["version"] == 1
        assert (await received(bob, "document_change"))["operation"] == operation


async def test_the_api_and_the_pages_are_below_the_path(proxy: Proxy, token: str) -> None:
    bearer = {"authorization": f"Bearer {token}"}
    async with httpx2.AsyncClient(verify=proxy.trust, headers=bearer) as http:
        made = await http.post(f"https://{proxy.address}/api/documents", json={"doc_id": "new"})
        assert made.status_code == 201
        page = await http.get(f"https://{proxy.address}/documents/new")
        assert page.status_code == 200
        assert page.headers["strict-transport-security"] == "max-age=31536000"
        assert page.headers["content-security-policy"]
        moved = await http.get(f"https://{proxy.address}")
        assert (moved.status_code, moved.headers["location"]) == (308, "/collab/")


async def test_the_metrics_are_not_for_the_world(proxy: Proxy) -> None:
    bearer = {"authorization": "Bearer sixteen-letters!"}
    async with httpx2.AsyncClient(verify=proxy.trust, headers=bearer) as http:
        for path in HIDDEN:
            answer = await http.get(f"https://{proxy.address}{path}")
            assert answer.status_code in (307, 308, 400, 404), path
            while answer.is_redirect:
                answer = await http.get(answer.next_request.url)  # type: ignore[union-attr]
            assert answer.status_code in (400, 404), path
            assert "collab_" not in answer.text, path


async def test_pages_of_its_own_origin_may_edit(proxy: Proxy, token: str) -> None:
    own = {"Origin": f"https://localhost:{proxy.port}"}
    async with join(proxy, token, "doc", "o", additional_headers=own) as wire:
        assert await received(wire, "document_state")
    foreign = {"Origin": "https://localhost"}
    with pytest.raises(InvalidStatus) as refused:
        await join(proxy, token, "doc", "o", additional_headers=foreign)
    assert refused.value.response.status_code == 403


async def test_a_cookie_is_for_this_path_and_for_tls_only(proxy: Proxy, token: str) -> None:
    async with httpx2.AsyncClient(verify=proxy.trust) as http:
        session = f"https://{proxy.address}/api/session"
        answer = await http.post(session, json={"token": token})
        assert answer.status_code == 200
        attributes = answer.headers["set-cookie"].split("; ")
        assert {"Path=/collab", "Secure", "HttpOnly"} <= set(attributes)
        assert (await http.get(session)).json()["user"]["user_id"] == "ann"


async def test_connections_count_for_the_address_that_the_proxy_sees(
    proxy: Proxy, token: str
) -> None:
    def come(client_id: str, **options: Any) -> connect:
        return join(proxy, token, "doc", client_id, local_addr=("127.0.0.2", 0), **options)

    async with come("c"), come("d"):
        forged = {"X-Forwarded-For": "192.0.2.1"}
        for headers in ({}, forged):
            with pytest.raises(InvalidStatus) as refused:
                await come("e", additional_headers=headers)
            assert refused.value.response.status_code == 429
        async with join(proxy, token, "doc", "f", local_addr=("127.0.0.3", 0)) as other:
            assert await received(other, "document_state")


async def test_no_token_is_in_its_log(proxy: Proxy, token: str) -> None:
    async with join(proxy, token, "logged", "g") as wire:
        assert await received(wire, "document_state")
    bearer = {"authorization": f"Bearer {token}", "cookie": f"collab_token={token}"}
    async with httpx2.AsyncClient(verify=proxy.trust, headers=bearer) as http:
        await http.get(f"https://{proxy.address}/api/documents/logged?token={token}")
    # It writes once the answer is complete, in the order of the answers.
    log = ""
    while "/api/documents/logged" not in log:
        await asyncio.sleep(0.01)
        log = proxy.access_log.read_text(encoding="utf-8")
    assert "/ws/documents/logged" in log
    assert token not in log
    assert token not in proxy.log()
