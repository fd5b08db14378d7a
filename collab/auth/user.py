"""A user, as every other layer sees one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeGuard

from ..errors import InvalidRequest

__all__ = ["PALETTE", "ROLES", "Role", "User", "allows", "is_role", "open_user"]

Role = Literal["owner", "editor", "viewer"]

ROLES: tuple[Role, ...] = ("viewer", "editor", "owner")
"""From what may least to what may most."""

EVERY_OTHER = "*"

USER_ID_MAXIMUM = 128
NAME_MAXIMUM = 100

# Told apart on white and on black, also by those who don't see red and green.
PALETTE = (
    "#d1495b", "#2e86ab", "#8f5fbf", "#1b998b", "#c4682b", "#4361c2",
    "#b5477f", "#5c8a1f", "#0f7c9c", "#a3612f", "#7a6ad8", "#38866f",
)  # fmt: skip


def is_role(value: object) -> TypeGuard[Role]:
    return value in ROLES


@dataclass(frozen=True, slots=True)
class User:
    """Identity as the server vouches for it: stamped on every change, never taken from a frame.

    Args:
        user_id: 1 to 128 printable characters; two connections may have the same.
        name: what others see, at most 100 characters; the `user_id` if empty.
        role: a `viewer` sees everything and edits nothing.
        documents: roles by document id, `*` for all others; None where `role` is for all.
        expires_at: when a connection of this user ends, in seconds since the epoch.
        link: what the user came by, if by a link that shares a document.
        signed_in: whether somebody vouches for the `user_id`, so that a grant may name it.
    """

    user_id: str
    name: str = ""
    role: Role = "editor"
    documents: Mapping[str, Role] | None = field(default=None, compare=False)
    expires_at: float | None = field(default=None, compare=False)
    link: str = field(default="", compare=False)
    signed_in: bool = field(default=True, compare=False)

    def __post_init__(self) -> None:
        check_text("user_id", self.user_id, USER_ID_MAXIMUM)
        if not self.user_id:
            raise InvalidRequest("parameter 'user_id' is empty: leave it out or give 1 to 128")
        check_text("name", self.name, NAME_MAXIMUM)
        if not self.name:
            object.__setattr__(self, "name", self.user_id[:NAME_MAXIMUM])

    @property
    def color(self) -> str:
        """`#rrggbb`, the same for the same `user_id` always; a room may give another one, to tell
        people apart."""
        digest = hashlib.blake2b(self.user_id.encode("utf-8", "surrogatepass"), digest_size=2)
        return PALETTE[int.from_bytes(digest.digest(), "big") % len(PALETTE)]

    @property
    def may_edit(self) -> bool:
        return self.role != "viewer"

    def role_on(self, doc_id: str) -> Role | None:
        """The role on a document, None for none."""
        if self.documents is None:
            return self.role
        return self.documents.get(doc_id, self.documents.get(EVERY_OTHER))


def allows(role: Role, needed: Role) -> bool:
    """Whether `role` may do what takes `needed`."""
    return ROLES.index(role) >= ROLES.index(needed)


def check_text(parameter: str, value: str, maximum: int) -> None:
    """Raise `InvalidRequest` unless `value` is printable and at most `maximum` characters."""
    if len(value) > maximum:
        raise InvalidRequest(
            f"parameter '{parameter}' has {len(value)} characters, the limit is {maximum}"
        )
    if not value.isprintable():
        raise InvalidRequest(f"parameter '{parameter}' holds characters that can't be printed")


def open_user(user_id: str | None, name: str | None, client_id: str) -> User:
    """The user of a connection in open mode, where everybody is who they say they are.

    Who gives no `user_id` is a guest named by the `client_id`, so that an editor that reconnects
    is the same user.
    """
    shown = name or ("Guest" if not user_id else "")
    return User(user_id or f"guest-{client_id}", shown, "owner")
