"""Answers that are too large to be written at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ..asgi.responses import Response, Sender
from ..asgi.types import Receive, Scope
from ..documents.content import Encoded
from ..errors import CollabError
from ..limits.connection_limits import address_of
from ..limits.unread import LARGE_BYTES, Unread
from .json import error_response

__all__ = ["content_response", "is_among", "large_response", "unchanged_response"]


def large_response(unread: Unread, value: Any) -> Response:
    """As `json_response`, for answers that may be large."""
    body = msgspec.json.encode(value)
    return _PartedResponse(unread, [body], body, len(body))


def content_response(unread: Unread, about: Struct, content: Encoded, tag: str) -> Response:
    """A JSON object: `about`, and the content, which is not copied; with an `ETag`."""
    head = msgspec.json.encode(about)[:-1] + b',"content":'
    answer = _PartedResponse(unread, [head, content.data, b"}"], content, len(content.data))
    answer.headers["etag"] = tag
    return answer


def is_among(tag: str, tags: str | None) -> bool:
    """Whether an `If-None-Match`, if there is one, names an answer by its `ETag`."""
    if tags is None:
        return False
    return any(each.strip().removeprefix("W/") in (tag, "*") for each in tags.split(","))


def unchanged_response(tag: str) -> Response:
    """The answer to one who has it already."""
    return Response(status_code=304, headers={"cache-control": "no-store", "etag": tag})


class _PartedResponse(Response):
    """JSON that is sent part by part, as the reader takes it; counted while it waits.

    Where too much waits already, the error is sent in its place.
    """

    media_type = "application/json"

    def __init__(
        self, unread: Unread, pieces: Sequence[bytes], content: object, held_bytes: int
    ) -> None:
        self._pieces = pieces
        self._unread = unread
        self._content = content
        self._held_bytes = held_bytes
        self.status_code = 200
        self.background = None
        size = sum(map(len, pieces))
        self.init_headers({"cache-control": "no-store", "content-length": str(size)})

    async def respond(self, scope: Scope, receive: Receive, send: Sender) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            await send(self._start())
            await send({"type": "http.response.body", "body": b""})
            return
        if self._held_bytes <= LARGE_BYTES:
            await self._send_parts(send)
            return
        try:
            hold = self._unread.hold(address_of(scope), self._content, self._held_bytes)
        except CollabError as error:
            await error_response(error).respond(scope, receive, send)
            return
        try:
            await self._send_parts(send)
        finally:
            hold.release()

    async def _send_parts(self, send: Sender) -> None:
        await send(self._start())
        # A server waits before it takes a part until the one before has gone.
        for part in _parts(self._pieces):
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _parts(pieces: Sequence[bytes]) -> Iterator[bytes]:
    if sum(map(len, pieces)) <= LARGE_BYTES:
        yield b"".join(pieces)
        return
    for piece in pieces:
        for begin in range(0, len(piece), LARGE_BYTES):
            yield piece[begin : begin + LARGE_BYTES]
