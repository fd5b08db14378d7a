"""Applications: middleware, exceptions and their handlers, alike on both toolkits."""

from __future__ import annotations

from typing import Any

import pytest

from collab.asgi.applications import Application, Starlette
from collab.asgi.background import BackgroundTask
from collab.asgi.middleware import Middleware

from .toolkits import OURS, THEIRS, Build, Toolkit, alike, connect, http, run, text, websocket


class Known(Exception):
    pass


class KnownChild(Known):
    pass


def raising(handlers: Any = (), **options: Any) -> Build:
    """An application whose routes raise everything there is to raise."""

    def build(kit: Toolkit) -> Any:
        responses = kit.responses

        async def http_error(request: Any) -> Any:
            status = int(request.path_params["status"])
            raise kit.exceptions.HTTPException(status, headers={"x-why": "because"})

        async def detailed(request: Any) -> Any:
            raise kit.exceptions.HTTPException(404, detail="no such document")

        def known(request: Any) -> Any:
            raise KnownChild

        async def unknown(request: Any) -> Any:
            raise LookupError("secret")

        async def late(request: Any) -> Any:
            async def body() -> Any:
                yield b"begun"
                raise Known

            return responses.StreamingResponse(body())

        async def late_unknown(request: Any) -> Any:
            return responses.PlainTextResponse("sent", background=_background(kit, LookupError))

        async def ws_error(ws: Any) -> None:
            if ws.query_params.get("accept"):
                await ws.accept()
            raise kit.exceptions.WebSocketException(4001, "no")

        async def ws_http_error(ws: Any) -> None:
            await ws.receive()
            raise kit.exceptions.HTTPException(403)

        async def ws_known(ws: Any) -> None:
            await ws.accept()
            raise KnownChild

        async def ws_unknown(ws: Any) -> None:
            await ws.accept()
            raise LookupError

        route, ws_route = kit.routing.Route, kit.routing.WebSocketRoute
        return kit.applications.Starlette(
            routes=[
                route("/status/{status:int}", http_error),
                route("/detailed", detailed),
                route("/known", known),
                route("/unknown", unknown),
                route("/late", late),
                route("/late-unknown", late_unknown),
                ws_route("/ws-error", ws_error),
                ws_route("/ws-http-error", ws_http_error),
                ws_route("/ws-known", ws_known),
                ws_route("/ws-unknown", ws_unknown),
            ],
            exception_handlers=_handlers(kit, handlers),
            **options,
        )

    return build


def _background(kit: Toolkit, error: type[Exception]) -> Any:
    def fail() -> None:
        raise error

    return kit.background.BackgroundTask(fail)


def _handlers(kit: Toolkit, keys: Any) -> dict[Any, Any]:
    async def for_http(request: Any, error: Exception) -> Any:
        text = f"{type(request).__name__} {type(error).__name__}"
        return kit.responses.PlainTextResponse(text, status_code=499)

    def plainly(request: Any, error: Exception) -> Any:
        return kit.responses.PlainTextResponse("plainly", status_code=498)

    async def for_ws(ws: Any, error: Exception) -> None:
        await ws.close(4999, type(error).__name__)

    kinds = {"http": for_http, "plain": plainly, "ws": for_ws}
    names = {"HTTPException": kit.exceptions.HTTPException, "Known": Known, "Exception": Exception}
    return {names.get(key, key): kinds[kind] for key, kind in keys}


PATHS = ["/status/404", "/status/204", "/status/304", "/status/418", "/status/799", "/detailed",
         "/known", "/unknown", "/late", "/late-unknown", "/nothing"]  # fmt: skip
SOCKETS = ["/ws-error", "/ws-error?accept=1", "/ws-http-error", "/ws-known", "/ws-unknown", "/none"]
HANDLERS: list[tuple[tuple[Any, str], ...]] = [
    (),
    (("HTTPException", "http"),),
    ((404, "plain"), ("HTTPException", "http")),
    (("Known", "http"),),
    (("Known", "plain"), (500, "http")),
    (("Exception", "plain"),),
    (("Known", "ws"),),
]


@pytest.mark.parametrize("handlers", HANDLERS, ids=str)
async def test_what_is_raised_is_answered_alike(handlers: Any) -> None:
    for path in PATHS:
        if ("Known", "ws") not in handlers:
            await alike(raising(handlers=handlers), http(path))
    for path in SOCKETS:
        await alike(raising(handlers=handlers), websocket(path), [connect(), text("x")])


async def test_what_nobody_handles_is_a_500_and_still_raised() -> None:
    outcome = await alike(raising(), http("/unknown"))
    assert outcome.sent[0]["status"] == 500
    assert b"secret" not in outcome.sent[1]["body"]
    assert outcome.raised == "LookupError"


async def test_the_exception_middleware_works_by_itself() -> None:
    def build(kit: Toolkit) -> Any:
        async def known(scope: Any, receive: Any, send: Any) -> None:
            raise KnownChild

        def plainly(request: Any, error: Exception) -> Any:
            return kit.responses.PlainTextResponse("known", status_code=400)

        wrapped = kit.module("middleware.exceptions").ExceptionMiddleware(known)
        wrapped.add_exception_handler(Known, plainly)
        return wrapped

    assert (await alike(build, http("/"))).sent[0]["status"] == 400


async def test_debug_shows_the_traceback() -> None:
    outcome = await run(raising(debug=True)(OURS), http("/unknown"))
    assert b"LookupError: secret" in outcome.sent[1]["body"]


async def test_middleware_wraps_from_the_first_to_the_last() -> None:
    def build(kit: Toolkit) -> Any:
        class Mark:
            def __init__(self, app: Any, name: str) -> None:
                self.app, self.name = app, name

            async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
                scope["seen"] = [*scope.get("seen", []), self.name]
                await self.app(scope, receive, send)

        async def home(request: Any) -> Any:
            return kit.responses.JSONResponse(request.scope["seen"])

        middleware = [
            kit.middleware.Middleware(Mark, "a"),
            kit.middleware.Middleware(Mark, name="b"),
        ]
        app = kit.applications.Starlette(middleware=middleware)
        app.add_middleware(Mark, name="c")
        app.add_route("/", home)
        return app

    outcome = await alike(build, http("/"))
    assert outcome.sent[1]["body"] == b'["c","a","b"]'


async def test_middleware_cannot_be_added_while_serving() -> None:
    app = Application()
    await run(app, http("/"))
    with pytest.raises(RuntimeError, match="Cannot add middleware"):
        app.add_middleware(lambda app: app)


async def test_an_application_has_state_and_names_and_can_be_added_to() -> None:
    def build(kit: Toolkit) -> Any:
        async def home(request: Any) -> Any:
            request.app.state.visits += 1
            told = [request.app.state.visits, request.app.url_path_for("m:home")]
            return kit.responses.JSONResponse(told)

        async def gone(request: Any, error: Exception) -> Any:
            return kit.responses.PlainTextResponse("gone", status_code=410)

        app = kit.applications.Starlette()
        app.state.visits = 0
        app.add_exception_handler(404, gone)
        app.add_route("/", home, methods=["GET"], name="home")
        app.mount("/m", app=kit.routing.Router([kit.routing.Route("/", home)]), name="m")
        return app

    for path in ("/", "/m/", "/nothing"):
        await alike(build, http(path))


async def test_a_websocket_route_can_be_added() -> None:
    async def echo(ws: Any) -> None:
        await ws.close(4000)

    app = Application()
    app.add_websocket_route("/ws", echo, name="ws")
    assert app.url_path_for("ws").protocol == "websocket"
    assert (await run(app, websocket("/ws"), [connect()])).sent[0]["code"] == 4000


def test_the_application_is_found_under_the_name_of_starlette() -> None:
    assert Starlette is Application


def test_exceptions_are_shown_alike() -> None:
    def shown(kit: Toolkit) -> list[Any]:
        errors = [
            kit.exceptions.HTTPException(404),
            kit.exceptions.HTTPException(999, detail="x", headers={"a": "b"}),
            kit.exceptions.WebSocketException(1008),
            kit.exceptions.WebSocketException(1008, "why"),
        ]
        return [(str(error), repr(error)) for error in errors]

    assert shown(OURS) == shown(THEIRS)


def test_middleware_is_shown_with_what_it_is_given() -> None:
    def mark(app: Any) -> Any: ...

    for arguments, options in [((), {}), ((1, "a"), {"b": None})]:
        theirs = THEIRS.middleware.Middleware(mark, *arguments, **options)
        assert repr(Middleware(mark, *arguments, **options)) == repr(theirs)


async def test_background_tasks_run_in_order_after_the_response() -> None:
    def build(kit: Toolkit) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            async def later(what: str) -> None:
                await send({"type": "later", "what": what})

            tasks = kit.background.BackgroundTasks([kit.background.BackgroundTask(later, "1")])
            tasks.add_task(later, what="2")
            response = kit.responses.PlainTextResponse("now", background=tasks)
            await response(scope, receive, send)

        return app

    outcome = await alike(build, http("/"))
    assert [message.get("what") for message in outcome.sent] == [None, None, "1", "2"]
    assert not BackgroundTask(print).is_async
