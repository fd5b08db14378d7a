"""All connections of one process: how a client is let in, and what ends each connection."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from ..auth import User
from ..documents.open_documents import OpenDocuments
from ..errors import ServerBusy, ShuttingDown
from ..frames import ServerShutdown
from ..limits.budget import Allowance, Budgets, Metered, until_affordable
from ..limits.connection_limits import ConnectionLimits, address_of
from ..limits.unread import Unread
from ..settings import Settings
from .connection import Connection
from .handshake import WebSocketLike, accept
from .join import JoinRequest, check_doc_id
from .reauthorization import Admit, Reauthorization, RoleOf
from .room import room_of
from .wire import encode_frame

__all__ = ["Connections"]

logger = logging.getLogger(__name__)


class Connections(Collection[Connection]):
    """The open connections. `join` adds one, which stays until it has finished.

    Bounds: those of `ConnectionLimits`.

    Attributes:
        limits: counts the handshakes in progress and the connections.
        is_closing: whether no client is let in any more.
    """

    def __init__(
        self, settings: Settings, documents: OpenDocuments, budgets: Budgets, unread: Unread
    ) -> None:
        self.limits = ConnectionLimits(settings)
        self.is_closing = False
        self._settings = settings
        self._documents = documents
        self._budgets = budgets
        self._unread = unread
        self._reauthorization = Reauthorization()
        # By the network address that each one counts for.
        self._addresses: dict[Connection, str] = {}

    def __len__(self) -> int:
        return len(self._addresses)

    def __iter__(self) -> Iterator[Connection]:
        return iter(self._addresses)

    def __contains__(self, connection: object) -> bool:
        return connection in self._addresses

    # -- joining --------------------------------------------------------------------------------

    async def join(
        self,
        websocket: WebSocketLike,
        doc_id: str,
        user: User | str | Admit,
        request: JoinRequest,
    ) -> Connection:
        """Accept the WebSocket and join it to a document.

        Raises:
            PeerLeft, CollabError: as by `DocumentManager.join_document`.
        """
        if self.is_closing:
            raise ShuttingDown("the server is shutting down: reconnect shortly")
        reviewed = self._reauthorization.number
        with self.limits.handshake(websocket.scope) as address:
            allowance = await self._allowed(websocket.scope)
            try:
                admitted = await self._admit(user)
                self._charge_user(allowance, admitted)
                connection = await self._join(
                    websocket, check_doc_id(doc_id), admitted, request, allowance
                )
            except BaseException:
                allowance.close()
                raise
            self._addresses[connection] = address
            self.limits.enter(address)
            _log_joined(connection, websocket)
        if self.is_closing:
            connection.close(1001, "server shutting down")
        if callable(user) and self._reauthorization.number != reviewed:
            await self._ask_again(connection, user)
        return connection

    async def _allowed(self, scope: Any) -> Allowance:
        """Wait for the peer's address to have something left of what it may use.

        Raises:
            RateLimited: it opens too many connections, or too many of its requests wait.
        """
        budget = self._budgets.of_address(scope)
        if budget is not None:
            budget.acquire("joins", "connections opened")
            await until_affordable(budget)
        return Allowance(budget)

    def _charge_user(self, allowance: Allowance, user: User) -> None:
        budget = self._budgets.of_user(user)
        if budget is not None:
            budget.acquire("joins", "connections opened")
            Metered.charge_user(budget)
            allowance.of_user(budget)

    async def _admit(self, user: User | str | Admit) -> User:
        if isinstance(user, str):
            return User(user)
        if isinstance(user, User):
            return user
        limit = self._settings.handshake_timeout_seconds
        try:
            async with asyncio.timeout(limit):
                return await user()
        except TimeoutError:
            raise ServerBusy(
                f"the user could not be authenticated within {limit:g} s, which is the limit "
                "(handshake_timeout_seconds): try again later"
            ) from None

    async def _ask_again(self, connection: Connection, admit: Admit) -> None:
        try:
            await self._reauthorization.again(connection, admit)
        except BaseException:
            await connection.finish()
            raise

    async def _join(
        self,
        websocket: WebSocketLike,
        doc_id: str,
        user: User,
        request: JoinRequest,
        allowance: Allowance,
    ) -> Connection:
        create = self._settings.create_on_join

        def count() -> None:
            self._budgets.count_creation(websocket.scope, user)

        async with self._documents.open(
            doc_id,
            doc_type=request.doc_type,
            create=create,
            client_id=request.client_id,
            verify=True,
            on_create=count,
        ) as document:
            allowance.enter(document)
            present = room_of(document).connections
            with self.limits.joining(doc_id, present, request.client_id):
                author = await document.authors.hold(request.client_id, user.user_id, user.may_edit)
                connection = Connection(
                    websocket, document, author, user, self._settings, allowance
                )
                connection.on_finish(self._finished)
                try:
                    await accept(websocket)
                    hold = partial(self._unread.hold, address_of(websocket.scope))
                    await connection.join(request, hold)
                except BaseException:
                    await connection.finish()
                    raise
                return connection

    def _finished(self, connection: Connection) -> None:
        address = self._addresses.pop(connection, None)
        if address is not None:
            self.limits.leave(address)
            _log_left(connection)
        connection.allowance.close()
        connection.document.authors.release(connection.author)
        self._documents.used(connection.document)

    # -- what ends connections ------------------------------------------------------------------

    async def reauthorize(self, doc_id: str, role_of: RoleOf) -> None:
        """Close the connections to a document whose user has another role there by now."""
        theirs = [each for each in self if each.document.doc_id == doc_id]
        await self._reauthorization.roles(theirs, doc_id, role_of)

    def reauthorize_user(self, user_id: str) -> None:
        """Close the connections of a user, who then has to sign in again."""
        self._reauthorization.sign_in(each for each in self if each.user.user_id == user_id)

    def sweep(self, now: float) -> None:
        """End the connections of users whose token has expired, and of peers that take too little
        of what is written to them (`now` as by `time.monotonic`)."""
        today = time.time()
        for connection in list(self):
            expires_at = connection.user.expires_at
            if expires_at is not None and expires_at <= today:
                connection.close(1008, "the token has expired: reconnect with a new one")
            if connection.is_too_slow(now):
                connection.abort()

    async def close(self) -> None:
        """Send `server_shutdown` to all clients and close their connections.

        Takes at most `shutdown_timeout_seconds`, then the connections are ended.
        """
        last_frame = encode_frame(
            ServerShutdown(
                "the server is shutting down: reconnect", self._settings.retry_after_seconds
            )
        )
        connections = list(self)
        for connection in connections:
            connection.close(1001, "server shutting down", last_frame=last_frame)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.shutdown_timeout_seconds):
                await asyncio.gather(*(connection.closed() for connection in connections))
        for connection in list(self):
            await connection.finish()


def _log_joined(connection: Connection, websocket: WebSocketLike) -> None:
    user, client = connection.user, websocket.scope.get("client")
    about = {"user_id": user.user_id, "role": user.role, "address": client[0] if client else ""}
    logger.info("joined", extra={**connection.log_fields, **about})


def _log_left(connection: Connection) -> None:
    close_request = connection.close_request
    if close_request is None:
        logger.info("left", extra=connection.log_fields)
    else:
        about = {**connection.log_fields, "code": close_request.code}
        logger.info("closed: %s", close_request.reason, extra=about)
