"""The incoming side: `HTTPConnection`, a base shared with WebSockets, and the HTTP `Request`.

Forms are not parsed: `Request.form` raises an error, and `body` and `stream` return the bytes.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import aclosing
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NoReturn, cast

from .cookies import parse_cookies
from .datastructures import URL, Address, Headers, QueryParams, State
from .types import Message, Receive, Scope, Send

if TYPE_CHECKING:
    from typing_extensions import TypeVar

    StateT = TypeVar("StateT", bound=Mapping[str, Any] | State, default=State)
else:
    from typing import TypeVar

    StateT = TypeVar("StateT")

__all__ = ["ClientDisconnect", "HTTPConnection", "Request"]


class ClientDisconnect(Exception):
    """The client disconnected while its request was read or its response was sent."""


class HTTPConnection(Mapping[str, Any], Generic[StateT]):
    """The read-only view of a scope, which is also a mapping of its keys: `connection["path"]`."""

    def __init__(self, scope: Scope, receive: Receive | None = None) -> None:
        assert scope["type"] in ("http", "websocket"), f"Not a connection: {scope['type']!r}."
        self.scope = scope

    def __getitem__(self, key: str) -> Any:
        return self.scope[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scope)

    def __len__(self) -> int:
        return len(self.scope)

    # Connections are compared by identity, not by their scopes.
    __eq__ = object.__eq__
    __hash__ = object.__hash__

    @property
    def app(self) -> Any:
        return self.scope["app"]

    @cached_property
    def url(self) -> URL:
        return URL(scope=self.scope)

    @cached_property
    def base_url(self) -> URL:
        """The URL of the application's root; inside a mount, still of the whole application."""
        root_path = self.scope.get("app_root_path", self.scope.get("root_path", ""))
        path = root_path if root_path.endswith("/") else root_path + "/"
        return URL(scope={**self.scope, "path": path, "query_string": b"", "root_path": root_path})

    @cached_property
    def headers(self) -> Headers:
        return Headers(scope=self.scope)

    @cached_property
    def query_params(self) -> QueryParams:
        return QueryParams(self.scope["query_string"])

    @property
    def path_params(self) -> dict[str, Any]:
        return cast("dict[str, Any]", self.scope.get("path_params", {}))

    @cached_property
    def cookies(self) -> dict[str, str]:
        return parse_cookies(";".join(self.headers.getlist("cookie")))

    @property
    def client(self) -> Address | None:
        """The client's address, or None if the server doesn't know it."""
        client = self.scope.get("client")
        return None if client is None else Address(*client)

    @property
    def session(self) -> dict[str, Any]:
        session = cast("dict[str, Any]", self._from_middleware("session"))
        # Some session middleware writes its cookie only if the session was accessed.
        if hasattr(session, "mark_accessed"):
            session.mark_accessed()
        return session

    @property
    def auth(self) -> Any:
        return self._from_middleware("auth")

    @property
    def user(self) -> Any:
        return self._from_middleware("user")

    def _from_middleware(self, key: str) -> Any:
        assert key in self.scope, f'No "{key}" in the scope: a middleware has to put it there.'
        return self.scope[key]

    @cached_property
    def state(self) -> StateT:
        """This connection's own values, initially those that the lifespan set."""
        return cast("StateT", State(self.scope.setdefault("state", {})))

    def url_for(self, name: str, /, **path_params: Any) -> URL:
        """Return a route's absolute URL. Raises NoMatchFound, or RuntimeError without a router."""
        router = self.scope.get("router") or self.scope.get("app")
        if router is None:
            raise RuntimeError(
                "url_for needs a router or an application, and the scope has neither."
            )
        path = router.url_path_for(name, **path_params)
        return cast("URL", path.make_absolute_url(base_url=self.base_url))


async def _no_receive() -> NoReturn:
    raise RuntimeError("This request was made without a receive channel.")


async def _no_send(message: Message) -> NoReturn:
    raise RuntimeError("This request was made without a send channel.")


class Request(HTTPConnection[StateT]):
    """An HTTP request. Its body can be read once with `stream`, or repeatedly with `body`."""

    def __init__(self, scope: Scope, receive: Receive = _no_receive, send: Send = _no_send) -> None:
        super().__init__(scope)
        assert scope["type"] == "http", f"Expected an HTTP scope, got {scope['type']!r}."
        self._receive = receive
        self._send = send
        self._stream_consumed = False
        self._is_disconnected = False

    @property
    def method(self) -> str:
        return cast("str", self.scope["method"])

    @property
    def receive(self) -> Receive:
        return self._receive

    async def stream(self) -> AsyncGenerator[bytes, None]:
        """Yield the body in pieces, the last one empty.

        Raises:
            ClientDisconnect: the client disconnected before the whole body was received.
            RuntimeError: the body has been streamed already.
        """
        if hasattr(self, "_body"):
            yield self._body
            yield b""
            return
        if self._stream_consumed:
            raise RuntimeError("Stream consumed: the body was streamed before, and isn't kept.")
        while not self._stream_consumed:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                self._is_disconnected = True
                raise ClientDisconnect
            if message["type"] == "http.request":
                self._stream_consumed = not message.get("more_body", False)
                if body := message.get("body", b""):
                    yield body
        yield b""

    async def body(self) -> bytes:
        """Return the whole body. Its size is not limited here; a public server needs a limit."""
        if not hasattr(self, "_body"):
            async with aclosing(self.stream()) as stream:
                self._body = b"".join([chunk async for chunk in stream])
        return self._body

    async def json(self) -> Any:
        """Return the body as decoded JSON. Raises ValueError if it is invalid."""
        if not hasattr(self, "_json"):
            self._json = json.loads(await self.body())
        return self._json

    def form(self, **limits: Any) -> NoReturn:
        """Not supported: neither URL-encoded nor multipart forms are parsed."""
        raise NotImplementedError(
            "collab.asgi parses no forms: read request.body() or request.stream() and parse it "
            "with urllib.parse.parse_qsl or a multipart library."
        )

    async def close(self) -> None:
        """Do nothing; for code that closes requests with uploaded form files."""

    async def is_disconnected(self) -> bool:
        """Whether the client is known to have disconnected. Never waits; may drop a body piece."""
        if not self._is_disconnected:
            message = _at_once(self._receive)
            self._is_disconnected = message is not None and message["type"] == "http.disconnect"
        return self._is_disconnected


def _at_once(receive: Receive) -> Any:
    """Return what `receive` returns without waiting, else None."""
    step = cast("Generator[Any, None, Any]", receive().__await__())
    try:
        next(step)
    except StopIteration as done:
        return done.value
    step.close()
    return None
