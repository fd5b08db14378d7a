"""Whether the process lives, and whether it can take edits."""

from __future__ import annotations

import time

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..asgi.routing import Route
from ..errors import StorageUnavailable
from ..storage import Committer, Store
from .json import json_response, resource

__all__ = ["health_routes"]

FAILURE_SECONDS = 30.0
"""How long a failed commit counts. Editors send a refused edit again much sooner."""


def health_routes(store: Store, committer: Committer) -> list[Route]:
    """`/healthz` answers while the process lives; `/readyz` while edits can be stored."""

    async def healthz(request: Request) -> Response:
        return json_response({"status": "ok"})

    async def readyz(request: Request) -> Response:
        failed_at = committer.failed_at
        if failed_at is not None and time.monotonic() - failed_at < FAILURE_SECONDS:
            raise StorageUnavailable(f"edits can't be stored: {committer.failure}")
        await store.ping()
        await committer.prove()
        return json_response({"status": "ok"})

    return [resource("/healthz", GET=healthz), resource("/readyz", GET=readyz)]
