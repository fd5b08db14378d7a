"""How often one network address, and one user, may ask for pages and the API."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from collab.api import rate_limit
from collab.api.rate_limit import Buckets
from collab.app import Collab
from collab.auth import User, make_token
from collab.errors import RateLimited
from tests.conftest import Make
from tests.wire import connect

# No token comes back while a test runs.
NEVER = 1e-9

SECRET = "a secret of at least thirty-two bytes"


def browser(app: Collab, host: str = "192.0.2.1", **headers: str) -> httpx2.AsyncClient:
    """Somebody at this network address."""
    transport = httpx2.ASGITransport(app=app, client=(host, 50000))
    return httpx2.AsyncClient(transport=transport, base_url="http://testserver", headers=headers)


def bearer(user_id: str) -> dict[str, Any]:
    user = User(user_id, "", documents={"*": "editor"})
    return {"authorization": f"Bearer {make_token(SECRET, user, lifetime_seconds=60)}"}


async def test_requests_from_one_address_beyond_the_rate_are_refused(make_app: Make) -> None:
    app = await make_app(address_requests_per_second=0.1, address_requests_burst=3)
    async with browser(app) as http:
        assert (await http.get("/")).status_code == 200
        assert (await http.get("/api/documents")).status_code == 200
        assert (await http.post("/api/documents", json={"doc_id": "doc"})).status_code == 201
        for method, path in (
            ("GET", "/api/documents"),
            ("POST", "/api/documents"),
            ("PUT", "/api/documents/doc/access/users/bob"),
            ("DELETE", "/api/documents/doc"),
            ("GET", "/api/session"),
            ("GET", "/api/nothing"),
            ("GET", "/documents/doc"),
            ("GET", "/sign-in"),
        ):
            refused = await http.request(method, path)
            assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
            assert "address_requests_per_second" in refused.json()["message"]
            assert 1 <= int(refused.headers["retry-after"]) <= 10
        assert app.manager.metrics.requests_refused["rate_limited"] == 8
    # What was refused was not done, and others don't notice.
    async with browser(app, "192.0.2.2") as http:
        assert (await http.get("/api/documents/doc")).status_code == 200


async def test_requests_from_one_address_at_once_are_as_many_as_the_burst(make_app: Make) -> None:
    app = await make_app(address_requests_per_second=NEVER, address_requests_burst=20)
    async with browser(app) as http:
        answers = [(await http.get("/api/session")).status_code for _ in range(22)]
    assert answers == [200] * 20 + [429] * 2


async def test_addresses_of_one_ipv6_network_count_together(make_app: Make) -> None:
    app = await make_app(address_requests_per_second=NEVER, address_requests_burst=1)
    async with browser(app, "2001:db8:0:1::1") as http:
        assert (await http.get("/")).status_code == 200
    async with browser(app, "2001:db8:0:1:ffff::2") as http:
        assert (await http.get("/")).status_code == 429


async def test_what_a_page_is_made_of_health_and_metrics_are_not_counted(make_app: Make) -> None:
    app = await make_app(address_requests_per_second=NEVER, address_requests_burst=1)
    async with browser(app) as http:
        assert [(await http.get("/")).status_code for _ in range(2)] == [200, 429]
        for path in ("/static/js/api.js", "/healthz", "/readyz", "/metrics"):
            assert (await http.get(path)).status_code == 200
    # Connections are counted apart.
    wire = await connect(app, "doc")
    await wire.expect("document_state")


async def test_a_class_behind_one_address_loads_its_pages_at_once(make_app: Make) -> None:
    app = await make_app()
    async with browser(app) as http:
        for _ in range(30):
            for path in ("/", "/api/session", "/api/documents", "/documents/doc") * 3:
                assert (await http.get(path)).status_code == 200


async def test_requests_of_one_user_are_limited_from_whatever_address(make_app: Make) -> None:
    app = await make_app(
        auth="token",
        token_secret=SECRET,
        user_requests_per_second=NEVER,
        user_requests_burst=2,
    )
    for host, status in (("192.0.2.1", 200), ("192.0.2.2", 200), ("192.0.2.3", 429)):
        async with browser(app, host, **bearer("ann")) as http:
            answer = await http.get("/api/documents")
        assert answer.status_code == status
    assert answer.json()["code"] == "rate_limited"
    assert "of this user" in answer.json()["message"]
    assert "after 2 at once (user_requests_burst)" in answer.json()["message"]
    assert "retry-after" in answer.headers
    async with browser(app, **bearer("ann")) as http:
        assert (await http.get("/documents/doc")).status_code == 429
    async with browser(app, **bearer("bob")) as http:
        assert (await http.get("/api/documents")).status_code == 200


async def test_a_user_who_asks_too_often_may_still_edit(make_app: Make) -> None:
    app = await make_app(
        auth="token",
        token_secret=SECRET,
        user_requests_per_second=NEVER,
        user_requests_burst=1,
    )
    async with browser(app, **bearer("ann")) as http:
        assert [(await http.get("/api/documents")).status_code for _ in range(2)] == [200, 429]
    wire = await connect(app, "doc", headers=bearer("ann"))
    await wire.expect("document_state")


def test_buckets_are_bounded_and_who_rested_longest_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rate_limit, "MAX_BUCKETS", 2)
    buckets = Buckets("address", "from your network address", NEVER, 1)
    buckets.take("a")
    buckets.take("b")
    with pytest.raises(RateLimited):
        buckets.take("a")
    buckets.take("c")
    assert len(buckets) == 2
    with pytest.raises(RateLimited):
        buckets.take("a")
    buckets.take("b")
