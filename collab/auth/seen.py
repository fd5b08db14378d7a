"""The documents that a user may see, as a condition for a database query."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

from .user import EVERY_OTHER, Role, User

__all__ = ["Seen", "seen_by_roles"]


@dataclass(frozen=True, slots=True)
class Seen:
    """The documents on which a user has any role: the union of these conditions.

    Args:
        doc_ids: the documents with these ids; None for all documents.
        user_id: the documents granted to this user; None for none.
        link_key: the document with this key; None for none.
        authorize: decides for each document; None if the other conditions are complete.
    """

    doc_ids: Collection[str] | None = ()
    user_id: str | None = None
    link_key: int | None = None
    authorize: Callable[[User, str], Awaitable[Role | None]] | None = None


def seen_by_roles(user: User, authorize: Callable[[User, str], Awaitable[Role | None]]) -> Seen:
    """The documents that the roles of a user include.

    `authorize` decides for each document if a role for all others has exceptions.
    """
    roles = user.documents
    if roles is None:
        return Seen(None if user.role else ())
    if not roles.get(EVERY_OTHER):
        return Seen([doc_id for doc_id, role in roles.items() if role])
    return Seen(None) if all(roles.values()) else Seen(authorize=authorize)
