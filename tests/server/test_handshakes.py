"""Handshakes with long lines and many headers, and those that are refused, on the real server."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from websockets.asyncio.client import connect as open_websocket
from websockets.exceptions import InvalidStatus

from collab.auth import User, make_token
from tests.served import Serve, Served

SECRET = "a secret of at least thirty-two bytes"
KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
UPGRADE = "Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
HANDSHAKE = f"{UPGRADE}{KEY}Sec-WebSocket-Version: 13\r\n"


async def joined(url: str, **options: Any) -> dict[str, Any]:
    """The first frame."""
    async with open_websocket(url, **options) as wire:
        frame: dict[str, Any] = json.loads(await wire.recv())
        return frame


async def status_of(url: str, **options: Any) -> int:
    with pytest.raises(InvalidStatus) as refused:
        await joined(url, **options)
    return refused.value.response.status_code


async def answer(served: Served, head: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what a request of this head is answered with."""
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(head.encode("latin-1") + b"\r\n")
    received = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    lines = received.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    body = await asyncio.wait_for(reader.readexactly(int(headers.get("content-length", 0))), 20)
    writer.close()
    return int(lines[0].split()[1]), headers, body


@pytest.fixture
def token() -> str:
    """For 250 documents: about 9 kB."""
    documents: Any = {f"document-{number:04}": "editor" for number in range(250)}
    user = User("ann", "Ann", documents=documents)
    token = make_token(SECRET, user, lifetime_seconds=60)
    assert 8192 < len(token) < 16_384
    return token


async def test_a_token_for_many_documents_opens_the_socket_as_it_opens_http(
    serve: Serve, token: str
) -> None:
    served = await serve(auth="token", token_secret=SECRET)
    await served.app.manager.create_document("document-0249")
    url = f"ws://{served.address}/ws/documents/document-0249"
    ways: list[tuple[str, dict[str, str]]] = [
        ("", {"Authorization": f"Bearer {token}"}),
        ("", {"Cookie": f"other={'x' * 3000}; collab_token={token}"}),
        (f"?token={token}", {}),
    ]
    for query, headers in ways:
        assert (await joined(url + query, additional_headers=headers))["type"] == "document_state"
        async with httpx2.AsyncClient() as http:
            address = f"{served.url}/api/documents/document-0249{query}"
            assert (await http.get(address, headers=headers)).status_code == 200


@pytest.mark.parametrize("limit", [2000, 32_768, 200_000])
async def test_a_line_may_be_as_long_as_the_whole_head(serve: Serve, limit: int) -> None:
    served = await serve(max_request_head_bytes=limit)
    url = f"ws://{served.address}/ws/documents/doc"
    # The rest of the head is less than 500 bytes.
    long = {"X-Long": "x" * (limit - 500)}
    assert (await joined(url, additional_headers=long))["type"] == "document_state"
    too_long = {"X-Long": "x" * limit}
    assert await status_of(url, additional_headers=too_long) == 413
    async with httpx2.AsyncClient() as http:
        assert (await http.get(f"{served.url}/healthz", headers=long)).status_code == 200
        refused = await http.get(f"{served.url}/healthz", headers=too_long)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_large")


async def test_there_may_be_as_many_headers_as_fit(serve: Serve) -> None:
    served = await serve()
    url = f"ws://{served.address}/ws/documents/doc"
    many = {f"X-{number}": "x" for number in range(1000)}
    assert (await joined(url, additional_headers=many))["type"] == "document_state"
    too_many = {f"X-{number}": "x" for number in range(4000)}
    assert await status_of(url, additional_headers=too_many) == 413


REFUSED = [
    ("/ws/documents/", 400, "invalid_request"),
    ("/ws/documents/a%2Fb", 400, "invalid_request"),
    ("/ws/documents/a/b", 400, "invalid_request"),
    ("/ws/documents//", 400, "invalid_request"),
    ("/ws/documents/a%0A", 400, "invalid_request"),
    ("/ws/documents/a%20b", 400, "invalid_request"),
    ("/ws/documents/%FF", 400, "invalid_request"),
    ("/ws/documents/" + "x" * 129, 400, "invalid_request"),
    ("/ws/documents/doc?client_id=%00", 400, "invalid_request"),
    ("/ws/documents/doc?name=%E2%80%AE", 400, "invalid_request"),
    ("/ws/documents", 404, "not_found"),
    ("/ws", 404, "not_found"),
    ("/", 404, "not_found"),
    ("/documents/doc", 404, "not_found"),
    ("/api/documents", 404, "not_found"),
    ("/static/js/api.js", 404, "not_found"),
    ("/static/nothing", 404, "not_found"),
    ("/healthz", 404, "not_found"),
]


@pytest.mark.parametrize(("path", "status", "code"), REFUSED)
async def test_an_address_that_is_none_is_answered_with_json(
    serve: Serve, path: str, status: int, code: str
) -> None:
    served = await serve()
    got, headers, body = await answer(served, f"GET {path} HTTP/1.1\r\n{HANDSHAKE}")
    assert (got, json.loads(body)["code"]) == (status, code)
    assert headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("head", "status", "code"),
    [
        (f"GET /ws/documents/doc HTTP/1.1\r\n{UPGRADE}", 400, "invalid_request"),
        (f"GET /ws/documents/doc HTTP/1.1\r\n{UPGRADE}{KEY}", 400, "invalid_request"),
        (f"POST /ws/documents/doc HTTP/1.1\r\n{HANDSHAKE}", 405, "method_not_allowed"),
        (
            f"GET /ws/documents/doc HTTP/1.1\r\n{HANDSHAKE}Content-Length: 5\r\n",
            400,
            "invalid_request",
        ),
        (f"GET /ws/documents/doc HTTP/1.1\r\n{HANDSHAKE}{KEY}", 400, "invalid_request"),
        (
            f"GET /ws/documents/doc HTTP/1.1\r\n{HANDSHAKE}Origin: http://[\r\n",
            403,
            "forbidden",
        ),
        (f"GET /ws/documents/\xe9 HTTP/1.1\r\n{HANDSHAKE}", 400, "invalid_request"),
    ],
)
async def test_a_handshake_that_is_none_is_answered_with_json(
    serve: Serve, head: str, status: int, code: str
) -> None:
    served = await serve()
    got, headers, body = await answer(served, head)
    assert (got, json.loads(body)["code"]) == (status, code)
    assert headers["content-type"] == "application/json"
