"""Authentication and authorization in three modes.

Open: every client chooses its identity and may do everything; for one machine, or behind a host
that authenticates users itself. Token: a signed token names the user and their roles. Host: an
embedding application supplies both.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

from ..errors import Forbidden, Unauthorized
from ..settings import Settings
from .seen import Seen, seen_by_roles
from .tokens import TokenVerifier
from .user import Role, User, allows, open_user

__all__ = [
    "Access",
    "Authenticate",
    "Authorize",
    "ConnectionLike",
    "HostAccess",
    "OpenAccess",
    "TokenAccess",
    "access_of_settings",
    "may_create",
    "permitted",
]


class ConnectionLike(Protocol):
    """The parts of a request or handshake that are read here. Starlette's connections have them."""

    @property
    def headers(self) -> Mapping[str, str]: ...
    @property
    def query_params(self) -> Mapping[str, str]: ...
    @property
    def cookies(self) -> Mapping[str, str]: ...
    @property
    def scope(self) -> Mapping[str, Any]: ...


# The connection of an embedded application is a `collab.asgi.requests.HTTPConnection`.
Authenticate = Callable[[Any], Awaitable[User | None]]
Authorize = Callable[[User, str], Awaitable[Role | None]]


class Access(Protocol):
    """Authenticates connections and determines the roles of users.

    `creator_owns`: whether the user who creates a document is granted the role `owner` on it.
    """

    creator_owns: bool

    async def user(
        self, connection: ConnectionLike, client_id: str = "", guest_secret: str = ""
    ) -> User:
        """Authenticate a connection.

        Args:
            client_id: the editor instance.
            guest_secret: identifies a guest; given by the client or made for it. If empty, that of
                the query is used; without one, the guest is a new one.

        Raises:
            Unauthorized: the user is not authenticated.
            InvalidRequest: a parameter is malformed.
        """

    async def role(self, user: User, doc_id: str) -> Role | None:
        """The user's role on a document; None if the user may not even read it."""

    async def seen(self, user: User) -> Seen:
        """The documents for which `role` returns a role."""


class OpenAccess:
    """Every client chooses its identity and may do everything, so documents have no owners."""

    creator_owns = False

    async def user(
        self, connection: ConnectionLike, client_id: str = "", guest_secret: str = ""
    ) -> User:
        query = connection.query_params
        return open_user(
            query.get("user_id"),
            query.get("name"),
            client_id or secrets.token_hex(8),
            query.get("guest_secret"),
        )

    async def role(self, user: User, doc_id: str) -> Role | None:
        return user.role

    async def seen(self, user: User) -> Seen:
        return Seen(None)


class TokenAccess:
    """A token identifies the user: `Authorization: Bearer …`, else `?token=`, else the cookie."""

    creator_owns = True

    def __init__(self, verifier: TokenVerifier, cookie: str) -> None:
        self._verifier = verifier
        self._cookie = cookie

    async def user(
        self, connection: ConnectionLike, client_id: str = "", guest_secret: str = ""
    ) -> User:
        token = self._token(connection)
        if not token:
            raise Unauthorized(
                "a token is needed: send it as `Authorization: Bearer …`, as `?token=…` or as the "
                f"cookie `{self._cookie}`"
            )
        return self.user_of(token)

    def user_of(self, token: str) -> User:
        """The user of a token; raises `Unauthorized` unless it is valid."""
        return self._verifier.user(token)

    async def role(self, user: User, doc_id: str) -> Role | None:
        return user.role_on(doc_id)

    async def seen(self, user: User) -> Seen:
        return seen_by_roles(user, self.role)

    def _token(self, connection: ConnectionLike) -> str:
        scheme, _, credentials = connection.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            return credentials.strip()
        return connection.query_params.get("token") or connection.cookies.get(self._cookie, "")


class HostAccess:
    """An embedding application authenticates and authorizes users.

    Roles that it withdraws must not survive as grants. So the creator of a document is granted no
    role, unless the application leaves the roles to collab or lets all users create documents.
    """

    def __init__(
        self,
        authenticate: Authenticate,
        authorize: Authorize | None,
        users_may_create: bool = False,
    ) -> None:
        self.creator_owns = authorize is None or users_may_create
        self._authenticate = authenticate
        self._authorize = authorize

    async def user(
        self, connection: ConnectionLike, client_id: str = "", guest_secret: str = ""
    ) -> User:
        user = await self._authenticate(connection)
        if user is None:
            raise Unauthorized("not signed in")
        return user

    async def role(self, user: User, doc_id: str) -> Role | None:
        if self._authorize is None:
            return user.role_on(doc_id)
        return await self._authorize(user, doc_id)

    async def seen(self, user: User) -> Seen:
        if self._authorize is None:
            return seen_by_roles(user, self.role)
        return Seen(authorize=self._authorize)


def access_of_settings(settings: Settings) -> Access:
    """The access of the setting `auth`.

    Raises:
        ConfigurationError: token mode has no usable key.
    """
    if settings.auth == "open":
        return OpenAccess()
    return TokenAccess(TokenVerifier.of_settings(settings), settings.token_cookie)


def may_create(user: User, role: Role | None, users_may_create: bool) -> bool:
    """Whether a user with this role on a document that doesn't exist yet may create it.

    The guest of a link may not. A user of open mode may, although not authenticated either.
    """
    return (user.signed_in or user.documents is None) and (
        users_may_create or (role is not None and allows(role, "editor"))
    )


async def permitted(access: Access, user: User, doc_id: str, needed: Role) -> Role:
    """The user's role on a document.

    Raises:
        Forbidden: the role does not include the needed one.
    """
    role = await access.role(user, doc_id)
    if role is None or not allows(role, needed):
        raise Forbidden(
            f"this takes the role {needed} on document {doc_id!r}, "
            f"{user.user_id!r} has {role or 'none'}"
        )
    return role
