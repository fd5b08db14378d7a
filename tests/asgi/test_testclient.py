"""The test client: what a test sees of an application is the same with Starlette's."""

from __future__ import annotations

import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from collab.asgi.responses import StreamingResponse
from collab.asgi.routing import Route, Router
from collab.asgi.testclient import TestClient

from .toolkits import OURS, THEIRS, Toolkit

KITS = pytest.mark.parametrize("kit", [OURS, THEIRS], ids=repr)


def site(kit: Toolkit) -> Any:
    responses = kit.responses

    async def tell(request: Any) -> Any:
        body = await request.body()
        response = responses.JSONResponse(
            {
                "method": request.method,
                "url": str(request.url),
                "headers": request.headers.items(),
                "cookies": request.cookies,
                "client": request.client,
                "body": body.decode(),
                "state": list(request.state),
                "root_path": request.scope["root_path"],
                "raw_path": request.scope["raw_path"].decode(),
            }
        )
        response.set_cookie("seen", "1")
        return response

    async def fail(request: Any) -> Any:
        raise LookupError("failed")

    async def pieces(request: Any) -> Any:
        return responses.StreamingResponse(str(n) for n in range(3))

    async def failing_stream(request: Any) -> Any:
        async def body() -> Any:
            yield b"begun"
            raise LookupError("in the middle")

        return responses.StreamingResponse(body())

    async def echo(ws: Any) -> None:
        offered = ws.scope["subprotocols"]
        await ws.accept(subprotocol=offered[0] if offered else None, headers=[(b"x-a", b"1")])
        while True:
            message = await ws.receive()
            if message["type"] == "websocket.disconnect":
                break
            if message.get("text") == "close":
                await ws.close(4000, "as told")
                break
            if message.get("text") == "fail":
                raise LookupError("failed")
            await ws.send({**message, "type": "websocket.send"})

    async def tell_ws(ws: Any) -> None:
        await ws.accept()
        await ws.send_json([str(ws.url), ws.headers.items(), ws.cookies, list(ws.state)])
        await ws.send_json({"binary": True}, mode="binary")
        await ws.receive()

    async def refuse(ws: Any) -> None:
        await ws.close(4403, "no")

    async def deny(ws: Any) -> None:
        await ws.receive()
        response = responses.JSONResponse({"code": "forbidden"}, status_code=403)
        await ws.send_denial_response(response)

    async def unaccepting(ws: Any) -> None:
        raise LookupError("before accept")

    async def unhandled(ws: Any) -> None:
        await ws.accept()
        await ws.receive_text()

    route, ws_route = kit.routing.Route, kit.routing.WebSocketRoute
    return kit.applications.Starlette(
        routes=[
            route("/tell", tell, methods=["GET", "POST"]),
            route("/tell/", tell),
            route("/fail", fail),
            route("/pieces", pieces),
            route("/failing-stream", failing_stream),
            ws_route("/echo", echo),
            ws_route("/tell", tell_ws),
            ws_route("/refuse", refuse),
            ws_route("/deny", deny),
            ws_route("/unaccepting", unaccepting),
            ws_route("/unhandled", unhandled),
        ],
        lifespan=lifespan,
    )


@asynccontextmanager
async def lifespan(app: Any) -> AsyncIterator[Any]:
    app.state.open = True
    yield {"database": "open"}
    app.state.open = False


def client(kit: Toolkit, **options: Any) -> Any:
    return kit.testclient.TestClient(site(kit), **options)


def same(tell: Any) -> Any:
    """What `tell` makes of a client of each toolkit, with and without the lifespan."""
    told = []
    for kit in (OURS, THEIRS):
        bare = client(kit)
        with client(kit) as open_client:
            told.append([tell(bare), tell(open_client)])
    assert told[0] == told[1]
    return told[0]


def answer(response: Any) -> Any:
    """Without the order of the methods in Allow, which Starlette leaves to chance."""
    headers = [(n, sorted(v) if n == "allow" else v) for n, v in response.headers.multi_items()]
    return [response.status_code, headers, response.content]


def test_requests_reach_the_application_alike() -> None:
    same(lambda c: answer(c.get("/tell?a=1&b=%20ä", headers={"X-A": "1"})))
    same(lambda c: answer(c.get("/tell/x y%2Fz/")))
    same(lambda c: answer(c.post("/tell", json={"a": 1})))
    same(lambda c: answer(c.post("/tell", content=iter([b"a", b"b"]))))
    same(lambda c: answer(c.post("/tell", data={"a": "b"})))
    same(lambda c: answer(c.head("/tell")))
    same(lambda c: answer(c.put("/tell")))
    same(lambda c: answer(c.get("/nothing")))
    same(lambda c: answer(c.get("http://other.org:81/tell")))
    same(lambda c: answer(c.get("https://other.org/tell")))


def test_cookies_are_kept_between_requests() -> None:
    def twice(c: Any) -> Any:
        c.get("/tell")
        with c.websocket_connect("/tell") as session:
            over_websocket = session.receive_json()
        return [c.get("/tell").json()["cookies"], over_websocket]

    same(twice)


def test_options_of_the_client_reach_the_application() -> None:
    options: dict[str, Any] = {
        "base_url": "https://collab.example/",
        "root_path": "/root",
        "headers": {"X-All": "1", "user-agent": "mine"},
        "cookies": {"a": "b"},
        "client": ("10.0.0.1", 1),
        "follow_redirects": False,
    }
    told = [answer(client(kit, **options).get("/root/tell")) for kit in (OURS, THEIRS)]
    assert told[0] == told[1]
    told = [answer(client(kit, **options).get("/root/fail/")) for kit in (OURS, THEIRS)]
    assert told[0] == told[1]


def test_redirects_are_followed() -> None:
    def built(kit: Toolkit) -> Any:
        routes = [kit.routing.Route("/a/", kit.responses.PlainTextResponse("here"))]
        return kit.testclient.TestClient(kit.routing.Router(routes)).get("/a?x=1")

    ours, theirs = built(OURS), built(THEIRS)
    assert (answer(ours), str(ours.url)) == (answer(theirs), str(theirs.url))
    assert ours.text == "here"


@KITS
def test_what_the_application_raises_is_raised_or_shown(kit: Toolkit) -> None:
    for path in ("/fail", "/failing-stream"):
        with pytest.raises(LookupError):
            client(kit).get(path)
    quiet = client(kit, raise_server_exceptions=False)
    assert quiet.get("/fail").status_code == 500
    assert quiet.get("/failing-stream").text == "begun"


@KITS
def test_an_application_that_answers_nothing_is_an_error(kit: Toolkit) -> None:
    async def silent(scope: Any, receive: Any, send: Any) -> None:
        pass

    with pytest.raises(AssertionError):
        kit.testclient.TestClient(silent).get("/")
    quiet = kit.testclient.TestClient(silent, raise_server_exceptions=False)
    assert quiet.get("/").status_code == 500


@KITS
def test_a_stream_is_read_as_it_comes_and_may_be_left(kit: Toolkit) -> None:
    ended = threading.Event()

    async def endless(request: Any) -> Any:
        async def numbers() -> Any:
            try:
                n = 0
                while True:
                    yield f"{n}\n"
                    n += 1
            finally:
                ended.set()

        return kit.responses.StreamingResponse(numbers())

    app = kit.routing.Router([kit.routing.Route("/", endless)])
    with kit.testclient.TestClient(app).stream("GET", "/") as response:
        lines = response.iter_lines()
        assert [next(lines), next(lines)] == ["0", "1"]
    assert ended.wait(10)
    assert answer(client(kit).get("/pieces"))[2] == b"012"


@KITS
def test_a_stream_goes_on_when_its_reader_has_answered(kit: Toolkit) -> None:
    import asyncio

    answered = asyncio.Event()

    async def question(request: Any) -> Any:
        async def body() -> Any:
            yield "question"
            await answered.wait()
            # So many turns that the reader is usually there first, and has to wait.
            for _ in range(1000):
                await asyncio.sleep(0)
            yield "thanks"

        return kit.responses.StreamingResponse(body())

    async def reply(request: Any) -> Any:
        answered.set()
        return kit.responses.Response()

    route = kit.routing.Route
    app = kit.routing.Router([route("/question", question), route("/answer", reply)])
    with kit.testclient.TestClient(app) as c, c.stream("GET", "/question") as response:
        pieces = response.iter_text()
        assert next(pieces) == "question"
        c.get("/answer")
        assert list(pieces) == ["thanks"]


@KITS
def test_a_body_that_is_never_completed_ends_with_its_application(kit: Toolkit) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})
        await send({"type": "http.response.body", "body": b"begun", "more_body": True})

    assert kit.testclient.TestClient(app).get("/").text == "begun"


@KITS
@pytest.mark.parametrize(
    "events",
    [["start", "start"], ["body"], ["start", "body", "body"]],
    ids=lambda events: " ".join(events),
)
def test_a_response_in_the_wrong_order_is_an_error(kit: Toolkit, events: list[str]) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for event in events:
            await send({"type": f"http.response.{event}", "status": 200, "headers": []})

    with pytest.raises(AssertionError):
        kit.testclient.TestClient(app).get("/")


def test_a_stream_may_be_left_with_the_client_kept_open() -> None:
    async def endless(request: Any) -> Any:
        async def numbers() -> Any:
            while True:
                yield b"x"

        return StreamingResponse(numbers())

    with TestClient(Router([Route("/", endless)])) as kept:
        for _ in range(3):
            with kept.stream("GET", "/") as response:
                assert next(response.iter_raw())


@KITS
def test_the_lifespan_is_run_around_the_clients_context(kit: Toolkit) -> None:
    app = site(kit)
    with kit.testclient.TestClient(app) as c:
        assert app.state.open
        assert c.get("/tell").json()["state"] == ["database"]
    assert not app.state.open


@KITS
@pytest.mark.parametrize("stage", ["startup", "shutdown"])
def test_a_lifespan_that_fails_is_raised(kit: Toolkit, stage: str) -> None:
    @asynccontextmanager
    async def failing(app: Any) -> AsyncIterator[None]:
        if stage == "startup":
            raise LookupError(stage)
        yield
        raise LookupError(stage)

    app = kit.applications.Starlette(lifespan=failing)
    with pytest.raises(LookupError, match=stage), kit.testclient.TestClient(app):
        assert stage == "shutdown"


@pytest.mark.parametrize("stage", ["startup", "shutdown"])
def test_a_lifespan_that_only_says_it_failed_is_an_error_too(stage: str) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for name in ("startup", "shutdown"):
            await receive()
            if name == stage:
                await send({"type": f"lifespan.{name}.failed", "message": "no database"})
                return
            await send({"type": f"lifespan.{name}.complete"})

    with pytest.raises(RuntimeError, match=f"{stage} failed: no database"), TestClient(app):
        assert stage == "shutdown"


def test_what_an_application_raises_after_its_shutdown_is_raised_too() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for stage in ("startup", "shutdown"):
            await receive()
            await send({"type": f"lifespan.{stage}.complete"})
        raise LookupError("afterwards")

    with pytest.raises(LookupError, match="afterwards"), TestClient(app):
        pass


class TestWebSockets:
    def test_frames_go_both_ways(self) -> None:
        def talk(c: Any) -> Any:
            with c.websocket_connect("/echo", subprotocols=["collab.v1", "b"]) as session:
                told: list[Any] = [session.accepted_subprotocol, list(session.extra_headers)]
                session.send_text("ä")
                told.append(session.receive_text())
                session.send_bytes(b"\x00")
                told.append(session.receive_bytes())
                session.send_json({"a": "😀"})
                told.append(session.receive_json())
                session.send_json([1], mode="binary")
                told.append(session.receive_json(mode="binary"))
                session.send({"type": "websocket.receive", "text": "raw"})
                told.append(session.receive())
            return told

        assert same(talk)[0][0] == "collab.v1"

    def test_the_application_sees_the_same_connection(self) -> None:
        def talk(c: Any) -> Any:
            kept = {"X-A": "1"}
            with c.websocket_connect("/tell?a=1", headers=kept) as session:
                told = [session.receive_json(), session.receive_json(mode="binary")]
            with c.websocket_connect("wss://other.org/tell") as session:
                told.append(session.receive_json())
            return told

        same(talk)

    def test_a_close_of_the_application_is_raised_with_code_and_reason(self) -> None:
        # Each implementation raises a class of its own; they are compared by name.
        def talk(c: Any) -> Any:
            told = []
            with c.websocket_connect("/echo") as session:
                session.send_text("close")
                with pytest.raises(Exception) as caught:  # noqa: PT011
                    session.receive_text()
            error: Any = caught.value
            told.append((type(error).__name__, error.code, error.reason))
            with pytest.raises(Exception) as caught, c.websocket_connect("/refuse"):  # noqa: PT011
                raise AssertionError("accepted")
            error = caught.value
            told.append((type(error).__name__, error.code, error.reason))
            with pytest.raises(Exception) as caught, c.websocket_connect("/nothing"):  # noqa: PT011
                raise AssertionError("accepted")
            error = caught.value
            return [*told, (type(error).__name__, error.code, error.reason)]

        same(talk)

    @KITS
    def test_a_denial_is_raised_as_the_response_it_is(self, kit: Toolkit) -> None:
        denial = kit.testclient.WebSocketDenialResponse
        with pytest.raises(denial) as caught, client(kit).websocket_connect("/deny"):
            raise AssertionError("accepted")
        assert isinstance(caught.value, kit.websockets.WebSocketDisconnect)
        assert caught.value.status_code == 403
        assert caught.value.json() == {"code": "forbidden"}
        assert caught.value.headers["content-type"] == "application/json"

    def test_a_denial_can_be_printed_and_has_a_close_code(self) -> None:
        denial = OURS.testclient.WebSocketDenialResponse
        with pytest.raises(denial, match="HTTP 403") as caught:
            client(OURS).websocket_connect("/deny").__enter__()
        assert caught.value.code == 1006

    @KITS
    def test_what_the_application_raises_is_raised(self, kit: Toolkit) -> None:
        with pytest.raises(LookupError), client(kit).websocket_connect("/unaccepting"):
            raise AssertionError("accepted")
        with pytest.raises(LookupError), client(kit).websocket_connect("/echo") as session:
            session.send_text("fail")
        disconnect = kit.websockets.WebSocketDisconnect
        with pytest.raises(disconnect), client(kit).websocket_connect("/unhandled"):
            pass

    @KITS
    def test_an_exception_in_the_test_is_not_hidden(self, kit: Toolkit) -> None:
        with pytest.raises(ZeroDivisionError), client(kit).websocket_connect("/echo"):
            raise ZeroDivisionError

    def test_two_sessions_talk_at_once(self) -> None:
        with (
            client(OURS) as c,
            c.websocket_connect("/echo") as one,
            c.websocket_connect("/echo") as two,
        ):
            one.send_text("1")
            two.send_text("2")
            assert [two.receive_text(), one.receive_text()] == ["2", "1"]

    def test_the_application_may_finish_its_work_after_the_disconnect(self) -> None:
        cleaned = threading.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            ws = OURS.websockets.WebSocket(scope, receive, send)
            await ws.accept()
            async for _ in ws.iter_text():
                pass
            await OURS.concurrency.run_in_threadpool(time.sleep, 0)
            cleaned.set()

        with TestClient(app).websocket_connect("/"):
            pass
        assert cleaned.is_set()

    def test_an_application_that_does_not_listen_is_cancelled(self) -> None:
        ended = threading.Event()

        async def app(scope: Any, receive: Any, send: Any) -> None:
            import asyncio

            await send({"type": "websocket.accept"})
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        with TestClient(app).websocket_connect("/"):
            assert not ended.is_set()
        assert ended.is_set()

    def test_receiving_after_the_end_raises_and_does_not_hang(self) -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "websocket.accept"})

        with TestClient(app).websocket_connect("/") as session:
            for _ in range(2):
                with pytest.raises(RuntimeError, match="nothing more to receive"):
                    session.receive()

    def test_a_url_that_is_no_websockets_is_refused(self) -> None:
        with pytest.raises(RuntimeError, match="Expected a WebSocket URL"):
            client(OURS).websocket_connect("http://testserver/tell")
        with pytest.raises(Exception, match="websocket_connect"):
            client(OURS).get("ws://testserver/echo")


def test_the_client_runs_on_asyncio_only() -> None:
    with pytest.raises(ValueError, match="asyncio"):
        TestClient(site(OURS), backend="trio")  # type: ignore[arg-type]
