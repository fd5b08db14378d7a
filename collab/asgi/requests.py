"""What came in: `HTTPConnection`, shared with WebSockets, and the HTTP `Request`.

Forms are not parsed here: `Request.form` says so, and `body` and `stream` give the bytes.
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
    """The client went away while its request was read or its response was written."""


class HTTPConnection(Mapping[str, Any], Generic[StateT]):
    """The read-only side of a scope, which is also its mapping interface: `connection["path"]`."""

    def __init__(self, scope: Scope, receive: Receive | None = None) -> None:
        assert scope["type"] in ("http", "websocket"), f"Not a connection: {scope['type']!r}."
        self.scope = scope

    def __getitem__(self, key: str) -> Any:
        return self.scope[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.scope)

    def __len__(self) -> int:
        return len(self.scope)

    # Two connections are never the same one, whatever their scopes hold.
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
        """Where the application begins; inside of a mount still that of the whole application."""
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
        """Where the client is; None where the server doesn't know."""
        client = self.scope.get("client")
        return None if client is None else Address(*client)

    @property
    def session(self) -> dict[str, Any]:
        session = cast("dict[str, Any]", self._from_middleware("session"))
        # Some session middleware writes its cookie only for those who looked.
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
        """This connection's own values, begun with those that the lifespan left."""
        return cast("StateT", State(self.scope.setdefault("state", {})))

    def url_for(self, name: str, /, **path_params: Any) -> URL:
        """The absolute URL of a route. Raises `NoMatchFound`, or RuntimeError without a router."""
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
    """An HTTP request. Its body can be read once as a stream, or any number of times as `body`."""

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
        """The body piece by piece, at last an empty one.

        Raises:
            ClientDisconnect: the client went away before all had come.
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
        """The whole body. There is no limit on it here; a server in the open wants one."""
        if not hasattr(self, "_body"):
            async with aclosing(self.stream()) as stream:
                self._body = b"".join([chunk async for chunk in stream])
        return self._body

    async def json(self) -> Any:
        """The body as JSON. Raises ValueError if it isn't."""
        if not hasattr(self, "_json"):
            self._json = json.loads(await self.body())
        return self._json

    def form(self, **limits: Any) -> NoReturn:
        """Not offered: collab's core parses no forms, neither URL-encoded nor multipart."""
        raise NotImplementedError(
            "collab.asgi parses no forms: read request.body() or request.stream() and parse it "
            "with urllib.parse.parse_qsl or a multipart library."
        )

    async def close(self) -> None:
        """Nothing is held; here for those who close requests that held form files."""

    async def is_disconnected(self) -> bool:
        """Whether the client is known to have gone. Never waits; may swallow a piece of body."""
        if not self._is_disconnected:
            message = _at_once(self._receive)
            self._is_disconnected = message is not None and message["type"] == "http.disconnect"
        return self._is_disconnected


def _at_once(receive: Receive) -> Any:
    """What `receive` gives without having to wait, else None."""
    step = cast("Generator[Any, None, Any]", receive().__await__())
    try:
        next(step)
    except StopIteration as done:
        return done.value
    step.close()
    return None
