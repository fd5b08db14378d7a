"""Documents inside a FastAPI application: uvicorn embed_fastapi:app

The whole of collab is mounted at /collab, editor pages and HTTP API included. And one of the
application's own WebSocket routes edits documents, with the application's own users and rules.
"""

import contextlib
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import Depends, FastAPI, WebSocket

import collab

documents = collab.create_app(collab.Settings(database="sqlite:///notes.db"))


@contextlib.asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    async with documents.running():
        yield


app = FastAPI(lifespan=lifespan)
app.mount("/collab", documents)


def current_user(websocket: WebSocket) -> collab.User:
    """Whoever your own login says it is; here, a cookie that anybody may set."""
    user_id = websocket.cookies.get("user", "guest")
    return collab.User(user_id, role="viewer" if user_id == "guest" else "editor")


@app.websocket("/teams/{team}/notes")
async def notes(
    websocket: WebSocket, team: str, user: Annotated[collab.User, Depends(current_user)]
) -> None:
    await documents.manager.serve(websocket, f"team-{team}", user)
