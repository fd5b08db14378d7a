"""Which documents a user may see, as one condition for a whole list."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from .user import EVERY_OTHER, Role, User

__all__ = ["Seen", "seen_by_roles"]


@dataclass(frozen=True, slots=True)
class Seen:
    """The documents on which a user has any role: those that any of these conditions names.

    Args:
        doc_ids: the ids of these documents; None for every document.
        user_id: the documents that are granted to this user; None for none.
        link_key: the document of this key; None for none.
        authorize: answers for each document by itself; None where the others say everything.
    """

    doc_ids: Collection[str] | None = ()
    user_id: str | None = None
    link_key: int | None = None
    authorize: Callable[[User, str], Awaitable[Role | None]] | None = None


def seen_by_roles(user: User, authorize: Callable[[User, str], Awaitable[Role | None]]) -> Seen:
    """What the roles in a user say; `authorize` answers where they except single documents."""
    roles = user.documents
    if roles is None:
        return Seen(None if user.role else ())
    if not roles.get(EVERY_OTHER):
        return Seen([doc_id for doc_id, role in roles.items() if role])
    return Seen(None) if all(roles.values()) else Seen(authorize=authorize)
