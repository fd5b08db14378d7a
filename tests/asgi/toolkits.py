"""Starlette and this core under one name each, and a way to run an application on both."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

Message = dict[str, Any]


class Toolkit:
    """The modules of one toolkit as attributes: `kit.routing.Route`."""

    def __init__(self, package: str) -> None:
        self.package = package

    def __getattr__(self, module: str) -> Any:
        if module.startswith("__"):
            raise AttributeError(module)
        return self.module(module)

    def module(self, name: str) -> Any:
        return import_module(f"{self.package}.{name}")

    def __repr__(self) -> str:
        return self.package


OURS = Toolkit("collab.asgi")
THEIRS = Toolkit("starlette")

Build = Callable[[Toolkit], Any]


class NothingMore(Exception):
    """The application wants an event, and the script has none left."""


@dataclass
class Outcome:
    sent: list[Message] = field(default_factory=list)
    raised: str | None = None
    left: int = 0


async def run(app: Any, scope: Message, incoming: Sequence[Message] = ()) -> Outcome:
    """Everything that the application sends and raises for this scope and these events."""
    outcome = Outcome()
    script = list(incoming)

    async def receive() -> Message:
        if script:
            return script.pop(0)
        if scope["type"] == "http":
            await asyncio.Event().wait()
        raise NothingMore

    async def send(message: Message) -> None:
        outcome.sent.append(_normal(message))

    try:
        async with asyncio.timeout(20):
            await app(_copy(scope), receive, send)
    except Exception as error:
        outcome.raised = type(error).__name__
    outcome.left = len(script)
    return outcome


async def alike(build: Build, scope: Message, incoming: Sequence[Message] = ()) -> Outcome:
    """Runs what `build` makes on both toolkits and asserts one outcome, which is returned."""
    ours = await run(build(OURS), scope, incoming)
    theirs = await run(build(THEIRS), scope, incoming)
    assert ours == theirs, f"\nours   {ours}\ntheirs {theirs}"
    return ours


def http(path: str = "/", method: str = "GET", **more: Any) -> Message:
    return _scope("http", path, **{"method": method, "scheme": "http", **more})


def websocket(path: str = "/", **more: Any) -> Message:
    more.setdefault("extensions", {"websocket.http.response": {}})
    return _scope("websocket", path, scheme="ws", subprotocols=[], **more)


def _scope(kind: str, path: str, **more: Any) -> Message:
    path, _, query = path.partition("?")
    headers = [(b"host", b"example.org")]
    headers += [(k.lower().encode(), v.encode()) for k, v in more.pop("send", {}).items()]
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 4321),
        "server": ("127.0.0.1", 8000),
        "state": {},
        **more,
    }


def request(body: bytes = b"") -> Message:
    return {"type": "http.request", "body": body, "more_body": False}


def connect() -> Message:
    return {"type": "websocket.connect"}


def text(data: str) -> Message:
    return {"type": "websocket.receive", "text": data}


def binary(data: bytes) -> Message:
    return {"type": "websocket.receive", "bytes": data}


def disconnect(code: int = 1001, reason: str = "") -> Message:
    return {"type": "websocket.disconnect", "code": code, "reason": reason}


def _copy(scope: Message) -> Message:
    return {key: value.copy() if hasattr(value, "copy") else value for key, value in scope.items()}


def _normal(message: Message) -> Message:
    """Without what no order is promised for: the methods in Allow, and tracebacks."""
    message = dict(message)
    if "headers" in message:
        message["headers"] = [_normal_header(*header) for header in message["headers"]]
    if "message" in message:
        message["message"] = message["message"].splitlines()[-1]
    return message


def _normal_header(name: bytes, value: bytes) -> tuple[bytes, bytes]:
    return (name, b", ".join(sorted(value.split(b", ")))) if name == b"allow" else (name, value)
