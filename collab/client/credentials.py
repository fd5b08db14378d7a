"""Who is editing: a token that stays, or one that is made when it is needed."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

__all__ = ["Credentials", "Token", "TokenUnavailable"]

Token = str | Callable[[], str | Awaitable[str]]
"""A bearer token, or a function, async or not, that returns one."""


class TokenUnavailable(Exception):
    """There is no token just now; the cause says why."""


class Credentials:
    def __init__(self, token: Token | None) -> None:
        self._token = token

    @property
    def can_renew(self) -> bool:
        """Whether another token may come next time."""
        return callable(self._token)

    async def headers(self) -> dict[str, str]:
        """Of the next handshake.

        Raises:
            TokenUnavailable: the function has raised something, or returned no text.
        """
        token = self._token
        if callable(token):
            token = await self._ask(token)
        return {"Authorization": f"Bearer {token}"} if token else {}

    async def _ask(self, function: Callable[[], str | Awaitable[str]]) -> str:
        try:
            token = function()
            if inspect.isawaitable(token):
                token = await token
            if type(token) is not str:
                raise TypeError(f"the token function returned {token!r:.40}, expected a text")
        except Exception as problem:
            raise TokenUnavailable(f"no token: {problem!r}") from problem
        return token
