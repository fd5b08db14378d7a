"""The HTTP API described for programs, as OpenAPI 3.1, made of the table of its endpoints."""

from __future__ import annotations

import inspect
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any, Literal

import msgspec
from msgspec import Struct

from ..asgi.responses import Response
from ..errors import (
    CollabError,
    DocumentDeleted,
    Forbidden,
    Internal,
    InvalidRequest,
    NoSuchDocument,
    RateLimited,
    RequestTimeout,
    ServerBusy,
    ShuttingDown,
    StorageUnavailable,
    TooLarge,
    Unauthorized,
)
from ..sessions.join import DOC_ID_PATTERN
from .endpoints import Call, Endpoint, Nothing
from .json import json_response
from .schemas import Error, OpenAPI

__all__ = ["PATH", "OpenAPIDescription"]

PATH = "/api/openapi.json"

Mode = Literal["open", "token", "host"]
JSON = "application/json"

_PARAMETER = re.compile(r"\{(\w+)(?::\w+)?\}")
_REFERENCE = "#/components/schemas/{name}"

PATH_SCHEMAS = {"doc_id": {"type": "string", "pattern": f"^{DOC_ID_PATTERN}$"}}
STRING = {"type": "string"}

# What may go wrong wherever it is.
EVERYWHERE = (
    InvalidRequest,
    TooLarge,
    RequestTimeout,
    RateLimited,
    ServerBusy,
    ShuttingDown,
    StorageUnavailable,
    Internal,
)


class OpenAPIDescription:
    """`/api/openapi.json`, which describes these endpoints and itself.

    Args:
        mode: how users are known, as `/api/session` says.
        cookie: the name of the cookie that holds a token.
    """

    def __init__(self, endpoints: Iterable[Endpoint], mode: Mode, cookie: str) -> None:
        self._described = [*endpoints, *self.endpoints()]
        self._security = _security(mode, cookie)
        self._made: OpenAPI | None = None

    def endpoints(self) -> list[Endpoint]:
        return [
            Endpoint(
                method="GET",
                path=PATH,
                handler=self.read_description,
                needs="anyone",
                answers={200: OpenAPI},
            )
        ]

    async def read_description(self, call: Call[Nothing, Nothing]) -> Response:
        """This description."""
        if self._made is None:
            self._made = _description(self._described, self._security)
        servers = [{"url": call.request.scope.get("root_path", "") or "/"}]
        return json_response(msgspec.structs.replace(self._made, servers=servers))


def _description(endpoints: Sequence[Endpoint], security: dict[str, Any]) -> OpenAPI:
    paths: dict[str, dict[str, Any]] = {}
    names: Counter[str] = Counter()
    for endpoint in endpoints:
        name = endpoint.handler.__name__
        names[name] += 1
        operation_id = name if names[name] == 1 else f"{name}_{names[name]}"
        path = _PARAMETER.sub(r"{\1}", endpoint.path)
        operation = _operation(endpoint, operation_id, security)
        paths.setdefault(path, {})[endpoint.method.lower()] = operation
    _, schemas = msgspec.json.schema_components(_models(endpoints), ref_template=_REFERENCE)
    return OpenAPI(
        openapi="3.1.0",
        info={
            "title": "collab",
            "version": version("collab-server"),
            "summary": "Documents that many people edit at the same time.",
            "description": "Edits and cursors go over the WebSocket protocol `collab.v1`.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        servers=[],
        paths=paths,
        components={"schemas": schemas, "securitySchemes": security},
    )


def _models(endpoints: Sequence[Endpoint]) -> list[type[Struct]]:
    found: set[type[Struct]] = {Error}
    for endpoint in endpoints:
        found |= {endpoint.body, *endpoint.answers.values()}
    return sorted(found - {Nothing}, key=lambda model: model.__name__)


def _operation(endpoint: Endpoint, operation_id: str, security: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI calls an operation: a method of a path."""
    operation: dict[str, Any] = {
        "operationId": operation_id,
        "summary": inspect.cleandoc(endpoint.handler.__doc__ or "").partition("\n\n")[0],
        "tags": [_tag(endpoint.path)],
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint)],
        "responses": {**_answers(endpoint), **_refusals(endpoint)},
    }
    if 304 in endpoint.answers:
        operation["parameters"].append(
            {"name": "If-None-Match", "in": "header", "schema": STRING, "required": False}
        )
    if endpoint.body is not Nothing:
        operation["requestBody"] = {"required": True, "content": _content(endpoint.body)}
    if endpoint.needs != "anyone" and security:
        operation["security"] = [{name: []} for name in security]
    return operation


def _tag(path: str) -> str:
    """`documents`, `access`, `session` or what else the path is of."""
    parts = path.strip("/").split("/")
    return "access" if "access" in parts else parts[1].partition(".")[0]


def _path_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": PATH_SCHEMAS.get(name, STRING)}
        for name in _PARAMETER.findall(endpoint.path)
    ]


def _query_parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    if endpoint.query is Nothing:
        return []
    schema = msgspec.json.schema(endpoint.query)["$defs"][endpoint.query.__name__]
    return [
        {"name": name, "in": "query", "required": name in schema["required"], "schema": found}
        for name, found in schema["properties"].items()
    ]


def _content(model: type[Struct]) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": _REFERENCE.format(name=model.__name__)}}}


def _answers(endpoint: Endpoint) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for status, model in endpoint.answers.items():
        answer: dict[str, Any] = {"description": "Not changed." if status == 304 else "Done."}
        if model is not Nothing:
            answer["content"] = _content(model)
        if 304 in endpoint.answers:
            answer["headers"] = {"ETag": {"schema": STRING, "required": True}}
        answers[str(status)] = answer
    return answers


def _refusals(endpoint: Endpoint) -> dict[str, Any]:
    """The errors by status: their codes, and what each of them is."""
    by_status: dict[int, list[type[CollabError]]] = {}
    for error in _errors(endpoint):
        by_status.setdefault(error.status, []).append(error)
    refusals: dict[str, Any] = {}
    for status, errors in sorted(by_status.items()):
        texts = [f"`{each.code}`: {_first_line(each)}" for each in errors]
        refusal: dict[str, Any] = {"description": "\n\n".join(texts), "content": _content(Error)}
        if any(each.retry for each in errors):
            refusal["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}}}
        refusals[str(status)] = refusal
    return refusals


def _errors(endpoint: Endpoint) -> list[type[CollabError]]:
    found: list[type[CollabError]] = [*EVERYWHERE, *endpoint.errors]
    if endpoint.method != "GET" or endpoint.needs not in ("anyone", "user"):
        found.append(Forbidden)
    if endpoint.needs != "anyone":
        found.append(Unauthorized)
    if "{doc_id}" in endpoint.path:
        found += [NoSuchDocument, DocumentDeleted]
    return list(dict.fromkeys(found))


def _first_line(error: type[CollabError]) -> str:
    return " ".join(inspect.cleandoc(error.__doc__ or "").partition("\n\n")[0].split())


def _security(mode: Mode, cookie: str) -> dict[str, Any]:
    """How users are known; an embedding application has ways of its own."""
    if mode == "open":
        return {}
    link = {"link": {"type": "apiKey", "in": "query", "name": "link"}}
    if mode == "host":
        return {"host": {"type": "apiKey", "in": "header", "name": "Authorization"}, **link}
    return {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "query": {"type": "apiKey", "in": "query", "name": "token"},
        "cookie": {"type": "apiKey", "in": "cookie", "name": cookie},
        **link,
    }
