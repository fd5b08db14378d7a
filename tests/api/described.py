"""Answers compared with what the API says of itself."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import httpx2
from jsonschema import Draft202012Validator

from collab.app import Collab
from collab.settings import Settings

__all__ = ["Described", "description_of", "read_description"]


async def read_description(app: Collab) -> httpx2.Response:
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as http:
        return await http.get("/api/openapi.json")


def description_of(**settings: Any) -> Any:
    """What an application of these settings says."""

    async def read() -> Any:
        app = Collab(Settings(database="sqlite://", **settings))
        async with app.running():
            return (await read_description(app)).json()

    return asyncio.run(read())


class Described:
    """A response hook of httpx2: fails where an answer of the API is not as it is described."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._description = description
        self._paths = [
            (re.compile(re.sub(r"\{\w+\}", "[^/]+", path)), operations)
            for path, operations in description["paths"].items()
        ]

    async def __call__(self, response: httpx2.Response) -> None:
        request = response.request
        if request.url.path.startswith("/api/"):
            self.check(request.method, request.url.path, response, await response.aread())

    def check(self, method: str, path: str, response: httpx2.Response, body: bytes) -> None:
        operation = self._operation("get" if method == "HEAD" else method.lower(), path)
        if operation is None:
            assert response.status_code in (400, 404, 405), (method, path)
            return
        answers = operation["responses"]
        assert str(response.status_code) in answers, (method, path, response.status_code)
        answer = answers[str(response.status_code)]
        for name, header in answer.get("headers", {}).items():
            assert not header.get("required") or name in response.headers
        if "content" not in answer:
            assert not body
        elif method != "HEAD":
            ((media_type, content),) = answer["content"].items()
            assert response.headers["content-type"] == media_type
            self.validate(content["schema"], response.json())

    def validate(self, schema: dict[str, Any], value: Any) -> None:
        whole = {**schema, "components": self._description["components"]}
        Draft202012Validator(whole).validate(value)

    def _operation(self, method: str, path: str) -> Any:
        for pattern, operations in self._paths:
            if pattern.fullmatch(path) and method in operations:
                return operations[method]
        return None
