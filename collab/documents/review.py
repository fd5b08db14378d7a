"""Asking anew whether those who are connected may still do what they were let in for."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol

from ..auth import Role, User

__all__ = ["Review", "RoleOf"]

logger = logging.getLogger(__name__)

RoleOf = Callable[[User, str], Awaitable[Role | None]]


class Reviewed(Protocol):
    """What a review needs of a connection."""

    user: User

    def close(
        self, code: int, reason: str, *, farewell: bytes | None = None, drain: bool = True
    ) -> None: ...


class Review:
    """Closes connections whose user's role is another one than they came with.

    Who is just joining was asked about before and is not connected yet, so a review does not meet
    them. `number` counts the reviews: who noted it before asking, and finds another one once the
    connection is registered, asks `again`. One number serves all documents: a needless question is
    cheaper than a table that grows.
    """

    def __init__(self) -> None:
        self.number = 0
        self._role_of: RoleOf | None = None

    async def all(self, connections: Iterable[Reviewed], doc_id: str, role_of: RoleOf) -> None:
        """Ask about each of these, which are all that are connected to a document."""
        self.number += 1
        self._role_of = role_of
        for connection in list(connections):
            await self._one(connection, doc_id, role_of)

    async def again(self, connection: Reviewed, doc_id: str) -> None:
        """Ask about one as the newest review did; does nothing if there was none."""
        if self._role_of is not None:
            await self._one(connection, doc_id, self._role_of)

    async def _one(self, connection: Reviewed, doc_id: str, role_of: RoleOf) -> None:
        try:
            role = await role_of(connection.user, doc_id)
        except Exception:
            # The handshake will ask, as often as it takes; the others have their turn.
            logger.exception("document %s: what may %r do?", doc_id, connection.user.user_id)
            connection.close(1013, "your role could not be found out: reconnect", drain=False)
            return
        if role is None:
            # What is said from now on is no longer for them, however slowly they read.
            connection.close(1008, "you may not see this document any more", drain=False)
        elif role != connection.user.role:
            connection.close(1013, f"you are {role} now: reconnect")
