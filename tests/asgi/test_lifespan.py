"""Startup and shutdown, and what goes wrong in them, alike on both toolkits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from .toolkits import Build, Toolkit, alike, http

EVENTS = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]


def lifespan(state: Any = None, fails: str = "") -> Any:
    @asynccontextmanager
    async def context(app: Any) -> AsyncIterator[Any]:
        if fails == "startup":
            raise LookupError("no database")
        yield state
        if fails == "shutdown":
            raise LookupError("disk full")

    return context


def router(context: Any) -> Build:
    return lambda kit: kit.routing.Router(lifespan=context)


def application(context: Any) -> Build:
    return lambda kit: kit.applications.Starlette(lifespan=context)


@pytest.mark.parametrize("kind", [router, application])
@pytest.mark.parametrize("fails", ["", "startup", "shutdown"])
async def test_each_stage_is_told_to_the_server(kind: Any, fails: str) -> None:
    build = kind(lifespan(fails=fails))
    outcome = await alike(build, {"type": "lifespan", "state": {}}, EVENTS)
    assert outcome.raised == ("LookupError" if fails else None)
    if fails:
        assert outcome.sent[-1]["message"].startswith("LookupError")


@pytest.mark.parametrize("kind", [router, application])
async def test_without_a_lifespan_both_stages_are_complete(kind: Any) -> None:
    outcome = await alike(kind(None), {"type": "lifespan", "state": {}}, EVENTS)
    assert [message["type"] for message in outcome.sent] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]


async def test_what_the_lifespan_gives_is_the_servers_state() -> None:
    def build(kit: Toolkit) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await router(lifespan({"database": 1}))(kit)(scope, receive, send)
            await send({"type": "state", "state": dict(scope["state"])})

        return app

    outcome = await alike(build, {"type": "lifespan", "state": {"kept": 2}}, EVENTS)
    assert outcome.sent[-1]["state"] == {"kept": 2, "database": 1}


async def test_state_needs_the_servers_support() -> None:
    outcome = await alike(router(lifespan({"a": 1})), {"type": "lifespan"}, EVENTS)
    assert outcome.raised == "RuntimeError"
    assert outcome.sent[0]["type"] == "lifespan.startup.failed"


async def test_the_context_is_given_the_application() -> None:
    seen: list[Any] = []

    @asynccontextmanager
    async def context(app: Any) -> AsyncIterator[None]:
        seen.append(type(app).__name__)
        yield

    await alike(application(context), {"type": "lifespan", "state": {}}, EVENTS)
    await alike(router(context), {"type": "lifespan", "state": {}}, EVENTS)
    assert set(seen) == {"Application", "Starlette", "NoneType"}


async def test_middleware_sees_the_lifespan() -> None:
    def mark(app: Any) -> Any:
        async def marked(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "marked", "scope": scope["type"]})
            await app(scope, receive, send)

        return marked

    def build(kit: Toolkit) -> Any:
        return kit.applications.Starlette(middleware=[kit.middleware.Middleware(mark)])

    await alike(build, {"type": "lifespan", "state": {}}, EVENTS)
    await alike(build, http("/"))
