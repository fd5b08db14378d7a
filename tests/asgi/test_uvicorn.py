"""The core on a real server, spoken to by a real client."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, ClassVar, Literal

import httpx2
import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from collab.asgi.applications import Application
from collab.asgi.endpoints import WebSocketEndpoint
from collab.asgi.requests import Request
from collab.asgi.responses import FileResponse, JSONResponse, PlainTextResponse, StreamingResponse
from collab.asgi.routing import Mount, Route, WebSocketRoute
from collab.asgi.websockets import WebSocket, WebSocketDisconnect, negotiate_subprotocol

ended: asyncio.Queue[Any] = asyncio.Queue()


class Echo(WebSocketEndpoint):
    encoding: ClassVar[Literal["json"]] = "json"

    async def on_connect(self, websocket: WebSocket) -> None:
        chosen = negotiate_subprotocol(websocket.subprotocols, ["collab.v1"])
        await websocket.accept(subprotocol=chosen, headers=[(b"x-served-by", b"collab")])

    async def on_receive(self, websocket: WebSocket, data: Any) -> None:
        if data == "close":
            await websocket.close(4404, "no such document")
        else:
            await websocket.send_json({"echo": data, "url": str(websocket.url)})

    async def on_disconnect(self, websocket: WebSocket, close_code: int) -> None:
        await ended.put(close_code)


async def deny(websocket: WebSocket) -> None:
    await websocket.receive()
    response = JSONResponse({"code": "forbidden"}, status_code=403, headers={"x-why": "role"})
    await websocket.send_denial_response(response)


async def refuse(websocket: WebSocket) -> None:
    await websocket.close(1008)


async def stubborn(websocket: WebSocket) -> None:
    """Goes on sending after its client has gone."""
    await websocket.accept()
    assert (await websocket.receive())["type"] == "websocket.disconnect"
    try:
        await websocket.send_text("still there?")
    except WebSocketDisconnect as error:
        await ended.put(error)


async def tell(request: Request) -> JSONResponse:
    body = await request.body()
    told = {"url": str(request.url), "body": body.decode(), "link": str(request.url_for("m:tell"))}
    return JSONResponse(told)


async def pieces(request: Request) -> StreamingResponse:
    async def numbers() -> AsyncIterator[str]:
        try:
            for number in range(1_000_000):
                yield f"{number:<60000}\n"
        finally:
            await ended.put("stream")

    return StreamingResponse(numbers())


async def file(request: Request) -> FileResponse:
    return FileResponse(Path(__file__))


async def fail(request: Request) -> PlainTextResponse:
    raise LookupError("secret")


APP = Application(
    routes=[
        WebSocketRoute("/ws/echo/{doc_id}", Echo),
        WebSocketRoute("/ws/deny", deny),
        WebSocketRoute("/ws/refuse", refuse),
        WebSocketRoute("/ws/stubborn", stubborn),
        Route("/pieces", pieces),
        Route("/file", file),
        Route("/fail", fail),
        Mount("/m", routes=[Route("/tell", tell, methods=["POST"], name="tell")], name="m"),
    ]
)


@pytest.fixture
async def address() -> AsyncIterator[str]:
    """Host and port of a running server. The socket listens before the server takes it over."""
    config = uvicorn.Config(APP, ws="websockets-sansio", log_config=None)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        serving = asyncio.create_task(server.serve(sockets=[listening]))
        yield "{}:{}".format(*listening.getsockname())
        server.should_exit = True
        await serving


@pytest.fixture(autouse=True)
def nothing_ended() -> None:
    global ended
    ended = asyncio.Queue()


async def closed(websocket: ClientConnection) -> tuple[int | None, str | None]:
    with pytest.raises(ConnectionClosedError):
        await websocket.recv()
    return websocket.close_code, websocket.close_reason


async def test_json_is_echoed_in_frames_of_either_kind(address: str) -> None:
    url = f"ws://{address}/ws/echo/x?a=1"
    async with connect(url, subprotocols=["other", "collab.v1"]) as websocket:
        assert websocket.subprotocol == "collab.v1"
        assert websocket.response is not None
        assert websocket.response.headers["x-served-by"] == "collab"
        for frame in ('"ä😀"', b'"\xc3\xa4\xf0\x9f\x98\x80"'):
            await websocket.send(frame)
            assert await websocket.recv() == f'{{"echo":"ä😀","url":"{url}"}}'
    assert await ended.get() == 1000


async def test_the_close_code_and_its_reason_arrive(address: str) -> None:
    async with connect(f"ws://{address}/ws/echo/x") as websocket:
        await websocket.send('"close"')
        assert await closed(websocket) == (4404, "no such document")


async def test_what_is_not_json_closes_with_1003(address: str) -> None:
    async with connect(f"ws://{address}/ws/echo/x") as websocket:
        await websocket.send("{")
        assert (await closed(websocket))[0] == 1003
    assert await ended.get() == 1011


async def test_a_denial_arrives_with_status_headers_and_body(address: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await connect(f"ws://{address}/ws/deny")
    response = caught.value.response
    assert (response.status_code, response.headers["x-why"]) == (403, "role")
    assert response.body == b'{"code":"forbidden"}'


@pytest.mark.parametrize("path", ["/ws/refuse", "/nothing"])
async def test_a_refused_handshake_is_a_403(address: str, path: str) -> None:
    with pytest.raises(InvalidStatus) as caught:
        await connect(f"ws://{address}{path}")
    assert caught.value.response.status_code == 403


async def test_a_connection_that_breaks_is_a_disconnect(address: str) -> None:
    websocket = await connect(f"ws://{address}/ws/echo/x")
    websocket.transport.abort()
    # Neither code is ever sent by a client: which of the two, the server decides.
    assert await ended.get() in (1005, 1006)


async def test_sending_on_a_broken_connection_is_a_disconnect_1006(address: str) -> None:
    websocket = await connect(f"ws://{address}/ws/stubborn")
    websocket.transport.abort()
    error = await ended.get()
    assert error.code == 1006
    assert isinstance(error.__cause__, OSError)


async def test_requests_files_and_ranges_are_answered(address: str) -> None:
    async with httpx2.AsyncClient(base_url=f"http://{address}") as client:
        told = (await client.post("/m/tell?a=1", content=b"hi")).json()
        assert told == {
            "url": f"http://{address}/m/tell?a=1",
            "body": "hi",
            "link": f"http://{address}/m/tell",
        }
        whole = await client.get("/file")
        some = await client.get("/file", headers={"range": "bytes=3-9"})
        assert whole.content[3:10] == some.content
        assert (await client.head("/file")).headers["etag"] == whole.headers["etag"]
        assert (await client.get("/m/tell")).status_code == 405
        assert (await client.get("/fail")).text == "Internal Server Error"


async def test_a_stream_ends_when_its_reader_goes(address: str) -> None:
    async with (
        httpx2.AsyncClient(base_url=f"http://{address}") as client,
        client.stream("GET", "/pieces") as response,
    ):
        assert (await anext(response.aiter_lines())).strip() == "0"
    assert await ended.get() == "stream"
