"""The client's side of a WebSocket in a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import Any, Literal, Self, cast

import httpx2

from .testloop import GRACE_SECONDS, Conversation, LoopThread
from .types import ASGIApp, Message, Scope
from .websockets import WebSocketDisconnect

__all__ = ["WebSocketDenialResponse", "WebSocketTestSession"]


# mypy reports that attributes of the two bases differ; those of the exception are not used.
class WebSocketDenialResponse(httpx2.Response, WebSocketDisconnect):  # type: ignore[misc]
    """Raised on connecting if the application refuses with `send_denial_response`.

    It is that response. As a disconnect it has the code that browsers report then, 1006.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        httpx2.Response.__init__(self, *args, **kwargs)
        self.code = 1006
        self.reason = f"The handshake was answered with HTTP {self.status_code}."


class WebSocketTestSession:
    """A connection for the duration of the context.

    Entering raises WebSocketDisconnect, or WebSocketDenialResponse, if the application refuses.
    Leaving disconnects, waits a second for the application to return, and raises its exception.
    """

    accepted_subprotocol: str | None = None
    extra_headers: Iterable[tuple[bytes, bytes]] | None = None

    def __init__(
        self,
        app: ASGIApp,
        scope: Scope,
        loops: Callable[[], AbstractContextManager[LoopThread]],
    ) -> None:
        self.app = app
        self.scope = scope
        self._loops = loops

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            loop = stack.enter_context(self._loops())
            self._conversation = Conversation(loop, self.app, self.scope)
            stack.callback(self._conversation.end, GRACE_SECONDS)
            stack.callback(self.close)
            self.send({"type": "websocket.connect"})
            message = self.receive()
            self._raise_on_close(message)
            self.accepted_subprotocol = message.get("subprotocol")
            self.extra_headers = message.get("headers")
            self._exit_stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool | None:
        return self._exit_stack.__exit__(kind, error, trace)

    def send(self, message: Message) -> None:
        """Send any ASGI event to the application."""
        self._conversation.send(message)

    def send_text(self, data: str) -> None:
        self.send({"type": "websocket.receive", "text": data})

    def send_bytes(self, data: bytes) -> None:
        self.send({"type": "websocket.receive", "bytes": data})

    def send_json(self, data: Any, mode: Literal["text", "binary"] = "text") -> None:
        text = json.dumps(data, separators=(",", ":"), ensure_ascii=False)
        if mode == "text":
            self.send_text(text)
        else:
            self.send_bytes(text.encode())

    def close(self, code: int = 1000, reason: str | None = None) -> None:
        self.send({"type": "websocket.disconnect", "code": code, "reason": reason})

    def receive(self) -> Message:
        """Wait for any ASGI event of the application; raise the application's exception."""
        return self._conversation.receive()

    def receive_text(self) -> str:
        """Raises WebSocketDisconnect if the application closes instead."""
        return cast("str", self._receive_frame()["text"])

    def receive_bytes(self) -> bytes:
        """Raises WebSocketDisconnect if the application closes instead."""
        return cast("bytes", self._receive_frame()["bytes"])

    def receive_json(self, mode: Literal["text", "binary"] = "text") -> Any:
        """Raises WebSocketDisconnect if the application closes instead."""
        return json.loads(self.receive_text() if mode == "text" else self.receive_bytes())

    def _receive_frame(self) -> Message:
        message = self.receive()
        self._raise_on_close(message)
        return message

    def _raise_on_close(self, message: Message) -> None:
        if message["type"] == "websocket.close":
            raise WebSocketDisconnect(message.get("code", 1000), message.get("reason"))
        if message["type"] == "websocket.http.response.start":
            raise WebSocketDenialResponse(
                status_code=message["status"],
                headers=list(message["headers"]),
                content=b"".join(self._denial_body()),
            )

    def _denial_body(self) -> Iterable[bytes]:
        more = True
        while more:
            message = self.receive()
            yield bytes(message["body"])
            more = message.get("more_body", False)
