"""Documents behind the login of a Starlette application: uvicorn host_starlette:app

collab is mounted at /collab and asks the application two things: who is it, from the session that
its own login has made, and what may they do on a document.
"""

import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route

import collab

# In place of your own tables of users (with hashes of passwords), sessions and members.
passwords = {"ann": "apple", "ben": "berry", "vic": "vine", "sam": "salt"}
sessions: dict[str, str] = {}
roles: dict[str, dict[str, collab.Role]] = {
    "notes": {"ann": "owner", "ben": "editor", "vic": "viewer"}
}


async def authenticate(connection: Any) -> collab.User | None:
    """Who has sent a request or opens a WebSocket, by the cookie of the login below."""
    user_id = sessions.get(connection.cookies.get("session", ""))
    return collab.User(user_id, name=user_id.title()) if user_id else None


async def authorize(user: collab.User, doc_id: str) -> collab.Role | None:
    return roles.get(doc_id, {}).get(user.user_id)


documents = collab.create_app(
    collab.Settings(database="sqlite:///notes.db"), authenticate=authenticate, authorize=authorize
)


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with documents.running():
        yield


def signed_in(request: Request) -> str:
    user = sessions.get(request.cookies.get("session", ""))
    if user is None:
        raise HTTPException(401)
    return user


async def login(request: Request) -> Response:
    given = await request.json()
    if not secrets.compare_digest(passwords.get(given["user"], "\0"), given["password"]):
        raise HTTPException(403)
    session = secrets.token_urlsafe()
    sessions[session] = given["user"]
    response = Response(status_code=204)
    # "lax": a page of another site can't sign anybody in or out, or change members.
    response.set_cookie("session", session, httponly=True, samesite="lax")
    return response


async def logout(request: Request) -> Response:
    user = signed_in(request)
    del sessions[request.cookies["session"]]
    # Their editors reconnect, and those of this session are refused.
    await documents.reauthorize_user(user)
    return Response(status_code=204)


async def set_member(request: Request) -> Response:
    doc_id, member = request.path_params["doc_id"], request.path_params["member"]
    members = roles.get(doc_id, {})
    if members.get(signed_in(request)) != "owner":
        raise HTTPException(403)
    members.pop(member, None)
    role = request.query_params.get("role")
    if role in ("owner", "editor", "viewer"):
        members[member] = role
    # Who has another role now reconnects with it; who has none is put out.
    await documents.reauthorize(doc_id)
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route("/login", login, methods=["POST"]),
        Route("/logout", logout, methods=["POST"]),
        Route("/documents/{doc_id}/members/{member}", set_member, methods=["PUT"]),
        Mount("/collab", app=documents),
    ],
    lifespan=lifespan,
)
