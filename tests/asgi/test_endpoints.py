"""Endpoints as classes, alike on both toolkits."""

from __future__ import annotations

from typing import Any

import pytest

from .toolkits import (
    OURS,
    Build,
    Toolkit,
    alike,
    binary,
    connect,
    disconnect,
    http,
    run,
    text,
    websocket,
)


def endpoint(encoding: str | None = None, **failing: Any) -> Build:
    """A WebSocketEndpoint that writes its story into frames; `failing` says which method raises."""

    def build(kit: Toolkit) -> Any:
        class Story(kit.endpoints.WebSocketEndpoint):
            async def on_connect(self, ws: Any) -> None:
                if failing.get("connect"):
                    raise LookupError
                await ws.accept()

            async def on_receive(self, ws: Any, data: Any) -> None:
                if failing.get("receive"):
                    raise LookupError
                await ws.send_text(repr(data))

            async def on_disconnect(self, ws: Any, close_code: int) -> None:
                # The connection is over: the story's end goes past the socket's state.
                await self.send({"type": "told", "code": close_code})
                if failing.get("disconnect"):
                    raise LookupError

        Story.encoding = encoding
        return kit.routing.Router([kit.routing.WebSocketRoute("/", Story)])

    return build


FRAMES = [
    text("hi"),
    text(""),
    binary(b"\x00"),
    binary(b""),
    text('{"a": [1]}'),
    binary(b'"x"'),
    text("{"),
    binary(b"{"),
    {"type": "websocket.receive", "text": "both", "bytes": None},
    {"type": "websocket.receive", "text": None, "bytes": b"1"},
]


@pytest.mark.parametrize("encoding", [None, "text", "bytes", "json", "morse"])
@pytest.mark.parametrize("frame", FRAMES, ids=repr)
async def test_each_encoding_takes_or_refuses_each_frame(
    encoding: str | None, frame: dict[str, Any]
) -> None:
    await alike(endpoint(encoding), websocket(), [connect(), frame, disconnect()])


async def test_a_frame_of_the_wrong_kind_closes_with_1003() -> None:
    outcome = await alike(endpoint("text"), websocket(), [connect(), binary(b"x"), disconnect()])
    assert outcome.sent[1:] == [
        {"type": "websocket.close", "code": 1003, "reason": ""},
        {"type": "told", "code": 1011},
    ]


@pytest.mark.parametrize("method", ["connect", "receive", "disconnect"])
async def test_a_method_that_raises_ends_the_connection_alike(method: str) -> None:
    events = [connect(), text("a"), disconnect(4000)]
    outcome = await alike(endpoint(None, **{method: True}), websocket(), events)
    assert outcome.raised == "LookupError"


@pytest.mark.parametrize(
    "event",
    [
        disconnect(4001),
        {"type": "websocket.disconnect"},
        {"type": "websocket.disconnect", "code": None},
    ],
)
async def test_the_clients_close_code_is_told(event: dict[str, Any]) -> None:
    await alike(endpoint(), websocket(), [connect(), event])


async def test_an_endpoint_has_methods_that_do_nothing() -> None:
    def build(kit: Toolkit) -> Any:
        return kit.endpoints.WebSocketEndpoint

    outcome = await alike(build, websocket(), [connect(), text("x"), disconnect()])
    assert [message["type"] for message in outcome.sent] == ["websocket.accept"]


async def test_json_nested_too_deep_closes_with_1003() -> None:
    deep = text("[" * 100_000)
    outcome = await run(endpoint("json")(OURS), websocket(), [connect(), deep, disconnect()])
    assert outcome.sent[1]["code"] == 1003


async def test_json_that_is_not_utf8_or_not_a_number_closes_with_1003() -> None:
    for frame in (binary(b'"\xff"'), text("NaN")):
        outcome = await run(endpoint("json")(OURS), websocket(), [connect(), frame])
        assert outcome.sent[1]["code"] == 1003


def resource(kit: Toolkit) -> Any:
    class Resource(kit.endpoints.HTTPEndpoint):
        async def get(self, request: Any) -> Any:
            return kit.responses.PlainTextResponse(request.path_params.get("name", "nobody"))

        def put(self, request: Any) -> Any:
            return kit.responses.Response(status_code=204)

        async def query(self, request: Any) -> Any:
            return kit.responses.PlainTextResponse("found")

        async def trace(self, request: Any) -> Any:
            raise AssertionError("not one of the methods")

    return Resource


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "PUT", "POST", "DELETE", "QUERY", "TRACE", "get"]
)
async def test_each_method_is_answered_by_the_one_of_its_name(method: str) -> None:
    def routed(kit: Toolkit) -> Any:
        return kit.routing.Router([kit.routing.Route("/{name}", resource(kit))])

    def in_application(kit: Toolkit) -> Any:
        return kit.applications.Starlette(routes=[kit.routing.Route("/{name}", resource(kit))])

    for build in (resource, routed, in_application):
        await alike(build, http("/ada", method))


async def test_an_endpoint_takes_only_its_own_kind_of_connection() -> None:
    assert (await alike(resource, websocket())).raised == "AssertionError"
    assert (await alike(lambda kit: kit.endpoints.WebSocketEndpoint, http())).raised
