"""The table of endpoints: what is taken, what is refused before a handler runs, and with what."""

from __future__ import annotations

import json
import re
import typing
from collections.abc import AsyncIterator

import httpx2
import pytest

from collab.api.endpoints import Call, Endpoint
from collab.api.resources import Resource
from collab.app import Collab
from collab.settings import Settings

DOCUMENTS, ONE = "/api/documents", "/api/documents/doc"


def endpoints_of(app: Collab) -> list[Endpoint]:
    """All that are for others than the operator's programs."""
    found = [route for route in app._router.routes if isinstance(route, Resource)]
    return [
        endpoint
        for route in found
        if route.path.startswith("/api/")
        for method, endpoint in route.endpoints.items()
        if method != "HEAD"
    ]


SETTINGS = Settings(database="sqlite://", auth="token", token_secret="s" * 32)
ENDPOINTS = endpoints_of(Collab(SETTINGS))


def ids(endpoint: Endpoint) -> str:
    return f"{endpoint.method} {endpoint.path}"


@pytest.fixture
async def http(app: Collab) -> AsyncIterator[httpx2.AsyncClient]:
    await app.manager.create_document("doc")
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as client:
        yield client


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=ids)
def test_a_handler_takes_what_its_endpoint_says(endpoint: Endpoint) -> None:
    hints = typing.get_type_hints(endpoint.handler)
    assert typing.get_origin(hints["call"]) is Call
    assert typing.get_args(hints["call"]) == (endpoint.query, endpoint.body)
    assert endpoint.answers
    assert ("{doc_id}" in endpoint.path) == (endpoint.needs in ("viewer", "editor", "owner"))


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.method != "GET"], ids=ids)
async def test_a_page_of_another_origin_changes_nothing(endpoint: Endpoint) -> None:
    app = Collab(SETTINGS)
    transport = httpx2.ASGITransport(app=app)
    path = re.sub(r"\{\w+(:\w+)?\}", "x", endpoint.path)
    async with app.running(), httpx2.AsyncClient(transport=transport, base_url="http://t") as http:
        for headers in ({"origin": "https://evil.example"}, {"sec-fetch-site": "cross-site"}):
            answer = await http.request(endpoint.method, path, content="[", headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
            assert "origin" in answer.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "body", "message"),
    [
        (
            "POST",
            DOCUMENTS,
            {"titel": "x"},
            "got the unknown field 'titel': expected doc_id, doc_type, title",
        ),
        ("POST", DOCUMENTS, {"title": 1}, "field 'title': got 1, expected a text"),
        ("POST", DOCUMENTS, {"doc_id": None}, "field 'doc_id': got null, expected a text"),
        ("PATCH", ONE, {}, "field 'title' is missing: expected a text"),
        (
            "POST",
            f"{ONE}/restore",
            {},
            "field 'version' is missing: expected a whole number from 0 to 9,007,199,254,740,991",
        ),
        (
            "POST",
            f"{ONE}/restore",
            {"version": True},
            "field 'version': got true, expected a whole number from 0 to 9,007,199,254,740,991",
        ),
        (
            "POST",
            f"{ONE}/restore",
            {"version": -1},
            "field 'version': got -1, expected a whole number from 0 to 9,007,199,254,740,991",
        ),
        (
            "PUT",
            f"{ONE}/access/users/ann",
            {"role": "king"},
            "field 'role': got \"king\", expected one of editor, owner, viewer",
        ),
        (
            "POST",
            f"{ONE}/access/links",
            {"role": "viewer", "lifetime_seconds": 0},
            "field 'lifetime_seconds': got 0, expected a number above 0 to 315,360,000 or null",
        ),
        (
            "POST",
            f"{ONE}/access/links",
            {"role": "viewer", "lifetime_seconds": ["x" * 99]},
            f"field 'lifetime_seconds': got [\"{'x' * 38}, "
            "expected a number above 0 to 315,360,000 or null",
        ),
        ("POST", DOCUMENTS, [], "the body is a JSON list: send a JSON object"),
        (
            "GET",
            f"{DOCUMENTS}?limit=0",
            None,
            "parameter 'limit': got 0, expected a whole number from 1 to 1,000",
        ),
        (
            "GET",
            f"{ONE}/operations?limit=1e2",
            None,
            "parameter 'limit': got \"1e2\", expected a whole number from 1 to 1,000",
        ),
        (
            "GET",
            f"{ONE}?version=x",
            None,
            "parameter 'version': got \"x\", "
            "expected a whole number from 0 to 9,007,199,254,740,991",
        ),
    ],
)
async def test_a_refusal_says_what_was_got_and_what_is_expected(
    http: httpx2.AsyncClient, method: str, path: str, body: object, message: str
) -> None:
    content = b"" if body is None else json.dumps(body)
    answer = await http.request(method, path, content=content)
    assert answer.json() == {"code": "invalid_request", "message": message}
    assert answer.status_code == 400


async def test_an_empty_body_is_an_empty_object(http: httpx2.AsyncClient) -> None:
    assert (await http.post(DOCUMENTS)).status_code == 201


async def test_parameters_that_are_not_the_endpoints_are_ignored(http: httpx2.AsyncClient) -> None:
    assert (await http.get(f"{ONE}?user_id=ann&other=1")).status_code == 200
