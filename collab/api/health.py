"""Whether the process lives, and whether it can take edits."""

from __future__ import annotations

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..asgi.routing import Route
from ..errors import StorageError
from ..storage import Repository
from .answers import error_response, json_response

__all__ = ["health_routes"]


def health_routes(repository: Repository) -> list[Route]:
    """`/healthz` answers while the process lives; `/readyz` asks the database."""

    async def healthz(request: Request) -> Response:
        return json_response({"status": "ok"})

    async def readyz(request: Request) -> Response:
        try:
            await repository.ping()
        except StorageError as error:
            return error_response(error)
        return json_response({"status": "ok"})

    return [Route("/healthz", healthz), Route("/readyz", readyz)]
