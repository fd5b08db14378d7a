"""What every answer says to the browser, whatever it is an answer to, and what a fault becomes."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from collab.api.security import PAGE_POLICY
from collab.app import Collab
from collab.resources import resource_folder
from tests.served import Serve, Served
from tests.wire import Refused, Wire

NOTHING = "default-src 'none'; frame-ancestors 'none'"
PAGES = {path.name for path in resource_folder("static").glob("*.html")}


def check(headers: Any, policy: str = NOTHING) -> None:
    assert headers["content-security-policy"] == policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/documents", 200),
        ("HEAD", "/api/documents", 200),
        ("POST", "/api/documents", 201),
        ("GET", "/api/documents/none", 404),
        ("DELETE", "/api/documents/doc", 204),
        ("GET", "/api/nothing", 404),
        ("PUT", "/api/documents", 405),
        ("PROPFIND", "/api/documents", 405),
        ("GET", "/nothing", 404),
        ("GET", "/healthz", 200),
        ("POST", "/healthz", 405),
        ("GET", "/metrics", 200),
        ("POST", "/metrics", 405),
        ("GET", "/healthz/", 307),
        ("GET", "/static/js/api.js", 200),
        ("HEAD", "/static/css/base.css", 200),
        ("GET", "/static/icons/collab.svg", 200),
        ("GET", "/static/vendor/LICENSES.txt", 200),
        ("GET", "/static/nothing.js", 404),
        ("GET", "/static", 307),
        ("GET", "/static/", 404),
        ("POST", "/static/js/api.js", 405),
        ("POST", "/", 405),
        ("DELETE", "/documents/doc", 405),
        ("GET", "/static/editor.html", 404),
    ],
)
async def test_every_answer_has_them(served: Served, method: str, path: str, status: int) -> None:
    await served.app.manager.create_document("doc")
    async with httpx2.AsyncClient(base_url=served.url) as http:
        answer = await http.request(method, path)
    assert answer.status_code == status
    policy = (
        NOTHING if path.startswith(("/api", "/static", "/healthz", "/m", "/n")) else PAGE_POLICY
    )
    check(answer.headers, policy)
    for name in ("content-security-policy", "x-content-type-options", "referrer-policy"):
        assert len(answer.headers.get_list(name)) == 1
    if status >= 400 and method != "HEAD":
        assert set(answer.json()) == {"code", "message"}


@pytest.mark.parametrize("path", ["/", "/sign-in", "/documents/doc"])
async def test_pages_have_their_policy_also_where_they_are_unchanged(
    served: Served, path: str
) -> None:
    async with httpx2.AsyncClient(base_url=served.url) as http:
        page = await http.get(path)
        again = await http.get(path, headers={"if-none-match": page.headers["etag"]})
    for answer, status in ((page, 200), (again, 304)):
        assert answer.status_code == status
        check(answer.headers, page.headers["content-security-policy"])
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
        assert len(answer.headers.get_list("content-security-policy")) == 1


@pytest.mark.parametrize("page", sorted(PAGES))
@pytest.mark.parametrize("prefix", ["/static/", "/static//", "/static/js/../", "/static/%2e/"])
async def test_no_page_is_to_be_had_below_the_assets(
    served: Served, page: str, prefix: str
) -> None:
    async with httpx2.AsyncClient() as http:
        for path in (prefix + page, f"{prefix}{page}?x", prefix + page.replace(".", "%2E")):
            url = httpx2.URL(served.url).copy_with(raw_path=path.encode())
            assert (await http.get(url)).status_code == 404


async def raw(served: Served, request: str) -> tuple[int, dict[str, str]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(request.encode("latin-1"))
    head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 20)
    writer.close()
    lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
    return int(lines[0].split()[1]), headers


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("nonsense\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (
            "GET /ws/documents/doc HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
            400,
        ),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: " + "x" * 40_000 + "\r\n\r\n", 413),
        ("GET / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: nonsense\r\n\r\n", 400),
        (
            "GET /ws/documents/doc HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
            "Connection: upgrade\r\n\r\n",
            400,
        ),
    ],
)
async def test_so_has_what_the_server_itself_refuses(
    served: Served, request_text: str, status: int
) -> None:
    got, headers = await raw(served, request_text)
    assert got == status
    check(headers)
    assert headers["content-type"] == "application/json"


async def test_http_1_0_needs_no_host(served: Served) -> None:
    assert (await raw(served, "GET /healthz HTTP/1.0\r\n\r\n"))[0] == 200


async def test_a_fault_of_ours_is_answered_as_json(
    serve: Serve, app: Collab, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def broken(*args: Any, **options: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(app.manager.store.catalog, "list_documents", broken)
    served = await serve(app)
    async with httpx2.AsyncClient(base_url=served.url) as http:
        answer = await http.get("/api/documents")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    check(answer.headers)
    assert "ZeroDivisionError" in caplog.text
    assert "ZeroDivisionError" not in answer.text


async def test_so_is_one_of_a_handshake(app: Collab, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*args: Any, **options: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(app.manager, "serve", broken)
    wire = Wire(app, "/ws/documents/doc")
    with pytest.raises(Refused) as refused:
        await wire.open()
    assert (refused.value.status, refused.value.body["code"]) == (500, "internal")
    # For the log of the server.
    with pytest.raises(ZeroDivisionError):
        await wire.task
