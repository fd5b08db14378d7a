"""JSON answers of the HTTP API, and what an error looks like there."""

from __future__ import annotations

from typing import Any

import msgspec

from ..asgi.responses import Response
from ..errors import CollabError
from .schemas import Error

__all__ = ["error_response", "json_response"]


def json_response(value: Any, status: int = 200) -> Response:
    """A JSON response that no cache keeps."""
    return Response(
        msgspec.json.encode(value),
        status_code=status,
        media_type="application/json",
        headers={"cache-control": "no-store"},
    )


def error_response(error: CollabError) -> Response:
    """`{"code", "message"}` with the error's HTTP status."""
    response = json_response(Error(error.code, error.message), error.status)
    if error.retry:
        response.headers["retry-after"] = str(error.retry_after_seconds)
    return response
