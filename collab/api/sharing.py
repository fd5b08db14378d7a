"""Documents shared with users, by grants, and with whoever has a link.

A link is `ID.SECRET`, given as `?link=…`. Grants and links only add to what a token or the host
says.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import secrets
import time

from ..auth import Access, ConnectionLike, Role, Seen, User, guest_user
from ..auth.user import allows, is_role
from ..errors import Unauthorized
from ..manager import DocumentManager
from ..sessions.join import new_guest_secret
from ..storage import LinkRecord

__all__ = ["SharedAccess", "make_link"]

ID_BYTES = 9
SECRET_BYTES = 24


class SharedAccess:
    """Another access, and what grants and links add to it."""

    def __init__(self, access: Access, manager: DocumentManager) -> None:
        self.creator_owns = access.creator_owns
        self._access = access
        self._store = manager.store

    async def user(
        self, connection: ConnectionLike, client_id: str = "", guest_secret: str = ""
    ) -> User:
        """The user who is signed in, or a guest who has a link and gives a name of their own."""
        query = connection.query_params
        text = query.get("link", "")
        try:
            user = await self._access.user(connection, client_id)
        except Unauthorized:
            if not text:
                raise
            secret = guest_secret or query.get("guest_secret") or new_guest_secret()
            guest = guest_user(secret, query.get("name"))
            user = dataclasses.replace(guest, documents={})
        if not text:
            return user
        link = await self._link(text)
        if link is None:
            if user.signed_in:
                return user
            raise Unauthorized("the link is not valid, or no longer: ask for another one")
        return dataclasses.replace(
            user, link=text, expires_at=earlier(user.expires_at, link.expires_at)
        )

    async def role(self, user: User, doc_id: str) -> Role | None:
        role = await self._access.role(user, doc_id)
        if role == "owner":
            return role
        for other in await self._shared_roles(user, doc_id):
            role = other if role is None or allows(other, role) else role
        return role

    async def seen(self, user: User) -> Seen:
        seen = await self._access.seen(user)
        if seen.doc_ids is None:
            return seen
        link = await self._link(user.link) if user.link else None
        return dataclasses.replace(
            seen,
            user_id=user.user_id if user.signed_in else None,
            link_key=link.key if link is not None and is_role(link.role) else None,
        )

    async def _shared_roles(self, user: User, doc_id: str) -> list[Role]:
        link_id, _, secret = user.link.partition(".")
        user_id = user.user_id if user.signed_in else None
        if user_id is None and not link_id:
            return []
        shares = await self._store.grants.find_shares(doc_id, user_id, link_id or None)
        if shares is None:
            return []
        link = good(shares.link, secret)
        given = (each.role for each in (shares.grant, link) if each is not None)
        return [role for role in given if is_role(role)]

    async def _link(self, text: str) -> LinkRecord | None:
        """The link, if it is one and has not expired."""
        link_id, _, secret = text.partition(".")
        return good(await self._store.grants.find_link(link_id), secret)


def good(link: LinkRecord | None, secret: str) -> LinkRecord | None:
    """The link, if this is its secret and it has not expired."""
    if link is None or not hmac.compare_digest(link.digest, digest(secret)):
        return None
    expired = link.expires_at is not None and link.expires_at <= time.time()
    return None if expired else link


def make_link(key: int, role: Role, lifetime_seconds: float | None) -> tuple[str, LinkRecord]:
    """A new link to the document of this key: its text, which is told once, and what is kept."""
    link_id, secret = secrets.token_urlsafe(ID_BYTES), secrets.token_urlsafe(SECRET_BYTES)
    now = time.time()
    expires_at = None if lifetime_seconds is None else now + lifetime_seconds
    return f"{link_id}.{secret}", LinkRecord(link_id, key, role, digest(secret), now, expires_at)


def digest(secret: str) -> str:
    # A random secret of 24 bytes needs no slow hash.
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def earlier(one: float | None, two: float | None) -> float | None:
    times = [each for each in (one, two) if each is not None]
    return min(times, default=None)
