"""Signing in with a browser: `/api/session`.

A page can't see with what a WebSocket handshake was refused, so it asks here; and a token that
somebody gives it becomes a cookie that no script can read.
"""

from __future__ import annotations

import time
from typing import Literal

from ..asgi.background import BackgroundTask
from ..asgi.requests import Request
from ..asgi.responses import Response
from ..auth import Access, TokenAccess, User
from ..auth.origins import is_secure
from ..errors import InvalidRequest, Unauthorized
from ..manager import DocumentManager
from ..sessions.join import check_doc_id
from .endpoints import Call, Endpoint, Nothing
from .json import json_response
from .schemas import Identity, Session, SessionQuery, SignedIn, SignIn

__all__ = ["SessionAPI"]

MAX_BODY_BYTES = 16 * 1024
MAX_COOKIE_BYTES = 4096
"""What a browser is sure to keep of one cookie, its name included (RFC 6265)."""

SIGN_IN_PAGE = "sign-in"


class SessionAPI:
    """The endpoints of `/api/session`: who is signed in; in token mode also to sign in and out.

    Args:
        mode: `open`, `token` or `host`.
        tokens: what checks a token, in token mode.
    """

    def __init__(
        self,
        manager: DocumentManager,
        access: Access,
        mode: Literal["open", "token", "host"],
        tokens: TokenAccess | None,
    ) -> None:
        self._manager = manager
        self._access = access
        self._mode = mode
        self._tokens = tokens
        self._cookie = manager.settings.token_cookie
        # Relative to the application: it may be below any path.
        self._login_url = manager.settings.login_url or (SIGN_IN_PAGE if tokens else None)

    def endpoints(self) -> list[Endpoint]:
        path = "/api/session"
        read = Endpoint(
            method="GET",
            path=path,
            handler=self.read_session,
            needs="anyone",
            query=SessionQuery,
            answers={200: Session},
        )
        if self._tokens is None:
            return [read]
        return [
            read,
            Endpoint(
                method="POST",
                path=path,
                handler=self.sign_in,
                needs="anyone",
                body=SignIn,
                max_body_bytes=MAX_BODY_BYTES,
                answers={200: SignedIn},
                errors=(Unauthorized,),
                same_host=True,
            ),
            Endpoint(
                method="DELETE",
                path=path,
                handler=self.sign_out,
                needs="anyone",
                answers={204: Nothing},
                same_host=True,
            ),
        ]

    async def read_session(self, call: Call[SessionQuery, Nothing]) -> Response:
        """Who asks, and what they may do on the document `doc_id`, if that is given."""
        request, doc_id = call.request, call.query.doc_id
        user = await self._user(request)
        role = None
        if user is not None and doc_id is not None:
            role = await self._access.role(user, check_doc_id(doc_id))
        can_sign_out = self._tokens is not None and self._cookie in request.cookies
        identity = None if self._mode == "open" else Identity.of(user)
        return json_response(Session(self._mode, identity, role, self._login_url, can_sign_out))

    async def sign_in(self, call: Call[Nothing, SignIn]) -> Response:
        """Keep a token as the cookie, for as long as it is good."""
        request, token = call.request, call.body.token.strip()
        assert self._tokens is not None
        user = self._tokens.user_of(token)
        self._check_size(token)
        response = json_response(SignedIn(Identity.of(user)))
        lasts = max(0, int((user.expires_at or 0) - time.time()))
        self._set_cookie(request, response, token, lasts, self._path(request))
        return response

    async def sign_out(self, call: Call[Nothing, Nothing]) -> Response:
        """Forget the cookie; the user's connections go through the handshake again."""
        request = call.request
        response = Response(status_code=204)
        # One that an own login has set is for the whole host.
        for path in {"/", self._path(request)}:
            self._set_cookie(request, response, "", 0, path)
        user = await self._user(request)
        if user is not None:
            # After the response: a page that reconnects sooner would still send the cookie.
            response.background = BackgroundTask(self._manager.reauthorize_user, user.user_id)
        return response

    async def _user(self, request: Request) -> User | None:
        try:
            return await self._access.user(request)
        except Unauthorized:
            return None

    def _check_size(self, token: str) -> None:
        size = len(self._cookie) + len(token)
        if size > MAX_COOKIE_BYTES:
            raise InvalidRequest(
                f"the token makes a cookie of {size} bytes, browsers keep {MAX_COOKIE_BYTES}: "
                "ask for one with fewer claims"
            )

    def _path(self, request: Request) -> str:
        return request.scope.get("root_path", "") or "/"

    def _set_cookie(
        self, request: Request, response: Response, value: str, lasts: int, path: str
    ) -> None:
        response.set_cookie(
            self._cookie,
            value,
            max_age=lasts,
            path=path,
            secure=is_secure(request),
            httponly=True,
            samesite="lax",
        )
