"""The bearer token of an editor: a constant, or the result of a function."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable

__all__ = ["Credentials", "Token", "TokenUnavailable"]

Token = str | Callable[[], str | Awaitable[str]]
"""A bearer token, or a function, sync or async, that returns one."""


class TokenUnavailable(Exception):
    """The token function failed; `__cause__` is its error."""


class Credentials:
    def __init__(self, token: Token | None) -> None:
        self._token = token

    @property
    def can_renew(self) -> bool:
        """Whether the next connection may have another token."""
        return callable(self._token)

    async def headers(self) -> dict[str, str]:
        """Return the headers of the next handshake.

        Raises:
            TokenUnavailable: the function raised an error, or did not return a string.
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
                raise TypeError(f"the token function returned {token!r:.40}, expected a string")
        except Exception as problem:
            raise TokenUnavailable(f"the token function failed: {problem!r}") from problem
        return token
