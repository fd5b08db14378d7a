"""Our applications inside of Starlette and FastAPI, and theirs inside of ours."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI

from collab.asgi.testclient import TestClient

from .toolkits import OURS, THEIRS, Toolkit


def guest(kit: Toolkit) -> Any:
    async def tell(request: Any) -> Any:
        if request.query_params.get("missing"):
            raise kit.exceptions.HTTPException(404, detail="no such document")
        told = [
            request.scope["root_path"],
            str(request.url_for("tell")),
            str(request.url_for("ws")),
        ]
        return kit.responses.JSONResponse(told)

    async def ws(websocket: Any) -> None:
        await websocket.accept(subprotocol="collab.v1")
        async for data in websocket.iter_json():
            await websocket.send_json({"echo": data, "path": websocket.url.path})

    async def deny(websocket: Any) -> None:
        await websocket.receive()
        await websocket.send_denial_response(kit.responses.Response("no", status_code=401))

    return kit.applications.Starlette(
        routes=[
            kit.routing.Route("/tell", tell, name="tell"),
            kit.routing.WebSocketRoute("/ws", ws, name="ws"),
            kit.routing.WebSocketRoute("/deny", deny),
        ]
    )


def in_starlette(app: Any) -> Any:
    return THEIRS.applications.Starlette(routes=[THEIRS.routing.Mount("/collab", app=app)])


def in_fastapi(app: Any) -> Any:
    host = FastAPI()
    host.mount("/collab", app)
    return host


def in_ours(app: Any) -> Any:
    return OURS.applications.Application(routes=[OURS.routing.Mount("/collab", app=app)])


HOSTED = pytest.mark.parametrize(
    ("host", "kit"),
    [(in_starlette, OURS), (in_fastapi, OURS), (in_ours, THEIRS), (in_ours, OURS)],
)


@HOSTED
def test_requests_sockets_and_urls_work_below_the_mount(host: Any, kit: Toolkit) -> None:
    client = TestClient(host(guest(kit)))
    told = client.get("/collab/tell").json()
    assert told == ["/collab", "http://testserver/collab/tell", "ws://testserver/collab/ws"]
    with client.websocket_connect("/collab/ws", subprotocols=["collab.v1"]) as session:
        assert session.accepted_subprotocol == "collab.v1"
        session.send_json([1])
        assert session.receive_json() == {"echo": [1], "path": "/collab/ws"}


@HOSTED
def test_errors_are_answered_by_whoever_raised_them(host: Any, kit: Toolkit) -> None:
    client = TestClient(host(guest(kit)))
    response = client.get("/collab/tell?missing=1")
    assert (response.status_code, response.text) == (404, "no such document")
    assert client.get("/collab/nothing").status_code == 404
    assert client.post("/collab/tell").status_code == 405
    with (
        pytest.raises(OURS.testclient.WebSocketDenialResponse) as caught,
        client.websocket_connect("/collab/deny"),
    ):
        raise AssertionError("accepted")
    assert caught.value.status_code == 401


def test_a_fastapi_around_us_still_finds_its_own_names() -> None:
    host = in_fastapi(guest(OURS))

    @host.get("/home")
    async def home() -> None: ...

    assert host.url_path_for("home") == "/home"
