"""The WebSocket: the same scripts on Starlette and on this core, then what we do better."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from collab.asgi.websockets import (
    WebSocket,
    WebSocketClose,
    WebSocketDisconnect,
    WebSocketDisconnected,
    WebSocketState,
    negotiate_subprotocol,
)

from .toolkits import (
    OURS,
    THEIRS,
    Build,
    Toolkit,
    alike,
    binary,
    connect,
    disconnect,
    run,
    text,
    websocket,
)

SENDS: list[dict[str, Any]] = [
    {"type": "websocket.accept", "subprotocol": None, "headers": []},
    {"type": "websocket.send", "text": "a"},
    {"type": "websocket.close", "code": 1000, "reason": ""},
    {"type": "websocket.http.response.start", "status": 403, "headers": []},
    {"type": "websocket.http.response.body", "body": b"", "more_body": True},
    {"type": "websocket.http.response.body", "body": b""},
    {"type": "http.response.start", "status": 200, "headers": []},
]
RECEIVES: list[dict[str, Any]] = [
    connect(),
    text("a"),
    binary(b"a"),
    disconnect(),
    {"type": "http.request"},
]


def session(script: Any) -> Build:
    """The application of `async script(websocket)`, on either toolkit."""

    def build(kit: Toolkit) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await script(kit.websockets.WebSocket(scope, receive=receive, send=send))

        return app

    return build


async def test_every_order_of_four_sends_is_allowed_or_refused_alike() -> None:
    for order in product(SENDS, repeat=4):
        steps: dict[Any, list[Any]] = {}
        for kit in (OURS, THEIRS):
            seen: list[Any] = []

            async def script(ws: Any, order: Any = order, seen: list[Any] = seen) -> None:
                await ws.receive()
                for message in order:
                    try:
                        await ws.send(message)
                        seen.append(ws.application_state.name)
                    except RuntimeError as error:
                        seen.append((type(error).__name__, ws.application_state.name))

            outcome = await run(session(script)(kit), websocket(), [connect()])
            steps[kit] = [seen, outcome]
        assert steps[OURS] == steps[THEIRS], order


async def test_every_order_of_four_receives_is_allowed_or_refused_alike() -> None:
    for order in product(RECEIVES, repeat=4):
        steps = []
        for kit in (OURS, THEIRS):
            seen: list[Any] = []

            async def script(ws: Any, seen: list[Any] = seen) -> None:
                for _ in range(4):
                    try:
                        seen.append((await ws.receive(), ws.client_state.name))
                    except RuntimeError as error:
                        seen.append((type(error).__name__, ws.client_state.name))

            await run(session(script)(kit), websocket(), order)
            steps.append(seen)
        assert steps[0] == steps[1], order


async def test_an_illegal_send_names_what_was_allowed_and_what_came() -> None:
    async def send(message: Any) -> None:
        raise AssertionError("sent")

    async def receive() -> Any:
        return text("too early")

    ws = WebSocket(websocket(), receive, send)
    with pytest.raises(RuntimeError) as sending:
        await ws.send_text("too early")
    for part in (
        "websocket.accept",
        "websocket.close",
        "websocket.http.response.start",
        "CONNECTING",
        "websocket.send",
    ):
        assert part in str(sending.value)
    with pytest.raises(RuntimeError, match=r'Expected .*"websocket.connect".*websocket\.receive'):
        await ws.receive()
    with pytest.raises(WebSocketDisconnected, match="CONNECTING, not CONNECTED"):
        await ws.receive_text()
    assert ws.client_state is ws.application_state is WebSocketState.CONNECTING


async def test_accept_waits_for_the_connect_event_and_passes_subprotocol_and_headers() -> None:
    async def script(ws: Any) -> None:
        await ws.accept(subprotocol="collab.v1", headers=[(b"x-a", b"1")])
        await ws.close(4404, "no such document")

    outcome = await alike(session(script), websocket(), [connect()])
    assert [message["type"] for message in outcome.sent] == ["websocket.accept", "websocket.close"]


@pytest.mark.parametrize("mode", ["text", "binary"])
async def test_json_goes_both_ways_in_both_modes(mode: str) -> None:
    async def script(ws: Any) -> None:
        await ws.accept()
        for _ in range(3):
            await ws.send_json(await ws.receive_json(mode=mode), mode=mode)
        await ws.close()

    values = ['{"a": "ä😀\\u0000"}', "[1, 2.5, null]", '"\\ud83d"']
    frames = [text(v) if mode == "text" else binary(v.encode()) for v in values[:2]]
    frames.append(text('"ok"') if mode == "text" else binary(b'"ok"'))
    await alike(session(script), websocket(), [connect(), *frames])


async def test_an_unknown_mode_is_a_runtime_error() -> None:
    async def script(ws: Any) -> None:
        await ws.accept()
        for call in (ws.receive_json(mode="bytes"), ws.send_json({}, mode="bytes")):
            with pytest.raises(RuntimeError, match="mode"):
                await call
        await ws.close()

    await alike(session(script), websocket(), [connect()])


@pytest.mark.parametrize("kind", ["text", "bytes", "json"])
async def test_iteration_ends_when_the_client_goes(kind: str) -> None:
    async def script(ws: Any) -> None:
        await ws.accept()
        async for data in getattr(ws, f"iter_{kind}")():
            await ws.send_text(repr(data))

    frame = binary(b"1") if kind == "bytes" else text("1")
    outcome = await alike(session(script), websocket(), [connect(), frame, frame, disconnect()])
    assert len(outcome.sent) == 3


@pytest.mark.parametrize("method", ["receive_text", "receive_bytes", "receive_json"])
async def test_a_disconnect_while_receiving_has_its_code_and_reason(method: str) -> None:
    async def script(ws: Any) -> None:
        await ws.accept()
        try:
            await getattr(ws, method)()
        except Exception as raised:
            error: Any = raised
            told = (type(error).__name__, error.code, error.reason)
            await ws.send_text(repr(told))

    outcome = await alike(session(script), websocket(), [connect(), disconnect(4409, "taken over")])
    assert "(4409" not in outcome.sent[1]["text"]
    assert "4409, 'taken over'" in outcome.sent[1]["text"]


async def test_a_disconnect_nobody_handles_is_raised() -> None:
    async def script(ws: Any) -> None:
        await ws.accept()
        await ws.receive_text()

    outcome = await alike(session(script), websocket(), [connect(), disconnect()])
    assert outcome.raised == "WebSocketDisconnect"


async def test_closing_twice_or_sending_after_closing_is_refused() -> None:
    async def script(ws: Any) -> None:
        await ws.accept()
        await ws.close()
        for call in (ws.close(), ws.send_text("x"), ws.accept()):
            with pytest.raises(RuntimeError, match="close message has been sent"):
                await call

    await alike(session(script), websocket(), [connect()])


async def test_a_socket_is_a_mapping_of_its_scope() -> None:
    async def script(ws: Any) -> None:
        await ws.accept()
        await ws.send_json([ws["path"], len(ws), sorted(ws), ws.get("nothing"), "type" in ws])
        assert ws != dict(ws)
        assert hash(ws) == hash(ws)

    await alike(session(script), websocket("/a"), [connect()])


@pytest.mark.parametrize("extensions", [{}, {"websocket.http.response": {}}])
async def test_a_denial_response_needs_the_servers_support(extensions: dict[str, Any]) -> None:
    def build(kit: Toolkit) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            ws = kit.websockets.WebSocket(scope, receive, send)
            response = kit.responses.JSONResponse({"code": "forbidden"}, status_code=403)
            await ws.receive()
            await ws.send_denial_response(response)
            assert ws.application_state.name == "DISCONNECTED"

        return app

    outcome = await alike(build, websocket(extensions=extensions), [connect()])
    assert outcome.raised == (None if extensions else "RuntimeError")


async def test_websocket_close_is_an_application() -> None:
    outcome = await alike(lambda kit: kit.websockets.WebSocketClose(4404, "gone"), websocket())
    assert outcome.sent == [{"type": "websocket.close", "code": 4404, "reason": "gone"}]
    assert WebSocketClose().code == 1000


def test_the_states_and_the_disconnect_are_those_of_starlette() -> None:
    assert {s.name: s.value for s in WebSocketState} == {
        s.name: s.value for s in THEIRS.websockets.WebSocketState
    }
    cases: list[tuple[Any, ...]] = [(), (1006,), (1001, "bye")]
    for args in cases:
        ours, theirs = WebSocketDisconnect(*args), THEIRS.websockets.WebSocketDisconnect(*args)
        assert (ours.code, ours.reason) == (theirs.code, theirs.reason)


class TestBetterThanStarlette:
    async def test_a_frame_of_the_other_kind_is_a_runtime_error_and_the_next_one_is_read(
        self,
    ) -> None:
        async def script(ws: Any) -> None:
            await ws.accept()
            for method in ("receive_text", "receive_json"):
                with pytest.raises(RuntimeError, match="Expected a text frame, got a binary frame"):
                    await getattr(ws, method)()
            with pytest.raises(RuntimeError, match="Expected a binary frame, got a text frame"):
                await ws.receive_bytes()
            with pytest.raises(RuntimeError, match="Expected a binary frame, got a text frame"):
                await ws.receive_json(mode="binary")
            await ws.send_text(await ws.receive_text())

        frames = [
            binary(b"1"),
            {"type": "websocket.receive", "bytes": b"1", "text": None},
            text("1"),
            text("1"),
            {"type": "websocket.receive", "bytes": None, "text": ""},
        ]
        outcome = await run(session(script)(OURS), websocket(), [connect(), *frames])
        assert outcome.raised is None
        assert outcome.sent[-1] == {"type": "websocket.send", "text": ""}

    @pytest.mark.parametrize(
        "data", ["", "{", "NaN", "[Infinity]", "[" * 100_000, '{"a": 1}x', "1" * 10_000]
    )
    @pytest.mark.parametrize("mode", ["text", "binary"])
    async def test_invalid_json_is_a_value_error_and_the_next_frame_is_read(
        self, data: str, mode: str
    ) -> None:
        async def script(ws: Any) -> None:
            await ws.accept()
            # What it says is the JSON library's business.
            with pytest.raises(ValueError):  # noqa: PT011
                await ws.receive_json(mode)
            assert await ws.receive_json(mode) == 1

        frames = (
            [text(data), text("1")] if mode == "text" else [binary(data.encode()), binary(b"1")]
        )
        outcome = await run(session(script)(OURS), websocket(), [connect(), *frames])
        assert outcome.raised is None

    async def test_json_that_is_not_utf8_is_a_value_error(self) -> None:
        async def script(ws: Any) -> None:
            await ws.accept()
            with pytest.raises(ValueError, match="utf-8"):
                await ws.receive_json("binary")

        outcome = await run(session(script)(OURS), websocket(), [connect(), binary(b'"\xff"')])
        assert outcome.raised is None

    async def test_nothing_is_sent_that_is_not_json(self) -> None:
        async def script(ws: Any) -> None:
            await ws.accept()
            with pytest.raises(ValueError, match="JSON compliant"):
                await ws.send_json(float("nan"))

        assert len((await run(session(script)(OURS), websocket(), [connect()])).sent) == 1

    async def test_iter_json_takes_a_mode(self) -> None:
        async def script(ws: Any) -> None:
            await ws.accept()
            async for value in ws.iter_json(mode="binary"):
                await ws.send_json(value)

        script_events = [connect(), binary(b"[1]"), binary(b"2"), disconnect()]
        outcome = await run(session(script)(OURS), websocket(), script_events)
        assert [message.get("text") for message in outcome.sent[1:]] == ["[1]", "2"]

    @pytest.mark.parametrize("event", [0, 1, 2, 3])
    async def test_an_os_error_while_sending_is_a_disconnect_1006(self, event: int) -> None:
        # Accept, a frame, a close, and the start of a denial: whatever is under way.
        broken = SENDS[event]

        async def send(message: Any) -> None:
            if message == broken:
                raise ConnectionResetError

        async def receive() -> Any:
            return connect()

        ws = WebSocket(websocket(), receive, send)
        if broken["type"] == "websocket.send":
            await ws.accept()
        with pytest.raises(WebSocketDisconnect) as caught:
            await ws.send(broken)
        assert caught.value.code == 1006
        assert isinstance(caught.value.__cause__, ConnectionResetError)
        assert ws.application_state is WebSocketState.DISCONNECTED


@pytest.mark.parametrize(
    ("offered", "supported", "chosen"),
    [
        (["collab.v1"], ["collab.v1"], "collab.v1"),
        (["x", "b", "a"], ["a", "b"], "b"),
        (["x"], ["collab.v1"], None),
        ([], ["collab.v1"], None),
        (["COLLAB.V1"], ["collab.v1"], None),
    ],
)
def test_the_clients_favourite_of_the_supported_subprotocols_is_chosen(
    offered: list[str], supported: list[str], chosen: str | None
) -> None:
    assert negotiate_subprotocol(offered, supported) == chosen


def test_a_socket_tells_the_subprotocols_that_are_offered() -> None:
    async def never(*args: Any) -> Any:
        raise AssertionError

    scope = {**websocket(), "subprotocols": ["b", "a"]}
    assert WebSocket(scope, never, never).subprotocols == ["b", "a"]
    assert WebSocket({**scope, "subprotocols": None}, never, never).subprotocols == []
