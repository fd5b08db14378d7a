"""Serving the application: uvicorn with uvloop, httptools and the sans-I/O WebSocket protocol."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import gc
import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

import uvicorn
import uvloop

from ..api.hosts import only_called_by
from ..api.security import secured
from ..app import Collab
from ..errors import ConfigurationError
from ..settings import Settings
from .open_files import allow_open_files
from .protocol import WebSocketProtocol
from .requests import PendingConnections, RequestProtocol

__all__ = ["Server", "listen", "serve"]

ANY_HOST = "*"

Application = Callable[[Any, Any, Any], Awaitable[None]]

# The arguments of `gc.set_threshold`: new objects until a collection of generation 0, and
# collections of a generation until one of the next. Python's defaults are 700, 10 and 10. A
# collection of generation 1 traverses 60,000 objects, which takes about 10 ms.
COLLECTOR_THRESHOLDS = (10_000, 5, 80)


def listen(host: str, port: int) -> socket.socket:
    """Open a listening TCP socket.

    Raises:
        ConfigurationError: the address is not available, usually because the port is in use.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
    except OSError as error:
        raise ConfigurationError(f"can't listen on {host}: {error.strerror or error}") from None
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise ConfigurationError(
            f"can't listen on {host} port {port}: {error.strerror or error}; "
            "choose another with --port"
        ) from None
    listener.setblocking(False)
    return listener


class Server(uvicorn.Server):
    """uvicorn's server, with a graceful shutdown of the application.

    uvicorn closes the WebSockets (1012) before the lifespan ends. Here the application first
    commits pending edits, notifies its clients and closes the connections (1001).
    """

    def __init__(self, config: uvicorn.Config, app: Collab, on_ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._app = app
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        await self._app.manager.close()
        await super().shutdown(sockets)


def configure(settings: Settings, app: Collab, around: Application | None = None) -> uvicorn.Config:
    """Make uvicorn's configuration.

    Compression is off: for frames of a few hundred bytes it costs more time than it saves.

    Args:
        around: an application that wraps `app` and is served instead.
    """
    return uvicorn.Config(
        cast(Any, around or app),
        loop="uvloop",
        http=cast(
            Any,
            functools.partial(
                RequestProtocol,
                waiting=PendingConnections(settings, app.manager.metrics, app.manager.unread),
            ),
        ),
        ws=cast(
            Any,
            functools.partial(
                WebSocketProtocol,
                max_fragments=settings.max_frame_fragments,
                pings_per_second=settings.presences_per_second,
                pings_burst=settings.presences_burst,
                max_head_bytes=settings.max_request_head_bytes,
            ),
        ),
        ws_per_message_deflate=False,
        ws_max_size=settings.max_frame_bytes,
        ws_ping_interval=settings.ping_interval_seconds,
        ws_ping_timeout=settings.ping_timeout_seconds,
        timeout_graceful_shutdown=int(settings.shutdown_timeout_seconds) or 1,
        root_path=settings.root_path,
        proxy_headers=True,
        forwarded_allow_ips=["*"]
        if "*" in settings.trusted_proxies
        else list(settings.trusted_proxies),
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
    )


def spare_collector() -> None:
    """Have the garbage collector run less often, and skip the objects that exist already.

    Modules and classes stay until the process ends, and edits create almost no reference cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTOR_THRESHOLDS)


def guarded(settings: Settings, app: Collab) -> Application:
    """Wrap `app` in the check of the `Host` header, which open mode needs."""
    if settings.auth != "open" or ANY_HOST in settings.allowed_hosts:
        return app
    return secured(only_called_by(settings.allowed_hosts, app))


def serve(settings: Settings, listener: socket.socket, on_ready: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; call `on_ready` once connections are accepted.

    Raises:
        StorageError: the database can't be used. No request was served.
    """

    allow_open_files(settings)

    async def run() -> None:
        with contextlib.closing(listener):
            app = Collab(settings)
            try:
                await app.open()
                spare_collector()
                config = configure(settings, app, guarded(settings, app))
                await Server(config, app, on_ready).serve([listener])
            finally:
                await app.close()

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(run())
