"""Routes, mounts and the router: one small application, asked everything on both toolkits."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

import pytest
from starlette.routing import NoMatchFound as StarletteNoMatchFound

from collab.asgi.routing import Mount, NoMatchFound, Route, Router, WebSocketRoute

from .toolkits import (
    OURS,
    THEIRS,
    Build,
    Toolkit,
    alike,
    connect,
    http,
    run,
    websocket,
)

DOC = "0b5c2d4e-1a2b-4c3d-8e9f-0123456789ab"


def site(kit: Toolkit) -> Any:
    """Everything a router can hold, as a bare router."""
    routing, responses = kit.routing, kit.responses

    async def tell(request: Any) -> Any:
        return responses.JSONResponse(
            {
                "params": {name: repr(value) for name, value in request.path_params.items()},
                "path": request.scope["path"],
                "root_path": request.scope["root_path"],
                "app_root_path": request.scope.get("app_root_path"),
                "base_url": str(request.base_url),
                "url": str(request.url),
                "route": repr(request.scope["route"]).split("(")[0],
            }
        )

    def plain(request: Any) -> Any:
        return responses.PlainTextResponse(request.method)

    async def echo(ws: Any) -> None:
        await ws.accept()
        await ws.send_json([str(ws.url), ws.path_params, ws.scope["root_path"]])
        await ws.close()

    async def foreign(scope: Any, receive: Any, send: Any) -> None:
        body = f"{scope['root_path']}|{scope['path']}"
        if scope["type"] == "http":
            await responses.PlainTextResponse(body)(scope, receive, send)
        else:
            await kit.websockets.WebSocketClose(4000, body)(scope, receive, send)

    class Both(kit.endpoints.HTTPEndpoint):
        async def get(self, request: Any) -> Any:
            return responses.PlainTextResponse("get")

        async def post(self, request: Any) -> Any:
            return responses.PlainTextResponse("post")

    route, ws_route, mount = routing.Route, routing.WebSocketRoute, routing.Mount
    users = [
        route("/", tell, name="list"),
        route("/{name}", tell, name="detail"),
        route("/{name}/posts/{post:int}/", tell, name="post"),
        ws_route("/{name}/ws", echo, name="socket"),
    ]
    return routing.Router(
        [
            route("/", tell, name="home"),
            route("/plain", plain),
            route("/partial", partial(tell)),
            route("/method", plain, methods=["POST"], name="post-only"),
            route("/method", plain, methods=["delete", "GET"], name="get-only"),
            route("/both", Both),
            route("/slash/", tell, name="slash"),
            route("/int/{n:int}", tell, name="int"),
            route("/float/{x:float}", tell, name="float"),
            route("/uuid/{u:uuid}", tell, name="uuid"),
            route("/path/{p:path}", tell, name="path"),
            route("/two/{a}-{b:int}", tell, name="two"),
            route("/dot/a.b", tell, name="dot"),
            ws_route("/ws/{room}", echo, name="room"),
            ws_route("/method", echo, name="ws-method"),
            mount("/users", routes=users, name="users"),
            mount("/nameless", routes=[route("/child/{c}", tell, name="child")]),
            mount("/orgs/{org}", routes=users, name="orgs"),
            mount("/foreign", app=foreign, name="foreign"),
            mount("/deep", routes=[mount("/er", routes=users, name="er")], name="deep"),
            mount("/router", app=routing.Router(users)),
        ]
    )


PATHS = [
    "/", "", "/plain", "/plain/", "/partial", "/nothing", "/slash", "/slash/", "/slash//",
    "/int/1", "/int/-1", "/int/x", "/int/1/", "/float/1.5", "/float/1.", "/float/2",
    f"/uuid/{DOC}", f"/uuid/{DOC.replace('-', '')}", f"/uuid/{DOC.upper()}", "/uuid/1",
    "/path/", "/path/a/b//c", "/path", "/two/a-b-3", "/two/a-b", "/dot/a.b", "/dot/aXb",
    "/users", "/users/", "/users/ada", "/users/ada/", "/users/ada/posts/3", "/users/ada/posts/3/",
    "/users/ä b", "/usersx", "/nameless/child/1", "/nameless/other", "/orgs/x/ada", "/orgs/x",
    "/orgs//ada", "/foreign", "/foreign/", "/foreign/a/b", "/deep/er/ada", "/deep/er", "/deep",
    "/router/ada", "/both", "/ws/lobby", "//evil.org/", "/users/a\nb",
]  # fmt: skip


# Starlette takes these for the path before the line feed.
@pytest.mark.parametrize("path", ["/plain", "/int/1", "/float/2", f"/uuid/{DOC}", "/path/a", "/"])
async def test_a_line_feed_after_the_end_of_a_path_makes_it_another(path: str) -> None:
    assert (await run(site(OURS), http(path))).sent[0]["status"] == 200
    scope = http("/") | {"path": path + "\n"}
    assert (await run(site(OURS), scope)).sent[0]["status"] == 404


def in_application(kit: Toolkit) -> Any:
    return kit.applications.Starlette(routes=site(kit).routes)


@pytest.mark.parametrize("build", [site, in_application])
@pytest.mark.parametrize("root_path", ["", "/root", "/users", "/root/"])
async def test_every_path_is_answered_alike(build: Build, root_path: str) -> None:
    for path in PATHS:
        for prefix in {"", root_path.rstrip("/")}:
            scope = http("/", root_path=root_path) | {"path": prefix + path}
            await alike(build, scope)
            await alike(
                build, websocket("/", root_path=root_path) | {"path": prefix + path}, [connect()]
            )


@pytest.mark.parametrize("build", [site, in_application])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "get", "X"])
async def test_every_method_is_answered_alike(build: Build, method: str) -> None:
    for path in ("/", "/plain", "/method", "/both", "/users/ada", "/slash", "/nothing"):
        await alike(build, http(path, method))


async def test_a_wrong_method_names_the_right_ones() -> None:
    outcome = await alike(site, http("/method", "PUT"))
    assert outcome.sent[0]["status"] == 405
    assert (b"allow", b"POST") in outcome.sent[0]["headers"]


async def test_a_redirect_keeps_the_query_and_the_root_path() -> None:
    outcome = await alike(site, http("/root/slash?a=1", root_path="/root"))
    assert (b"location", b"http://example.org/root/slash/?a=1") in outcome.sent[0]["headers"]


async def test_slashes_are_not_redirected_when_told_so() -> None:
    def build(kit: Toolkit) -> Any:
        return kit.routing.Router(site(kit).routes, redirect_slashes=False)

    assert (await alike(build, http("/slash"))).sent[0]["status"] == 404


async def test_a_default_answers_what_nothing_matches() -> None:
    def build(kit: Toolkit) -> Any:
        teapot = kit.responses.PlainTextResponse("teapot", status_code=418)
        return kit.routing.Router(site(kit).routes, default=teapot)

    for path in ("/nothing", "/users/ada/x", "/plain"):
        await alike(build, http(path))


NAMES: list[tuple[str, dict[str, Any]]] = [
    ("home", {}),
    ("home", {"x": 1}),
    ("plain", {}),
    ("nothing", {}),
    ("int", {"n": 3}),
    ("int", {"n": -3}),
    ("int", {"n": "7"}),
    ("float", {"x": 0.1}),
    ("float", {"x": 1e20}),
    ("float", {"x": float("nan")}),
    ("float", {"x": float("inf")}),
    ("float", {"x": -1}),
    ("uuid", {"u": UUID(DOC)}),
    ("path", {"p": "a/b"}),
    ("path", {"p": ""}),
    ("path", {}),
    ("two", {"a": "x", "b": 2}),
    ("users:detail", {"name": "ada"}),
    ("users:detail", {"name": "a/b"}),
    ("users:detail", {"name": ""}),
    ("users:detail", {}),
    ("users:list", {}),
    ("users:nothing", {}),
    ("users:post", {"name": "ada", "post": 1}),
    ("users:socket", {"name": "ada"}),
    ("users", {"path": "/x/y"}),
    ("users", {"path": ""}),
    ("users", {}),
    ("usersx:list", {}),
    ("child", {"c": "1"}),
    ("orgs:detail", {"org": "o", "name": "ada"}),
    ("orgs:detail", {"name": "ada"}),
    ("orgs", {"org": "o", "path": "p"}),
    ("foreign", {"path": "/a"}),
    ("foreign:a", {}),
    ("deep:er:detail", {"name": "{name}"}),
    ("room", {"room": "\\x"}),
    ("list", {}),
]


@pytest.mark.parametrize(("name", "params"), NAMES)
def test_every_name_gives_the_same_path(name: str, params: dict[str, Any]) -> None:
    def path(kit: Toolkit) -> Any:
        try:
            found = site(kit).url_path_for(name, **params)
        except Exception as error:
            no_match = isinstance(error, kit.routing.NoMatchFound)
            return "NoMatchFound" if no_match else type(error).__name__
        return (
            str(found),
            found.protocol,
            str(found.make_absolute_url("https://h:1/root/")),
            str(found.make_absolute_url(kit.datastructures.URL("http://h"))),
        )

    assert path(OURS) == path(THEIRS)


async def test_url_for_counts_from_the_top_wherever_it_is_asked() -> None:
    def build(kit: Toolkit) -> Any:
        async def tell(request: Any) -> Any:
            urls = [request.url_for("tell"), request.url_for("m:tell"), request.url_for("m:ws")]
            return kit.responses.JSONResponse([str(url) for url in urls])

        async def ws(websocket: Any) -> None:
            await websocket.accept()
            await websocket.send_text(str(websocket.url_for("m:ws")))

        route = kit.routing.Route("/tell", tell, name="tell")
        inner = [route, kit.routing.WebSocketRoute("/ws", ws, name="ws")]
        return kit.routing.Router([route, kit.routing.Mount("/m", routes=inner, name="m")])

    for path in ("/tell", "/m/tell"):
        await alike(build, http(path))
        await alike(build, http("/root" + path, root_path="/root", scheme="https"))
    outcome = await alike(build, websocket("/m/ws"), [connect()])
    assert outcome.sent[1]["text"] == "ws://example.org/m/ws"


async def test_url_for_without_a_router_says_so() -> None:
    def build(kit: Toolkit) -> Any:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            kit.requests.Request(scope).url_for("home")

        return app

    assert (await alike(build, http("/"))).raised == "RuntimeError"


async def test_a_route_by_itself_is_an_application() -> None:
    def build(index: int) -> Build:
        return lambda kit: site(kit).routes[index]

    for path in ("/plain", "/other"):
        await alike(build(1), http(path))
        await alike(build(1), websocket(path), [connect()])
    for path in ("/ws/a", "/other"):
        await alike(build(13), websocket(path), [connect()])
        await alike(build(13), http(path))


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda r, f: r.Route("no-slash", f), AssertionError),
        (lambda r, f: r.WebSocketRoute("no-slash", f), AssertionError),
        (lambda r, f: r.Mount("no-slash", app=f), AssertionError),
        (lambda r, f: r.Mount("/m"), AssertionError),
        (lambda r, f: r.Route("/{a}/{a}", f), ValueError),
        (lambda r, f: r.Route("/{a:unknown}", f), AssertionError),
    ],
)
def test_a_wrong_route_is_refused_when_it_is_made(make: Any, error: type[Exception]) -> None:
    for kit in (OURS, THEIRS):
        with pytest.raises(error):
            make(kit.routing, lambda request: None)


def test_routes_are_compared_and_shown_alike() -> None:
    def shown(kit: Toolkit) -> list[Any]:
        one, other = site(kit), kit.routing.Router()

        async def f(request: Any) -> None: ...

        same = [kit.routing.Route("/", f), kit.routing.Route("/", f)]
        sockets = [kit.routing.WebSocketRoute("/", f), kit.routing.WebSocketRoute("/x", f)]
        mounts = [kit.routing.Mount("/", app=f), kit.routing.Mount("", app=f)]
        routes = [repr(r).split(" app=")[0] for r in one.routes]
        return [routes, one == one, one == other, *(a == b for a, b in (same, sockets, mounts))]

    assert shown(OURS) == shown(THEIRS)


async def test_routes_can_be_added_later_and_wrapped_in_middleware() -> None:
    def build(kit: Toolkit) -> Any:
        async def home(request: Any) -> Any:
            return kit.responses.JSONResponse(request.scope["seen"])

        async def ws(websocket: Any) -> None:
            await websocket.close(4000 + len(websocket.scope["seen"]))

        def mark(app: Any, name: str) -> Any:
            async def marked(scope: Any, receive: Any, send: Any) -> None:
                scope["seen"] = [*scope.get("seen", []), name]
                await app(scope, receive, send)

            return marked

        routing, middleware = kit.routing, kit.middleware.Middleware
        one, two = middleware(mark, "one"), middleware(mark, name="two")
        inner = [routing.Route("/r", home, middleware=[one, two])]
        sockets = [routing.WebSocketRoute("/w", ws, middleware=[one, two])]
        mounted = routing.Mount("/m", routes=[*inner, *sockets], middleware=[two])
        router = routing.Router([mounted], middleware=[one])
        router.add_route("/added", home, methods=["GET", "PUT"], name="added")
        router.add_websocket_route("/ws", ws)
        router.mount("/again", app=routing.Router(inner), name="again")
        return router

    for path in ("/m/r", "/added", "/again/r"):
        await alike(build, http(path))
    for path in ("/m/w", "/ws"):
        await alike(build, websocket(path), [connect()])


async def test_a_convertor_can_be_registered() -> None:
    def build(kit: Toolkit) -> Any:
        class Hex(kit.convertors.Convertor):
            regex = "[0-9a-f]+"

            def convert(self, value: str) -> int:
                return int(value, 16)

            def to_string(self, value: int) -> str:
                return f"{value:x}"

        kit.convertors.register_url_convertor("hex", Hex())

        async def tell(request: Any) -> Any:
            url = request.url_for("tell", n=request.path_params["n"] + 1)
            return kit.responses.PlainTextResponse(str(url))

        return kit.routing.Router([kit.routing.Route("/{n:hex}", tell, name="tell")])

    try:
        outcome = await alike(build, http("/ff"))
        assert outcome.sent[1]["body"] == b"http://example.org/100"
        await alike(build, http("/xyz"))
    finally:
        for kit in (OURS, THEIRS):
            del kit.convertors.CONVERTOR_TYPES["hex"]


async def test_a_mount_by_itself_has_no_lifespan_and_no_strange_parameters() -> None:
    def build(kit: Toolkit) -> Any:
        mount = kit.routing.Mount("/m", routes=[], name="m")
        with pytest.raises(kit.routing.NoMatchFound):
            mount.url_path_for("m", path="/a", strange=1)
        return mount

    assert not (await alike(build, {"type": "lifespan"})).sent


async def test_a_scope_of_an_unknown_type_is_refused() -> None:
    assert (await alike(site, {"type": "carrier pigeon"})).raised == "AssertionError"


class TestTogetherWithStarlette:
    """An island above or below a Starlette: neither knows the other's router or exceptions."""

    def inner(self, kit: Toolkit) -> Any:
        async def tell(request: Any) -> Any:
            return kit.responses.PlainTextResponse(str(request.url_for("tell")))

        return kit.applications.Starlette(routes=[kit.routing.Route("/tell", tell, name="tell")])

    async def test_a_starlette_around_us_finds_its_own_names_and_ours(self) -> None:
        async def home(request: Any) -> None: ...

        routes = [
            THEIRS.routing.Mount("/collab", app=self.inner(OURS)),
            THEIRS.routing.Route("/home", home, name="home"),
        ]
        host = THEIRS.applications.Starlette(routes=routes)
        assert host.url_path_for("home") == "/home"
        assert host.url_path_for("tell") == "/collab/tell"
        with pytest.raises(StarletteNoMatchFound):
            host.url_path_for("nothing")

    async def test_a_starlette_inside_of_us_is_found_by_name(self) -> None:
        router = Router([Mount("/s", app=self.inner(THEIRS)), Mount("/m", routes=[])])
        assert router.url_path_for("tell") == "/s/tell"
        with pytest.raises(NoMatchFound):
            router.url_path_for("nothing")

    @pytest.mark.parametrize("root_path", ["", "/proxy"])
    async def test_our_urls_are_our_own_whatever_we_are_mounted_at(self, root_path: str) -> None:
        mount = THEIRS.routing.Mount("/collab", app=self.inner(OURS), name="anything")
        host = THEIRS.applications.Starlette(routes=[mount])
        outcome = await run(host, http(f"{root_path}/collab/tell", root_path=root_path))
        assert outcome.sent[1]["body"].decode() == f"http://example.org{root_path}/collab/tell"

    async def test_a_bare_router_in_a_starlette_answers_404_and_405_itself(self) -> None:
        async def home(request: Any) -> None: ...

        router = Router([Route("/home", home), WebSocketRoute("/ws", home)])
        host = THEIRS.applications.Starlette(routes=[THEIRS.routing.Mount("/m", app=router)])
        assert (await run(host, http("/m/nothing"))).sent[0]["status"] == 404
        assert (await run(host, http("/m/home", "PUT"))).sent[0]["status"] == 405
