"""A client for tests: HTTP and WebSockets to an application in the same process.

It needs the package `httpx2`, which is not a dependency of collab itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import TracebackType
from typing import Any, Literal, Self
from urllib.parse import urljoin

try:
    import httpx2
except ModuleNotFoundError as error:
    raise RuntimeError(
        "The test client needs the package httpx2: install it with `pip install httpx2`."
    ) from error

from .testloop import GRACE_SECONDS, Conversation, LoopThread
from .testsession import WebSocketDenialResponse, WebSocketTestSession
from .testtransport import TestTransport, Upgrade
from .types import ASGIApp

__all__ = ["TestClient", "WebSocketDenialResponse", "WebSocketTestSession"]


class TestClient(httpx2.Client):
    """An `httpx2.Client` that sends its requests to `app`, with `websocket_connect` in addition.

    As a context manager it runs the application's lifespan and keeps one event loop. Otherwise each
    request and each WebSocket has its own loop, and no lifespan runs.

    Args:
        raise_server_exceptions: raise the application's exceptions instead of returning its 500.
        client: the address and port of the client in the application's scope.
    """

    __test__ = False

    def __init__(
        self,
        app: ASGIApp,
        base_url: str = "http://testserver",
        raise_server_exceptions: bool = True,
        root_path: str = "",
        backend: Literal["asyncio"] = "asyncio",
        cookies: Any = None,
        headers: dict[str, str] | None = None,
        follow_redirects: bool = True,
        client: tuple[str, int] = ("testclient", 50000),
    ) -> None:
        if backend != "asyncio":
            raise ValueError(f'The test client runs on "asyncio" only, got {backend!r}.')
        self.app = app
        self.app_state: dict[str, Any] = {}
        self._loop: LoopThread | None = None
        super().__init__(
            base_url=base_url,
            headers=_with_defaults(headers, {"user-agent": "testclient"}),
            transport=TestTransport(
                app,
                self._loops,
                raise_server_exceptions=raise_server_exceptions,
                root_path=root_path,
                client=client,
                app_state=self.app_state,
            ),
            follow_redirects=follow_redirects,
            cookies=cookies,
        )

    @contextmanager
    def _loops(self) -> Iterator[LoopThread]:
        if self._loop is not None:
            yield self._loop
        else:
            with LoopThread() as loop:
                yield loop

    def websocket_connect(
        self, url: str, subprotocols: Sequence[str] | None = None, **kwargs: Any
    ) -> WebSocketTestSession:
        """Return a session, which connects when entered. `kwargs` are those of `request`."""
        defaults = {
            "connection": "upgrade",
            "sec-websocket-key": "testserver==",
            "sec-websocket-version": "13",
        }
        if subprotocols is not None:
            defaults["sec-websocket-protocol"] = ", ".join(subprotocols)
        kwargs["headers"] = _with_defaults(kwargs.get("headers"), defaults)
        try:
            self.request("GET", urljoin("ws://testserver", url), **kwargs)
        except Upgrade as upgrade:
            return upgrade.session
        raise RuntimeError(f"Expected a WebSocket URL, got {url!r}.")

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._loop = stack.enter_context(LoopThread())
            stack.callback(setattr, self, "_loop", None)
            scope = {
                "type": "lifespan",
                "asgi": {"version": "3.0", "spec_version": "2.0"},
                "state": self.app_state,
            }
            lifespan = Conversation(self._loop, self.app, scope)
            _step(lifespan, "startup")
            stack.callback(lifespan.end, GRACE_SECONDS)
            stack.callback(_step, lifespan, "shutdown")
            stack.callback(self._transport.close)
            self._exit_stack = stack.pop_all()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._exit_stack.close()


def _with_defaults(headers: Any, defaults: dict[str, str]) -> httpx2.Headers:
    found = httpx2.Headers(headers)
    for name, value in defaults.items():
        found.setdefault(name, value)
    return found


def _step(lifespan: Conversation, stage: Literal["startup", "shutdown"]) -> None:
    """Run one stage of the lifespan. Raises the application's exception, or RuntimeError."""
    lifespan.send({"type": f"lifespan.{stage}"})
    message = lifespan.receive()
    if message["type"] == f"lifespan.{stage}.failed":
        lifespan.end(None)
        raise RuntimeError(f"The application's {stage} failed: {message.get('message', '')}")
    assert message["type"] == f"lifespan.{stage}.complete", (
        f'Expected "lifespan.{stage}.complete", got {message["type"]!r}.'
    )
