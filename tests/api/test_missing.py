"""What is answered where there is nothing: a page to people, JSON to programs."""

from __future__ import annotations

import httpx2
import pytest

from collab.api.security import PAGE_POLICY
from tests.served import Served

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.mark.parametrize("path", ["/nothing", "/documents/", "/documents/no%20id", "/a/b/c/d"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_browser_gets_a_page(served: Served, path: str, method: str) -> None:
    async with httpx2.AsyncClient(base_url=served.url, headers=BROWSER) as http:
        answer = await http.request(method, path)
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"] == PAGE_POLICY
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["referrer-policy"] == "same-origin"
    assert (method == "HEAD") == (answer.content == b"")


@pytest.mark.parametrize(
    ("method", "path", "accept"),
    [
        ("GET", "/api/nothing", BROWSER["accept"]),
        ("GET", "/api/documents/none", BROWSER["accept"]),
        ("GET", "/static/nothing.js", BROWSER["accept"]),
        ("GET", "/ws/nothing", BROWSER["accept"]),
        ("GET", "/healthz/more", BROWSER["accept"]),
        ("POST", "/nothing", BROWSER["accept"]),
        ("GET", "/nothing", "application/json"),
        ("GET", "/nothing", "*/*"),
    ],
)
async def test_a_program_gets_json(served: Served, method: str, path: str, accept: str) -> None:
    async with httpx2.AsyncClient(base_url=served.url, headers={"accept": accept}) as http:
        answer = await http.request(method, path)
    assert answer.status_code == 404
    assert set(answer.json()) == {"code", "message"}
