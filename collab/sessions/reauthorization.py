"""Asking anew whether those who are connected may still do what they were let in for."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Protocol

from ..auth import Role, User
from ..errors import Forbidden, Unauthorized

__all__ = ["Admit", "Reauthorization", "RoleOf"]

logger = logging.getLogger(__name__)

RoleOf = Callable[[User, str], Awaitable[Role | None]]
Admit = Callable[[], Awaitable[User]]
"""Who is joining, with their role; raises `Unauthorized` or `Forbidden` for nobody."""


class Reviewed(Protocol):
    """What a review needs of a connection."""

    user: User
    log_fields: Mapping[str, object]

    def close(
        self, code: int, reason: str, *, last_frame: bytes | None = None, drain: bool = True
    ) -> None: ...


class Reauthorization:
    """Closes connections of users who are let in no longer, or with another role.

    Who is just joining was asked about before and is not connected yet, so a review does not meet
    them. `number` counts the reviews: who noted it before asking, and finds another one once the
    connection is registered, asks `again`. One number serves all documents: a needless question is
    cheaper than a table that grows.
    """

    def __init__(self) -> None:
        self.number = 0

    async def roles(self, connections: Iterable[Reviewed], doc_id: str, role_of: RoleOf) -> None:
        """Ask about each of these, which are all that are connected to a document."""
        self.number += 1
        for connection in list(connections):
            try:
                role = await role_of(connection.user, doc_id)
            except Exception as error:
                # The others have their turn all the same.
                unknown(connection, error)
            else:
                compare(connection, role)

    def sign_in(self, connections: Iterable[Reviewed]) -> None:
        """Have each of these go through the handshake again, which asks everything."""
        self.number += 1
        for connection in list(connections):
            connection.close(1013, "show again who you are: reconnect", drain=False)

    async def again(self, connection: Reviewed, admit: Admit) -> None:
        """Ask about one that has joined during a review."""
        try:
            user = await admit()
        except (Unauthorized, Forbidden):
            compare(connection, None)
        except Exception as error:
            unknown(connection, error)
        else:
            if user.user_id == connection.user.user_id:
                compare(connection, user.role)
            else:
                self.sign_in([connection])


def compare(connection: Reviewed, role: Role | None) -> None:
    if role is None:
        # What is said from now on is no longer for them, however slowly they read.
        connection.close(1008, "you may not see this document any more", drain=False)
    elif role != connection.user.role:
        connection.close(1013, f"you are {role} now: reconnect")


def unknown(connection: Reviewed, error: Exception) -> None:
    logger.error("authorization hook failed", exc_info=error, extra=connection.log_fields)
    # The handshake will ask, as often as it takes.
    connection.close(1013, "your role could not be determined: reconnect", drain=False)
