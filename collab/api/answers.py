"""JSON in and out of the HTTP API, and what an error looks like there."""

from __future__ import annotations

import datetime
import functools
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

from ..asgi.requests import Request
from ..asgi.responses import Response
from ..errors import CollabError, InvalidRequest, TooLarge

__all__ = ["Handler", "answers_errors", "error_response", "json_response", "read_json", "timestamp"]

Handler = Callable[[Request], Awaitable[Response]]


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
    response = json_response({"code": error.code, "message": error.message}, error.status)
    if error.retry:
        response.headers["retry-after"] = "1"
    return response


def answers_errors(handler: Handler) -> Handler:
    """Have the errors of this package answered as JSON."""

    @functools.wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except CollabError as error:
            return error_response(error)

    return answer


async def read_json(request: Request, maximum_bytes: int) -> dict[str, Any]:
    """The JSON object of the body; an empty body is an empty object.

    Raises:
        TooLarge: more than `maximum_bytes`; read no further than that.
        InvalidRequest: it is not a JSON object.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > maximum_bytes:
            raise TooLarge(f"the body is larger than {maximum_bytes} bytes, which is the limit")
    try:
        value = msgspec.json.decode(bytes(body)) if body else {}
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"the body is not JSON ({error}): send a JSON object") from None
    if not isinstance(value, dict):
        raise InvalidRequest(f"the body is a JSON {type(value).__name__}: send a JSON object")
    return value


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
