"""Users and roles."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeGuard

from ..errors import InvalidRequest
from .texts import check_text, is_visible

__all__ = [
    "PALETTE",
    "ROLES",
    "Role",
    "User",
    "allows",
    "check_guest_secret",
    "guest_user",
    "is_role",
    "open_user",
]

Role = Literal["owner", "editor", "viewer"]

ROLES: tuple[Role, ...] = ("viewer", "editor", "owner")
"""In ascending order of permissions."""

EVERY_OTHER = "*"

MAX_USER_ID = 128
MAX_NAME = 100

_GUEST_ID = re.compile(r"guest:[0-9a-f]{32}")
_GUEST_SECRET = re.compile(r"[A-Za-z0-9._~-]{16,128}")

# Distinguishable on white and on black, also with red-green color blindness.
PALETTE = (
    "#d1495b", "#2e86ab", "#8f5fbf", "#1b998b", "#c4682b", "#4361c2",
    "#b5477f", "#5c8a1f", "#0f7c9c", "#a3612f", "#7a6ad8", "#38866f",
)  # fmt: skip


def is_role(value: object) -> TypeGuard[Role]:
    return value in ROLES


@dataclass(frozen=True, slots=True)
class User:
    """An identity that the server has determined. Every change carries it; no frame sets it.

    Args:
        user_id: 1 to 128 characters that `check_text` accepts. Several connections may share it.
        name: the display name, at most 100 such characters. If it has no visible character, the
            `user_id` is used.
        role: the role on all documents. A `viewer` can read and not edit.
        documents: roles by document id, `*` for all others; None if `role` applies to all.
        expires_at: when connections of this user are closed, in seconds since the epoch.
        link: the sharing link through which the user has access, if any.
        signed_in: whether the user is authenticated, so that a grant may name the `user_id`.
        guest_secret: the secret of a guest, whose digest is the `user_id`.

    Raises:
        InvalidRequest: an argument is malformed, or the `user_id` is that of a guest and does not
            match the secret.
    """

    user_id: str
    name: str = ""
    role: Role = "editor"
    documents: Mapping[str, Role] | None = field(default=None, compare=False)
    expires_at: float | None = field(default=None, compare=False)
    link: str = field(default="", compare=False)
    signed_in: bool = field(default=True, compare=False)
    guest_secret: str = field(default="", compare=False, repr=False)

    def __post_init__(self) -> None:
        check_text("user_id", self.user_id, MAX_USER_ID)
        if not self.user_id:
            raise InvalidRequest("parameter 'user_id' is empty: leave it out or give 1 to 128")
        if _GUEST_ID.fullmatch(self.user_id) and self.user_id != _guest_id(self.guest_secret):
            raise InvalidRequest(
                f"the user_id {self.user_id!r} is reserved: guest: and 32 hexadecimal digits name "
                "a guest by the digest of its secret; choose another one"
            )
        check_text("name", self.name, MAX_NAME)
        if not is_visible(self.name):
            object.__setattr__(self, "name", self.user_id[:MAX_NAME])

    @property
    def color(self) -> str:
        """`#rrggbb`, a function of the `user_id`. A room may assign another color, to distinguish
        users."""
        digest = hashlib.blake2b(self.user_id.encode("utf-8", "surrogatepass"), digest_size=2)
        return PALETTE[int.from_bytes(digest.digest(), "big") % len(PALETTE)]

    @property
    def may_edit(self) -> bool:
        return self.role != "viewer"

    def role_on(self, doc_id: str) -> Role | None:
        """The role on a document; None for none."""
        if self.documents is None:
            return self.role
        return self.documents.get(doc_id, self.documents.get(EVERY_OTHER))


def allows(role: Role, needed: Role) -> bool:
    """Whether `role` includes the permissions of `needed`."""
    return ROLES.index(role) >= ROLES.index(needed)


def check_guest_secret(secret: str) -> str:
    """Return the secret; raise `InvalidRequest` unless it is 16 to 128 of `A-Z a-z 0-9 . _ ~ -`."""
    if not _GUEST_SECRET.fullmatch(secret):
        raise InvalidRequest(
            f"got a guest_secret of {len(secret)} characters: expected 16 to 128 of "
            "A-Z a-z 0-9 . _ ~ -, chosen at random"
        )
    return secret


def guest_user(secret: str, name: str | None) -> User:
    """The guest with this secret.

    Other users see the `user_id`, a digest of the secret, and can't derive the secret from it.

    Raises:
        InvalidRequest: the secret or the name is malformed.
    """
    user_id = _guest_id(check_guest_secret(secret))
    return User(user_id, _guest_name(name), "owner", signed_in=False, guest_secret=secret)


def _guest_id(secret: str) -> str:
    # A random secret needs no slow hash.
    digest = hashlib.blake2b(secret.encode("utf-8", "surrogatepass"), digest_size=16)
    return f"guest:{digest.hexdigest()}"


def open_user(
    user_id: str | None, name: str | None, client_id: str, guest_secret: str | None = None
) -> User:
    """The user of a connection in open mode, in which every client chooses its identity.

    A client without a `user_id` is a guest. The guest is identified by its secret, or else named by
    the `client_id`, which is no proof.
    """
    if not user_id and guest_secret:
        return guest_user(guest_secret, name)
    shown = (name or "") if user_id else _guest_name(name)
    return User(user_id or f"guest-{client_id}", shown, "owner", signed_in=False)


def _guest_name(name: str | None) -> str:
    name = name or ""
    check_text("name", name, MAX_NAME)
    return name if is_visible(name) else "Guest"
