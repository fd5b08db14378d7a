"""Documents behind the login of a FastAPI application: uvicorn host_fastapi:app

collab is mounted at /collab and asks the application two things: who is it, from the session that
its own login has made, and what may they do on a document.
"""

import contextlib
import secrets
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import Cookie, Depends, FastAPI, HTTPException, Response
from pydantic import BaseModel

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
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with documents.running():
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/collab", documents)


class Login(BaseModel):
    user: str
    password: str


def signed_in(session: Annotated[str, Cookie()] = "") -> str:
    if session not in sessions:
        raise HTTPException(401)
    return sessions[session]


@app.post("/login", status_code=204)
async def login(given: Login, response: Response) -> None:
    if not secrets.compare_digest(passwords.get(given.user, "\0"), given.password):
        raise HTTPException(403)
    session = secrets.token_urlsafe()
    sessions[session] = given.user
    # "lax": a page of another site can't sign anybody in or out, or change members.
    response.set_cookie("session", session, httponly=True, samesite="lax")


@app.post("/logout", status_code=204)
async def logout(
    user: Annotated[str, Depends(signed_in)], session: Annotated[str, Cookie()]
) -> None:
    del sessions[session]
    # Their editors reconnect, and those of this session are refused.
    await documents.reauthorize_user(user)


@app.put("/documents/{doc_id}/members/{member}", status_code=204)
async def set_member(
    doc_id: str,
    member: str,
    user: Annotated[str, Depends(signed_in)],
    role: collab.Role | None = None,
) -> None:
    members = roles.get(doc_id, {})
    if members.get(user) != "owner":
        raise HTTPException(403)
    members.pop(member, None)
    if role is not None:
        members[member] = role
    # Who has another role now reconnects with it; who has none is put out.
    await documents.reauthorize(doc_id)
