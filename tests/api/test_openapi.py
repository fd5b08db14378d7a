"""`/api/openapi.json` is valid, and describes the routes that there are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from collab import __version__
from collab.api.resources import Resource
from collab.app import Collab
from collab.errors import CollabError
from collab.settings import Settings

from .described import Described, description_of, read_description

MODES: dict[str, dict[str, Any]] = {
    "open": {},
    "token": {"auth": "token", "token_secret": "s" * 32, "token_cookie": "a_cookie"},
}


@pytest.fixture(scope="module", params=MODES)
def described(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return request.param, description_of(**MODES[request.param])


def operations(description: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            yield method, path, operation


def test_it_is_valid(described: tuple[str, dict[str, Any]]) -> None:
    OpenAPIV31SpecValidator(described[1]).validate()


def test_it_has_the_routes_that_there_are(described: tuple[str, dict[str, Any]]) -> None:
    mode, description = described
    app = Collab(Settings(database="sqlite://", **MODES[mode]))
    routes = {
        (method.lower(), re.sub(r":\w+\}", "}", route.path))
        for route in app._router.routes
        if isinstance(route, Resource) and route.path.startswith("/api/")
        for method in route.endpoints
        if method != "HEAD"
    }
    assert {(method, path) for method, path, _ in operations(description)} == routes


def test_every_operation_says_what_it_does(described: tuple[str, dict[str, Any]]) -> None:
    found = [operation for _, _, operation in operations(described[1])]
    names = [operation["operationId"] for operation in found]
    assert len(set(names)) == len(names)
    assert all(operation["summary"].endswith(".") for operation in found)
    for name, schema in described[1]["components"]["schemas"].items():
        assert schema["description"].endswith("."), name


def test_every_code_of_a_refusal_is_one_of_the_protocol(
    described: tuple[str, dict[str, Any]],
) -> None:
    statuses = {}
    waiting: list[type[CollabError]] = [CollabError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        statuses[error.code] = str(error.status)
    for _, _, operation in operations(described[1]):
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                codes = re.findall(r"^`(\w+)`: .+$", answer["description"], flags=re.MULTILINE)
                assert codes
                assert {statuses[code] for code in codes} == {status}


def test_it_tells_the_version_of_the_program() -> None:
    assert description_of()["info"]["version"] == __version__


def test_each_way_to_be_known_is_named() -> None:
    assert description_of()["components"]["securitySchemes"] == {}
    schemes = description_of(**MODES["token"])["components"]["securitySchemes"]
    assert set(schemes) == {"bearer", "query", "cookie", "link"}
    assert schemes["cookie"]["name"] == "a_cookie"


async def test_it_names_where_the_application_is_mounted(app: Collab) -> None:
    assert (await read_description(app)).json()["servers"] == [{"url": "/"}]
    transport = httpx2.ASGITransport(app=app, root_path="/notes")
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        answer = await http.get("/notes/api/openapi.json")
    assert answer.json()["servers"] == [{"url": "/notes"}]


def test_an_answer_that_is_not_as_described_is_found() -> None:
    described = Described(description_of())
    wrong = httpx2.Response(200, json={"documents": [{"doc_id": 1}], "next": None})
    with pytest.raises(Exception, match=r"is not of type 'string'|is a required property"):
        described.check("GET", "/api/documents", wrong, wrong.content)
    with pytest.raises(AssertionError):
        described.check("GET", "/api/documents", httpx2.Response(201), b"")
