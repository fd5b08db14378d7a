"""The WebSocket: two state machines, one per side, which every other method uses.

`client_state` follows the events of `receive`, `application_state` those of `send`:

    client       CONNECTING → connect → CONNECTED → disconnect → DISCONNECTED
    application  CONNECTING → accept → CONNECTED → close → DISCONNECTED
                 CONNECTING → close → DISCONNECTED
                 CONNECTING → http.response.start → RESPONSE → the last body → DISCONNECTED
"""

from __future__ import annotations

import enum
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Literal, NoReturn, TypeAlias, cast

from asgiref.typing import WebSocketCloseEvent

from .requests import HTTPConnection, StateT
from .responses import Response
from .types import Message, Receive, Scope, Send

__all__ = [
    "WebSocket",
    "WebSocketClose",
    "WebSocketDisconnect",
    "WebSocketDisconnected",
    "WebSocketState",
    "negotiate_subprotocol",
    "parse_json",
]

Mode: TypeAlias = Literal["text", "binary"]


class WebSocketState(enum.Enum):
    CONNECTING = 0
    CONNECTED = 1
    DISCONNECTED = 2
    RESPONSE = 3


class WebSocketDisconnect(Exception):
    """The connection has ended with this close code and reason; 1006 if it broke while sending."""

    def __init__(self, code: int = 1000, reason: str | None = None) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason or ""

    def __str__(self) -> str:
        return f"{self.code}: {self.reason}" if self.reason else str(self.code)


class WebSocketDisconnected(RuntimeError):
    """The WebSocket was used before it was accepted, or after its end."""


Step: TypeAlias = Mapping[str, WebSocketState]

_RECEIVED: Mapping[WebSocketState, Step] = {
    WebSocketState.CONNECTING: {"websocket.connect": WebSocketState.CONNECTED},
    WebSocketState.CONNECTED: {
        "websocket.receive": WebSocketState.CONNECTED,
        "websocket.disconnect": WebSocketState.DISCONNECTED,
    },
}
_SENT: Mapping[WebSocketState, Step] = {
    WebSocketState.CONNECTING: {
        "websocket.accept": WebSocketState.CONNECTED,
        "websocket.close": WebSocketState.DISCONNECTED,
        "websocket.http.response.start": WebSocketState.RESPONSE,
    },
    WebSocketState.CONNECTED: {
        "websocket.send": WebSocketState.CONNECTED,
        "websocket.close": WebSocketState.DISCONNECTED,
    },
    WebSocketState.RESPONSE: {"websocket.http.response.body": WebSocketState.RESPONSE},
}


class WebSocket(HTTPConnection[StateT]):
    """One connection. Methods that wait for the client raise WebSocketDisconnect when it ends.

    A call in an illegal order raises RuntimeError with the allowed events and the actual one.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        super().__init__(scope)
        assert scope["type"] == "websocket", f"Expected a WebSocket scope, got {scope['type']!r}."
        self._receive = receive
        self._send = send
        self.client_state = WebSocketState.CONNECTING
        self.application_state = WebSocketState.CONNECTING

    @property
    def subprotocols(self) -> list[str]:
        """The client's subprotocols in order of preference; see `negotiate_subprotocol`."""
        return list(self.scope.get("subprotocols") or ())

    async def receive(self) -> Message:
        """Return the next ASGI event of any type."""
        if self.client_state not in _RECEIVED:
            raise WebSocketDisconnected(
                'Cannot call "receive" once a disconnect message has been received.'
            )
        message: Message = await self._receive()
        self.client_state = _step(_RECEIVED, self.client_state, message)
        return message

    async def send(self, message: Message) -> None:
        """Send an ASGI event. Raises WebSocketDisconnect(1006) if the connection is broken."""
        if self.application_state not in _SENT:
            raise WebSocketDisconnected('Cannot call "send" once a close message has been sent.')
        self.application_state = _step(_SENT, self.application_state, message)
        try:
            await self._send(message)
        except OSError as error:
            self.application_state = WebSocketState.DISCONNECTED
            raise WebSocketDisconnect(1006) from error

    async def accept(
        self,
        subprotocol: str | None = None,
        headers: Iterable[tuple[bytes, bytes]] | None = None,
    ) -> None:
        """Accept the handshake; first wait for the client's connect event if necessary."""
        if self.client_state is WebSocketState.CONNECTING:
            await self.receive()
        await self.send(
            {"type": "websocket.accept", "subprotocol": subprotocol, "headers": headers or []}
        )

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close the connection; before `accept`, refuse the handshake with HTTP status 403."""
        await self.send({"type": "websocket.close", "code": code, "reason": reason or ""})

    async def send_denial_response(self, response: Response) -> None:
        """Refuse the handshake with an HTTP response.

        Raises RuntimeError if the server doesn't support that: first check for
        "websocket.http.response" in the scope's "extensions", and otherwise call `close`.
        """
        if "websocket.http.response" not in (self.scope.get("extensions") or {}):
            raise RuntimeError(
                "The server doesn't support the WebSocket denial response extension."
            )
        await response(self.scope, cast("Receive", self.receive), self.send)

    async def send_text(self, data: str) -> None:
        await self.send({"type": "websocket.send", "text": data})

    async def send_bytes(self, data: bytes) -> None:
        await self.send({"type": "websocket.send", "bytes": data})

    async def send_json(self, data: Any, mode: Mode = "text") -> None:
        """Raises ValueError for NaN and infinities, which JSON doesn't have."""
        _check(mode)
        text = _ENCODER.encode(data)
        if mode == "text":
            await self.send_text(text)
        else:
            await self.send_bytes(text.encode())

    async def receive_text(self) -> str:
        """Raises RuntimeError if the frame is binary. The frame is lost; the connection stays."""
        return cast("str", await self._receive_data("text"))

    async def receive_bytes(self) -> bytes:
        """Raises RuntimeError if the frame is text. The frame is lost; the connection stays."""
        return cast("bytes", await self._receive_data("bytes"))

    async def receive_json(self, mode: Mode = "text") -> Any:
        """Raises RuntimeError for a frame of the other kind, ValueError if it isn't JSON."""
        _check(mode)
        return parse_json(await self._receive_data("text" if mode == "text" else "bytes"))

    async def _receive_data(self, wanted: Literal["text", "bytes"]) -> Any:
        if self.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected(
                f"The WebSocket is {self.application_state.name}, not CONNECTED: "
                'frames can be read after "accept" and before "close".'
            )
        message = await self.receive()
        if message["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(message.get("code", 1005), message.get("reason"))
        data = message.get(wanted)
        if data is None:
            kinds = ("text", "binary") if wanted == "text" else ("binary", "text")
            raise RuntimeError("Expected a {} frame, got a {} frame.".format(*kinds))
        return data

    async def iter_text(self) -> AsyncIterator[str]:
        """Yield frames until the client disconnects."""
        try:
            while True:
                yield await self.receive_text()
        except WebSocketDisconnect:
            return

    async def iter_bytes(self) -> AsyncIterator[bytes]:
        """Yield frames until the client disconnects."""
        try:
            while True:
                yield await self.receive_bytes()
        except WebSocketDisconnect:
            return

    async def iter_json(self, mode: Mode = "text") -> AsyncIterator[Any]:
        """Yield frames until the client disconnects."""
        try:
            while True:
                yield await self.receive_json(mode)
        except WebSocketDisconnect:
            return


class WebSocketClose:
    """An ASGI application that closes every connection, or refuses its handshake."""

    def __init__(self, code: int = 1000, reason: str | None = None) -> None:
        self.code = code
        self.reason = reason or ""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send(WebSocketCloseEvent(type="websocket.close", code=self.code, reason=self.reason))


def negotiate_subprotocol(offered: Iterable[str], supported: Iterable[str]) -> str | None:
    """Return the client's first subprotocol that the server supports (RFC 6455, section 4.2.2).

    The result is None if there is none. The caller decides what follows: a client that offered none
    may be accepted, one that offered only unsupported ones is usually refused.
    """
    known = frozenset(supported)
    return next((name for name in offered if name in known), None)


def _step(
    table: Mapping[WebSocketState, Step], state: WebSocketState, message: Message
) -> WebSocketState:
    """Return the state after `message`. All transitions by events are made here."""
    came, allowed = message["type"], table[state]
    if came not in allowed:
        raise RuntimeError(
            f"Expected ASGI message {_either(allowed)} while {state.name}, but got {came!r}."
        )
    if came == "websocket.http.response.body" and not message.get("more_body", False):
        return WebSocketState.DISCONNECTED
    return allowed[came]


def _either(types: Iterable[str]) -> str:
    *most, last = (f'"{name}"' for name in types)
    return f"{', '.join(most)} or {last}" if most else last


def _check(mode: str) -> None:
    if mode not in ("text", "binary"):
        raise RuntimeError(f'Expected mode "text" or "binary", got {mode!r}.')


def parse_json(data: str | bytes) -> Any:
    """Decode JSON text, in UTF-8 if it is bytes. Raises ValueError if it is invalid."""
    try:
        return _DECODER.decode(data.decode() if isinstance(data, bytes) else data)
    except RecursionError:
        raise ValueError("Expected JSON, got values nested too deep to be read.") from None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"Expected JSON, got {constant}, which JSON doesn't have.")


# Created once: with options, the functions of `json` create a new coder for each call.
_DECODER = json.JSONDecoder(parse_constant=_refuse)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False)
