"""The one composition root: settings in, a wired ASGI application out."""

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
from .limits.budget import OWED, Metered, ProbePayer
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
"""What the operator's own programs ask for now and then, which is nobody to be protected."""


def create_app(
    settings: Settings | None = None,
    *,
    authenticate: Authenticate | None = None,
    authorize: Authorize | None = None,
) -> Collab:
    """The whole program as an ASGI application, to be served or mounted in another one.

    Nothing is opened yet. As a server's own application it opens with the server's lifespan;
    mounted in a host, at the first request or call of `manager`, or when the host says so:

        collab = create_app(Settings(database="sqlite:///documents.db"))

        @contextlib.asynccontextmanager
        async def lifespan(app):
            async with collab.running():
                yield

    Args:
        authenticate: awaited with the connection (an `HTTPConnection`) of every handshake and every
            request to the API; who it is, or None for nobody. In place of the setting `auth`.
        authorize: awaited with that user and a document's id; the role there, or None for none. If
            left out, the user's own `role_on` decides.
    """
    return Collab(settings or Settings(), authenticate=authenticate, authorize=authorize)


class Collab:
    """An ASGI application. `manager` is the API for a host that has its own WebSocket routes.

    One task owns everything that is open and closes it in reverse order: when `close` is called,
    or, in a host that never calls it, when the event loop ends, or at a signal for which the server
    has a handler. After that it may be opened again, in that event loop or in another one, but it
    is open in one at a time.

    Args:
        serves: whether an SQLite database is locked against other servers while this is open. Off
            for a program that does something while a server runs, as the command line does.
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
            raise ConfigurationError("authorize needs authenticate: who is the user?")
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
        """Prometheus's collector registry, for a host that shows these metrics with its own."""
        source = self._source_of(authenticate, authorize)
        shared = not isinstance(source, OpenAccess)
        access = self._access = SharedAccess(source, self.manager) if shared else source
        tokens = source if isinstance(source, TokenAccess) else None
        rates = RequestRates(settings, metrics, self.manager.budgets)
        # In open mode a user is who they say, another one with each request.
        rated = RatedAccess(access, rates) if shared else access
        mode = "host" if authenticate is not None else settings.auth
        others = CrossOrigin(settings.allowed_origins)
        guard = Guard(rated, self._store, settings.allowed_origins)
        endpoints = [
            *SessionAPI(self.manager, rated, mode, tokens).endpoints(),
            *GrantsAPI(self.manager, rated, is_open=not shared).endpoints(),
            *DocumentsAPI(self.manager, rated).endpoints(),
        ]
        description = OpenAPIDescription(endpoints, mode, settings.token_cookie)
        endpoints += description.endpoints()
        nothing = Resource("/api/{path:path}", guard, {})
        pages = Pages(self.manager, rated, rates, unknown_address(metrics))
        router = Router(
            [
                # First, since it is asked for most.
                editing_route(self.manager, access),
                *resources(guard, self._probes()),
                *others.open(rates.limit([*resources(guard, endpoints), nothing])),
                *pages.routes(),
            ],
            default=pages.unknown,
            lifespan=lambda app: self.running(),
        )
        self._life: Lifetime | None = None
        # Two threads may begin at one time.
        self._door = threading.Lock()
        self._runs_in: Lifetime | None = None
        self._closed_in: weakref.ref[asyncio.AbstractEventLoop] | None = None
        # While it is open because it was called, and nobody has said that they will close it.
        self._exit_signals: ExitSignals | None = None
        self._router = router
        self._answer = secured(self._call)

    def _source_of(self, authenticate: Authenticate | None, authorize: Authorize | None) -> Access:
        """Who says who somebody is, before grants and links add to what they may do."""
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
        """Ask anew what everybody connected to a document may do there.

        For a host whose `authorize` would answer otherwise now: who has another role is closed, and
        may reconnect with it.
        """
        await self.manager.reauthorize(doc_id, self._access.role)

    async def reauthorize_user(self, user_id: str) -> None:
        """Ask anew who everybody is that is connected as this user.

        For a host in which somebody has signed out, or has been shut out: their connections are
        closed, and reconnect only where `authenticate` still knows them.
        """
        await self.manager.reauthorize_user(user_id)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Open for as long as the context lasts.

        Raises:
            ConfigurationError: it is running already, or open in another event loop.
            StorageError: as by `open`.
        """
        await self.open()
        if self._runs_in is self._life:
            raise ConfigurationError(
                "the application is running already: start it once, and again after it has stopped"
            )
        life = self._runs_in = self._life
        try:
            yield
        finally:
            if self._life is life:
                await self.close()

    async def open(self) -> None:
        """Open the database and begin to serve. Idempotent; may be tried again after an error, and
        after `close`.

        Raises:
            StorageError: the database can't be used; the message says why and what to do.
            ConfigurationError: as by `Database.open`; or it is open in another event loop.
        """
        await self._open()
        # Who has opened it closes it.
        self._leave_signals()

    async def _open(self, *, by_itself: bool = False) -> None:
        while True:
            life = self._life_here(by_itself)
            if not life.is_ending:
                await life.opened()
                return
            await life.over()

    def _life_here(self, by_itself: bool) -> Lifetime:
        """The life in the running event loop, begun if there is none.

        Raises:
            ConfigurationError: there is one in another event loop.
        """
        with self._door:
            life = self._life
            if life is None or life.is_over or life.is_abandoned:
                self._closed_in = None
                self._leave_signals()
                life = self._life = Lifetime(self._open_all)
                if by_itself:
                    end = functools.partial(self._begin_to_close, life)
                    self._exit_signals = ExitSignals(life.loop, end)
                    self._exit_signals.install()
            elif not life.is_here:
                raise ConfigurationError(
                    "the application is open in another event loop: call it there "
                    "(asyncio.run_coroutine_threadsafe), or close it there first"
                )
            return life

    async def _open_all(self, stack: contextlib.AsyncExitStack) -> None:
        stack.callback(self._leave_signals)
        await self._database.open()
        stack.push_async_callback(self._database.close)
        await self._committer.start()
        stack.push_async_callback(self._committer.close)
        await self.manager.start()
        stack.push_async_callback(self.manager.close)

    def _begin_to_close(self, life: Lifetime) -> asyncio.Task[None]:
        self._closed_in = weakref.ref(life.loop)
        return life.begin_to_end()

    def _leave_signals(self) -> None:
        signals, self._exit_signals = self._exit_signals, None
        if signals is not None:
            signals.restore()

    async def _open_by_itself(self) -> None:
        """As `open`, for a call that comes while it is not open, unless its host has closed it."""
        closed_in = self._closed_in
        if closed_in is not None and closed_in() is asyncio.get_running_loop():
            life = self._life
            if life is None or life.is_over or life.is_ending:
                raise StorageUnavailable("the application was closed: open it again first")
        await self._open(by_itself=True)

    async def close(self) -> None:
        """Commit what is pending, close connections, documents and the database. Idempotent.

        From another event loop than the one in which it is open, it is closed there.

        Raises:
            ConfigurationError: it is open in another event loop, which is not running.
        """
        life = self._life
        if life is None or life.is_over:
            return
        if life.is_abandoned:
            self._life = None
            await self._database.close()
        elif life.is_here:
            self._begin_to_close(life)
            await life.over()
        elif life.loop.is_running():
            await _in_loop(life.loop, self.close())
        else:
            raise ConfigurationError(
                "the application is open in another event loop, which is not running: "
                "close it there"
            )

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        budget = None if scope["type"] == "lifespan" else self.manager.budgets.of_address(scope)
        owed = scope.pop(OWED, 0.0)
        answered = self._answer(scope, receive, send)
        if budget is None:
            await answered
            return
        payer = ProbePayer(budget.work) if get_route_path(scope) in PROBES else budget.work
        payer.spend(owed)
        await Metered(answered, payer)

    async def _call(self, scope: Any, receive: Any, send: Any) -> None:
        life = self._life
        if scope["type"] == "lifespan" or (life is not None and life.is_open and life.is_here):
            await self._serve(scope, receive, send)
        elif life is not None and life.is_open and not life.is_here and life.loop.is_running():
            # As of a test client that has a loop, in a thread, for each of its WebSockets.
            offered = scope.get("extensions") or {}
            rest = {name: value for name, value in offered.items() if name != EXTENSION}
            there = {**scope, "extensions": rest}
            await call_in(life.loop, self._serve, there, receive, send)
        else:
            await self._open_and_call(scope, receive, send)

    async def _open_and_call(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await self._open_by_itself()
        except (StorageError, ConfigurationError) as error:
            logger.error("not open: %s", error)
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
        # What is wrong names files and hosts: that is for the log.
        error = StorageUnavailable("the database can't be used now: try again later")
        if scope["type"] == "websocket":
            await refuse(WebSocket(scope, receive, send), error)
        else:
            await error_response(error)(scope, receive, send)


async def _in_loop(loop: asyncio.AbstractEventLoop, coroutine: Coroutine[Any, Any, None]) -> None:
    await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(coroutine, loop))
