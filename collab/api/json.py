"""JSON in and out of the HTTP API, and what an error looks like there."""

from __future__ import annotations

import datetime
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec

from ..asgi.requests import ClientDisconnect, Request
from ..asgi.responses import Response
from ..asgi.routing import Route
from ..errors import CollabError, InvalidRequest, MethodNotAllowed, NoSuchResource, TooLarge
from ..frames import MAXIMUM_DEPTH, encode_json, is_deeper

__all__ = [
    "Handler",
    "Resource",
    "error_response",
    "json_response",
    "read_json",
    "resource",
    "shown",
    "timestamp",
]

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
        response.headers["retry-after"] = str(error.retry_after_seconds)
    return response


class Resource(Route):
    """A route that knows its handlers: those of the methods that are not answered with 405."""

    def __init__(self, path: str, answer: Handler, handlers: Mapping[str, Handler]) -> None:
        super().__init__(path, answer)
        # All, also those that are not known yet: `answer` refuses them.
        self.methods = None
        self.handlers = handlers


def resource(path: str, **handlers: Handler) -> Resource:
    """A route with a handler for each HTTP method; errors are answered as JSON.

    Other methods are answered with 405, a path that has no handlers at all with 404.
    """
    if "GET" in handlers:
        handlers["HEAD"] = handlers["GET"]

    async def answer(request: Request) -> Response:
        handler = handlers.get(request.method)
        try:
            if handler is not None:
                return await handler(request)
            if handlers:
                raise MethodNotAllowed(
                    f"got {request.method[:40]}, expected one of {', '.join(sorted(handlers))}"
                )
            raise NoSuchResource(f"there is nothing at {request.scope['path'][:200]}")
        except CollabError as error:
            response = error_response(error)
            if isinstance(error, MethodNotAllowed):
                response.headers["allow"] = ", ".join(sorted(handlers))
            return response

    return Resource(path, answer, handlers)


async def read_json(request: Request, max_bytes: int) -> dict[str, Any]:
    """The JSON object of the body; an empty body is an empty object.

    Raises:
        TooLarge: more than `max_bytes`; read no further than that.
        InvalidRequest: it is not a JSON object, or did not come to its end.
    """
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > max_bytes:
                raise TooLarge(f"the body is larger than {max_bytes} bytes, which is the limit")
    except ClientDisconnect:
        # Nobody may be there to be told; it is no error of ours.
        raise InvalidRequest("the body ended before it was complete: send it again") from None
    try:
        value = msgspec.json.decode(bytes(body)) if body else {}
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"the body is not JSON ({error}): send a JSON object") from None
    if not isinstance(value, dict):
        raise InvalidRequest(f"the body is a JSON {type(value).__name__}: send a JSON object")
    if is_deeper(value, MAXIMUM_DEPTH):
        raise InvalidRequest(f"the body is nested deeper than {MAXIMUM_DEPTH} levels: flatten it")
    return value


def shown(value: Any) -> str:
    """A value of a body for a message, cut to 40 characters."""
    return encode_json(value)[:40]


def timestamp(seconds: float) -> str:
    """Seconds since the epoch as ISO 8601 in UTC, to the millisecond."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
