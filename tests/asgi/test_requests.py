"""What a connection tells about itself, and the body of a request: alike on both toolkits."""

from __future__ import annotations

import json
from typing import Any

import pytest

from collab.asgi.requests import Request

from .toolkits import (
    OURS,
    Build,
    Toolkit,
    alike,
    connect,
    disconnect,
    http,
    request,
    run,
    websocket,
)


def telling(tell: Any) -> Build:
    """The application that answers with `tell(request)` as JSON, or with its exception's name."""

    def build(kit: Toolkit) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            told = await tell(kit.requests.Request(scope, receive, send))
            await kit.responses.JSONResponse(told)(scope, receive, send)

        return app

    return build


async def describe(connection: Any) -> Any:
    url = connection.url
    return {
        "url": str(url),
        "parts": [url.scheme, url.netloc, url.hostname, url.port, url.path, url.query],
        "secure": url.is_secure,
        "base_url": str(connection.base_url),
        "headers": connection.headers.items(),
        "query_params": connection.query_params.multi_items(),
        "path_params": connection.path_params,
        "cookies": connection.cookies,
        "client": connection.client,
        "mapping": [connection["path"], len(connection), sorted(connection)],
    }


SCOPES: dict[str, dict[str, Any]] = {
    "plain": http("/a/b?x=1&x=2&y=&z=%C3%A4+b"),
    "root": http("/collab/a", root_path="/collab"),
    "rootslash": http("/collab/a", root_path="/collab/"),
    "https": http("/", scheme="https"),
    "odd path": http("/") | {"path": "//evil.org/ä#?\\ b"},
    "no server": http("/") | {"headers": [], "server": None, "path": "//evil.org/"},
    "no server, query": http("/a?b=c") | {"headers": [], "server": None},
    "server only": http("/") | {"headers": []},
    "default port": http("/") | {"headers": [], "server": ("h", 443), "scheme": "https"},
    "ipv6 server": http("/") | {"headers": [], "server": ("::1", 8000)},
    "unix socket": http("/") | {"headers": [], "server": ("/run/x.sock", None)},
    "no client": http("/") | {"client": None},
    "no root": {k: v for k, v in http("/").items() if k != "root_path"},
    "no state": {k: v for k, v in http("/").items() if k != "state"},
    "app root": http("/m/x", root_path="/m", app_root_path=""),
}
HOSTS = [
    "example.org:8443",
    "[::1]:8000",
    "[::1]",
    "[v1.a:b]",
    "[:::]",
    "evil.org/path",
    "a@b",
    "a b",
    "",
    "h:99999",
    "h:" + "9" * 5000,
    "h:0000080",
    "h:x",
    "[::1",
    "h\\x",
    "EXAMPLE.org",
]
COOKIES = [
    "a=1; b=2",
    'q="a\\"b\\054c"; r="\\303\\244"',
    "novalue; =x; y=; ;;",
    "a=1; a=2",
    'half="x; other=1',
    'x="a;b"',
    "k=a=b=c",
]


@pytest.mark.parametrize("name", SCOPES)
async def test_a_request_tells_the_same(name: str) -> None:
    await alike(telling(describe), SCOPES[name])


@pytest.mark.parametrize("host", HOSTS)
async def test_a_host_header_is_believed_only_if_it_is_one(host: str) -> None:
    await alike(telling(describe), http("/a") | {"headers": [(b"host", host.encode())]})


@pytest.mark.parametrize("cookie", COOKIES)
async def test_cookies_are_read_as_browsers_write_them(cookie: str) -> None:
    await alike(telling(describe), http("/", send={"cookie": cookie}))


async def test_several_cookie_headers_count_together() -> None:
    headers = [(b"cookie", b"a=1; b=2"), (b"cookie", b"b=3")]
    outcome = await alike(telling(describe), http("/") | {"headers": headers})
    assert json.loads(outcome.sent[1]["body"])["cookies"] == {"a": "1", "b": "3"}


async def test_a_websocket_tells_the_same() -> None:
    def build(kit: Toolkit) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            ws = kit.websockets.WebSocket(scope, receive, send)
            await ws.accept()
            await ws.send_json(await describe(ws))

        return app

    for scope in (
        websocket("/ws/documents/x?token=t", root_path="/ws", send={"cookie": "a=1"}),
        websocket("/", client=None) | {"scheme": "wss", "headers": []},
        websocket("/") | {"server": None, "headers": []},
    ):
        await alike(build, scope, [connect()])


@pytest.mark.parametrize("what", ["session", "auth", "user"])
async def test_what_middleware_leaves_in_the_scope_is_there_or_asked_for(what: str) -> None:
    async def tell(connection: Any) -> Any:
        return getattr(connection, what)

    outcome = await alike(telling(tell), http("/") | {what: {"name": "ada"}})
    assert outcome.sent[1]["body"] == b'{"name":"ada"}'
    assert (await alike(telling(tell), http("/"))).raised == "AssertionError"


async def test_session_middleware_is_told_that_someone_looked() -> None:
    class Session(dict[str, Any]):
        accessed = False

        def mark_accessed(self) -> None:
            self.accessed = True

    session = Session(a=1)
    assert Request({**http("/"), "session": session}).session == {"a": 1}
    assert session.accessed


async def test_state_and_app_are_those_of_the_scope() -> None:
    async def tell(connection: Any) -> Any:
        connection.state.mine = connection.state.given + 1
        return [connection.app, connection.state["mine"], connection.scope["state"]]

    await alike(telling(tell), http("/") | {"app": "the app", "state": {"given": 1}})


def pieces(*bodies: bytes, last: bool = True) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = [
        {"type": "http.request", "body": body, "more_body": True} for body in bodies
    ]
    if last:
        events[-1].pop("more_body")
    return events


async def test_a_body_can_be_read_as_often_as_one_likes() -> None:
    async def tell(request: Any) -> Any:
        body = [await request.body(), await request.body()]
        streamed = [chunk async for chunk in request.stream()]
        return [repr(body + streamed), await request.json(), await request.json()]

    await alike(telling(tell), http("/", "POST"), pieces(b'{"a":', b"", b"1}"))


async def test_a_stream_can_be_read_once() -> None:
    async def tell(request: Any) -> Any:
        first = [chunk.decode() async for chunk in request.stream()]
        with pytest.raises(RuntimeError, match="Stream consumed"):
            await request.body()
        return first

    await alike(telling(tell), http("/", "POST"), pieces(b"a", b"", b"b"))


async def test_a_client_that_goes_while_its_body_is_read_is_an_exception() -> None:
    async def tell(request: Any) -> Any:
        return repr(await request.body())

    events = [*pieces(b"a", last=False), {"type": "http.disconnect"}]
    outcome = await alike(telling(tell), http("/", "POST"), events)
    assert outcome.raised == "ClientDisconnect"


async def test_a_body_that_is_not_json_is_a_value_error() -> None:
    async def tell(request: Any) -> Any:
        with pytest.raises(ValueError, match="Expecting"):
            await request.json()
        return [request.method, request.receive is not None]

    await alike(telling(tell), http("/", "POST"), [request(b"{")])


@pytest.mark.parametrize("events", [[], [request()], [{"type": "http.disconnect"}]])
async def test_a_disconnect_is_noticed_without_waiting(events: list[Any]) -> None:
    async def tell(request: Any) -> Any:
        return [await request.is_disconnected(), await request.is_disconnected()]

    await alike(telling(tell), http("/"), events)


async def test_a_request_without_channels_can_still_be_asked_for_its_headers() -> None:
    bare = Request(http("/"))
    assert bare.headers["host"] == "example.org"
    with pytest.raises(RuntimeError, match="receive channel"):
        await bare.body()


async def test_forms_are_refused_with_a_reason() -> None:
    async def tell(request: Any) -> Any:
        with pytest.raises(NotImplementedError, match="parses no forms"):
            await request.form()

    assert (await run(telling(tell)(OURS), http("/", "POST"), [request(b"a=1")])).raised is None


async def test_a_request_is_not_made_from_a_websocket_nor_the_other_way_round() -> None:
    def build(kit: Toolkit) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                kit.websockets.WebSocket(scope, receive, send)
            elif scope["type"] == "websocket":
                kit.requests.Request(scope, receive, send)
            else:
                kit.requests.HTTPConnection(scope)

        return app

    for scope in (http("/"), websocket("/"), {"type": "lifespan"}):
        assert (await alike(build, scope, [disconnect()])).raised == "AssertionError"


def test_request_and_socket_types_take_the_type_of_their_state() -> None:
    assert Request[dict[str, int]] is not None
