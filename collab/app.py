"""The composition root: builds the ASGI application from the settings."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import threading
import weakref
from collections.abc import AsyncIterator, Coroutine
from typing import Any

from .api.cross_origin import CrossOrigin
from .api.documents import DocumentsAPI
from .api.editing import editing_route
from .api.endpoints import Endpoint
from .api.grants import GrantsAPI
from .api.guard import Guard
from .api.health import health_endpoints
from .api.json import error_response
from .api.metrics import metrics_endpoints, registry_of
from .api.openapi import OpenAPIDescription
from .api.operations import OperationsAPI
from .api.pages import Pages
from .api.rate_limit import RatedAccess, RequestRates
from .api.resources import Resource, resources
from .api.security import secured
from .api.session import SessionAPI
from .api.sharing import SharedAccess
from .api.unknown import unknown_address
from .asgi.routing import Router
from .asgi.url import get_route_path
from .asgi.websockets import WebSocket
from .auth import (
    Access,
    Authenticate,
    Authorize,
    HostAccess,
    OpenAccess,
    TokenAccess,
    access_of_settings,
)
from .errors import ConfigurationError, StorageError, StorageUnavailable
from .exit_signals import ExitSignals
from .installed_types import register_installed_types
from .lifetime import Lifetime, call_in
from .limits.budget import UNCHARGED, Metered, ProbePayer
from .manager import DocumentManager
from .metrics import Metrics
from .sessions.direct_transport import EXTENSION
from .sessions.handshake import refuse
from .settings import Settings
from .storage import Committer, Database, DatabaseStore, Spacing
from .turns import Turns

__all__ = ["Collab", "create_app"]

logger = logging.getLogger(__name__)

PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
"""Paths that the operator's monitoring requests. Clients need no protection from it."""


def create_app(
    settings: Settings | None = None,
    *,
    authenticate: Authenticate | None = None,
    authorize: Authorize | None = None,
) -> Collab:
    """Create the ASGI application, to be served or mounted in another application.

    Nothing is opened yet. Served directly, the application opens with the server's lifespan.
    Mounted in a host, it opens at the first request or call of `manager`, or when the host opens
    it:

        collab = create_app(Settings(database="sqlite:///documents.db"))

        @contextlib.asynccontextmanager
        async def lifespan(app):
            async with collab.running():
                yield

    Args:
        authenticate: awaited with the connection (an `HTTPConnection`) of every handshake and every
            API request; returns the user, or None if the client is not authenticated. Replaces the
            setting `auth`.
        authorize: awaited with that user and a document's id; returns the user's role on the
            document, or None for no access. By default the user's `role_on` decides.
    """
    return Collab(settings or Settings(), authenticate=authenticate, authorize=authorize)


class Collab:
    """An ASGI application. `manager` is the API for a host that has its own WebSocket routes.

    One task owns all open resources. It closes them in reverse order when `close` is called. In a
    host that never calls it, they are closed when the event loop ends, or at a signal for which the
    server has a handler. After that the application may be opened again, in the same or another
    event loop. It is open in one event loop at a time.

    Args:
        serves: whether to lock an SQLite database against other servers while this is open. False
            for programs that may run next to a server, as the commands do.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        authenticate: Authenticate | None = None,
        authorize: Authorize | None = None,
        serves: bool = True,
    ) -> None:
        if authorize is not None and authenticate is None:
            raise ConfigurationError("authorize needs authenticate, which identifies the user")
        register_installed_types()
        self.settings = settings
        metrics = Metrics()
        self._database = Database(
            settings.database,
            busy_timeout_seconds=settings.database_busy_timeout_seconds,
            timeout_seconds=settings.database_timeout_seconds,
            metrics=metrics,
            serves=serves,
        )
        self._store = DatabaseStore(
            self._database,
            settings.snapshots_kept,
            spacing=Spacing(
                settings.snapshot_spacing_operations, settings.snapshot_spacing_bytes_per_operation
            ),
            max_documents=settings.max_documents,
            tombstone_days=settings.tombstone_days,
        )
        self._committer = Committer(
            self._store,
            settings.max_commit_operations,
            metrics,
            settings.commit_delay_seconds,
        )
        self.manager = DocumentManager(settings, self._store, self._committer, self._open_by_itself)
        self.registry = registry_of(self.manager)
        """The Prometheus registry, for a host that exports these metrics with its own."""
        source = self._source_of(authenticate, authorize)
        shared = not isinstance(source, OpenAccess)
        access = self._access = SharedAccess(source, self.manager) if shared else source
        tokens = source if isinstance(source, TokenAccess) else None
        rates = RequestRates(settings, metrics, self.manager.budgets)
        # In open mode a client can choose another user for each request, so users have no rate.
        rated = RatedAccess(access, rates) if shared else access
        mode = "host" if authenticate is not None else settings.auth
        others = CrossOrigin(settings.allowed_origins)
        guard = Guard(rated, self._store, self.manager.unread, settings.allowed_origins)
        endpoints = [
            *SessionAPI(self.manager, rated, mode, tokens).endpoints(),
            *GrantsAPI(self.manager, rated, is_open=not shared).endpoints(),
            *DocumentsAPI(self.manager, rated).endpoints(),
            *OperationsAPI(self.manager, rated).endpoints(),
        ]
        description = OpenAPIDescription(endpoints, mode, settings.token_cookie)
        endpoints += description.endpoints()
        nothing = Resource("/api/{path:path}", guard, {})
        pages = Pages(self.manager, rated, rates, unknown_address(metrics))
        router = Router(
            [
                # First, since it is requested most often.
                editing_route(self.manager, access),
                *resources(guard, self._probes()),
                *others.open(rates.limit([*resources(guard, endpoints), nothing])),
                *pages.routes(),
            ],
            default=pages.unknown,
            lifespan=lambda app: self.running(),
        )
        self._lifetime: Lifetime | None = None
        # Two threads may open the application concurrently.
        self._lifetime_lock = threading.Lock()
        self._running: Lifetime | None = None
        self._closed_in: weakref.ref[asyncio.AbstractEventLoop] | None = None
        # Set while the application is open because of a call, so that no caller will close it.
        self._exit_signals: ExitSignals | None = None
        self._router = router
        self._answer = secured(self._call)

    def _source_of(self, authenticate: Authenticate | None, authorize: Authorize | None) -> Access:
        """The source of users and roles, to which grants and links add."""
        if authenticate is None:
            return access_of_settings(self.settings)
        return HostAccess(authenticate, authorize, self.settings.users_may_create)

    def _probes(self) -> list[Endpoint]:
        token = self.settings.metrics_token.get_secret_value()
        is_open = isinstance(self._access, OpenAccess)
        return [
            *health_endpoints(self._store, self._committer),
            *metrics_endpoints(self.registry, token, is_open=is_open),
        ]

    async def reauthorize(self, doc_id: str) -> None:
        """Authorize all users who are connected to a document again.

        For a host whose `authorize` returns other roles now. Connections of users whose role has
        changed are closed, and may reconnect with the new role.
        """
        await self.manager.reauthorize(doc_id, self._access.role)

    async def reauthorize_user(self, user_id: str) -> None:
        """Close all connections of a user, so that they must authenticate again.

        For a host in which the user has signed out or was blocked. The clients reconnect only if
        `authenticate` still returns the user.
        """
        await self.manager.reauthorize_user(user_id)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open the application inside the context.

        Raises:
            ConfigurationError: it is running already, or open in another event loop.
            StorageError: as `open`.
        """
        await self.open()
        if self._running is self._lifetime:
            raise ConfigurationError(
                "the application is running already: start it once, and again after it has stopped"
            )
        lifetime = self._running = self._lifetime
        try:
            yield
        finally:
            if self._lifetime is lifetime:
                await self.close()

    async def open(self) -> None:
        """Open the database and start serving. Idempotent. May be called again after an error and
        after `close`.

        Raises:
            StorageError: the database can't be used; the message has the cause and a remedy.
            ConfigurationError: as `Database.open`; or it is open in another event loop.
        """
        await self._open()
        # A caller that opens the application is expected to close it.
        self._restore_signals()

    async def _open(self, *, by_itself: bool = False) -> None:
        while True:
            lifetime = self._lifetime_here(by_itself)
            if not lifetime.is_closing:
                await lifetime.opened()
                return
            await lifetime.wait_closed()

    def _lifetime_here(self, by_itself: bool) -> Lifetime:
        """The lifetime in the running event loop, started if there is none.

        Raises:
            ConfigurationError: the application is open in another event loop.
        """
        with self._lifetime_lock:
            lifetime = self._lifetime
            if lifetime is None or lifetime.has_ended or lifetime.is_abandoned:
                self._closed_in = None
                self._restore_signals()
                lifetime = self._lifetime = Lifetime(self._open_all)
                if by_itself:
                    end = functools.partial(self._start_closing, lifetime)
                    self._exit_signals = ExitSignals(lifetime.loop, end)
                    self._exit_signals.install()
            elif not lifetime.is_in_running_loop:
                raise ConfigurationError(
                    "the application is open in another event loop: call it there "
                    "(asyncio.run_coroutine_threadsafe), or close it there first"
                )
            return lifetime

    async def _open_all(self, stack: contextlib.AsyncExitStack) -> None:
        stack.callback(self._restore_signals)
        await self._database.open()
        stack.push_async_callback(self._database.close)
        await self._committer.start()
        stack.push_async_callback(self._committer.close)
        await self.manager.start()
        stack.push_async_callback(self.manager.close)

    def _start_closing(self, lifetime: Lifetime) -> asyncio.Task[None]:
        self._closed_in = weakref.ref(lifetime.loop)
        return lifetime.start_closing()

    def _restore_signals(self) -> None:
        signals, self._exit_signals = self._exit_signals, None
        if signals is not None:
            signals.restore()

    async def _open_by_itself(self) -> None:
        """Open for a call that arrives while the application is not open.

        Raises:
            StorageUnavailable: the host has closed the application.
        """
        closed_in = self._closed_in
        if closed_in is not None and closed_in() is asyncio.get_running_loop():
            lifetime = self._lifetime
            if lifetime is None or lifetime.has_ended or lifetime.is_closing:
                raise StorageUnavailable("the application was closed: open it again first")
        await self._open(by_itself=True)

    async def close(self) -> None:
        """Commit what is pending, close connections, documents and the database. Idempotent.

        If the application is open in another event loop, it is closed there.

        Raises:
            ConfigurationError: it is open in another event loop, which is not running.
        """
        lifetime = self._lifetime
        if lifetime is None or lifetime.has_ended:
            return
        if lifetime.is_abandoned:
            self._lifetime = None
            await self._database.close()
        elif lifetime.is_in_running_loop:
            self._start_closing(lifetime)
            await lifetime.wait_closed()
        elif lifetime.loop.is_running():
            await _in_loop(lifetime.loop, self.close())
        else:
            raise ConfigurationError(
                "the application is open in another event loop, which is not running: "
                "close it there"
            )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        budget = None if scope["type"] == "lifespan" else self.manager.budgets.of_address(scope)
        uncharged = scope.pop(UNCHARGED, 0.0)
        answered = self._answer(scope, receive, send)
        if budget is None:
            await answered
            return
        payer = ProbePayer(budget.work) if get_route_path(scope) in PROBES else budget.work
        payer.spend(uncharged)
        await Metered(answered, payer)

    async def _call(self, scope: Any, receive: Any, send: Any) -> None:
        lifetime = self._lifetime
        if scope["type"] == "lifespan" or (
            lifetime is not None and lifetime.is_open and lifetime.is_in_running_loop
        ):
            await self._serve(scope, receive, send)
        elif (
            lifetime is not None
            and lifetime.is_open
            and not lifetime.is_in_running_loop
            and lifetime.loop.is_running()
        ):
            # Such as a test client that runs each WebSocket in a thread with its own loop.
            offered = scope.get("extensions") or {}
            rest = {name: value for name, value in offered.items() if name != EXTENSION}
            there = {**scope, "extensions": rest}
            await call_in(lifetime.loop, self._serve, there, receive, send)
        else:
            await self._open_and_call(scope, receive, send)

    async def _open_and_call(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._open_by_itself()
        except (StorageError, ConfigurationError) as error:
            logger.error("application could not be opened: %s", error)
            await self._refuse(scope, receive, send)
            return
        await self._serve(scope, receive, send)

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        served = self._router(scope, receive, send)
        what = {"websocket": "join", "http": "http"}.get(scope["type"])
        if what is None:
            await served
        else:
            await Turns(served, self.manager.metrics.turn_seconds[what])

    async def _refuse(self, scope: Any, receive: Any, send: Any) -> None:
        # The cause may name files and hosts, so it is only logged.
        error = StorageUnavailable("the database can't be used now: try again later")
        if scope["type"] == "websocket":
            await refuse(WebSocket(scope, receive, send), error)
        else:
            await error_response(error)(scope, receive, send)


async def _in_loop(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]) -> None:
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))
