"""Whether the process lives, and whether it can take edits."""

from __future__ import annotations

import time

from ..asgi.responses import Response
from ..errors import StorageUnavailable
from ..storage import Committer, Store
from .endpoints import Call, Endpoint, Nothing
from .json import json_response
from .schemas import Status

__all__ = ["health_endpoints"]

FAILURE_SECONDS = 30.0
"""How long a failed commit counts. Editors send a refused edit again much sooner."""


def health_endpoints(store: Store, committer: Committer) -> list[Endpoint]:
    """`/healthz` answers while the process lives; `/readyz` while edits can be stored."""

    async def healthz(call: Call[Nothing, Nothing]) -> Response:
        return json_response(Status())

    async def readyz(call: Call[Nothing, Nothing]) -> Response:
        failed_at = committer.failed_at
        if failed_at is not None and time.monotonic() - failed_at < FAILURE_SECONDS:
            raise StorageUnavailable(f"edits can't be stored: {committer.failure}")
        await store.ping()
        await committer.prove()
        return json_response(Status())

    return [
        Endpoint(method="GET", path=path, handler=handler, needs="anyone", answers={200: Status})
        for path, handler in (("/healthz", healthz), ("/readyz", readyz))
    ]
