"""Documents inside a Starlette application: uvicorn embed_starlette:app

The whole of collab is mounted at /collab, editor pages and HTTP API included. And one of the
application's own WebSocket routes edits documents, with the application's own users and rules.
"""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.routing import Mount, WebSocketRoute
from starlette.websockets import WebSocket

import collab

documents = collab.create_app(collab.Settings(database="sqlite:///notes.db"))


@contextlib.asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    async with documents.running():
        yield


def current_user(websocket: WebSocket) -> collab.User:
    """Whoever your own login says it is; here, a cookie that anybody may set."""
    user_id = websocket.cookies.get("user", "guest")
    return collab.User(user_id, role="viewer" if user_id == "guest" else "editor")


async def notes(websocket: WebSocket) -> None:
    team = websocket.path_params["team"]
    await documents.manager.serve(websocket, f"team-{team}", current_user(websocket))


app = Starlette(
    routes=[WebSocketRoute("/teams/{team}/notes", notes), Mount("/collab", app=documents)],
    lifespan=lifespan,
)
