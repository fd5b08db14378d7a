"""The outgoing side: a response is an ASGI application, for HTTP and for a WebSocket's denial."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    Awaitable,
    Callable,
    Iterable,
    Mapping,
)
from contextlib import aclosing
from datetime import datetime
from email.utils import formatdate
from functools import cached_property
from mimetypes import guess_type
from secrets import token_hex
from typing import Any, TypeAlias
from urllib.parse import quote

from .background import BackgroundTask
from .concurrency import iterate_in_threadpool, run_in_threadpool
from .cookies import SameSite, format_cookie
from .datastructures import URL, Headers, MutableHeaders
from .disconnects import tells_disconnects, until_disconnect
from .filebody import Piece, read_parts, read_range, read_whole
from .ranges import (
    ByteRange,
    MalformedRangeHeader,
    Multipart,
    RangeNotSatisfiable,
    parse_ranges,
)
from .requests import ClientDisconnect
from .types import Message, Receive, Scope, Send

__all__ = [
    "FileResponse",
    "HTMLResponse",
    "JSONResponse",
    "PlainTextResponse",
    "RedirectResponse",
    "Response",
    "StreamingResponse",
]

Content: TypeAlias = str | bytes | memoryview
ContentStream: TypeAlias = AsyncIterable[Content] | Iterable[Content]
# Wider than asgiref's type, whose events require keys that the specification makes optional.
Sender: TypeAlias = Callable[[Any], Awaitable[None]]


class Response:
    """A response with the whole body at once.

    `headers` of the caller override the `content-length` and `content-type` that are set here. In
    answer to a WebSocket's handshake it sends the events of the denial extension.
    """

    media_type: str | None = None
    charset = "utf-8"
    body: bytes | memoryview

    def __init__(
        self,
        content: Any = None,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        self.status_code = status_code
        if media_type is not None:
            self.media_type = media_type
        self.background = background
        self.body = self.render(content)
        self.init_headers(headers)

    def render(self, content: Any) -> bytes | memoryview:
        if content is None:
            return b""
        if isinstance(content, memoryview):
            return content.cast("B") if content.c_contiguous else content.tobytes()
        if isinstance(content, bytes):
            return content
        return bytes(content.encode(self.charset))

    def init_headers(self, headers: Mapping[str, str] | None = None) -> None:
        self.raw_headers = MutableHeaders(headers or {}).raw
        names = {name for name, _ in self.raw_headers}
        body = getattr(self, "body", None)
        has_length = self.status_code >= 200 and self.status_code not in (204, 304)
        if body is not None and has_length and b"content-length" not in names:
            self.raw_headers.append((b"content-length", str(len(body)).encode()))
        if self.media_type is not None and b"content-type" not in names:
            self.raw_headers.append((b"content-type", self._content_type().encode("latin-1")))

    def _content_type(self) -> str:
        media_type = self.media_type or ""
        if media_type.startswith("text/") and "charset=" not in media_type.lower():
            return f"{media_type}; charset={self.charset}"
        return media_type

    @cached_property
    def headers(self) -> MutableHeaders:
        return MutableHeaders(raw=self.raw_headers)

    def set_cookie(
        self,
        key: str,
        value: str = "",
        max_age: int | None = None,
        expires: datetime | str | int | None = None,
        path: str | None = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
    ) -> None:
        """`max_age`, and `expires` if it is a number, are seconds from now."""
        cookie = format_cookie(
            key,
            value,
            max_age=max_age,
            expires=expires,
            path=path,
            domain=domain,
            secure=secure,
            httponly=httponly,
            samesite=samesite,
        )
        self.raw_headers.append((b"set-cookie", cookie.encode("latin-1")))

    def delete_cookie(
        self,
        key: str,
        path: str = "/",
        domain: str | None = None,
        secure: bool = False,
        httponly: bool = False,
        samesite: SameSite | None = "lax",
    ) -> None:
        self.set_cookie(key, "", 0, 0, path, domain, secure, httponly, samesite)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        sender: Sender = _denying(send) if scope["type"] == "websocket" else send
        await self.respond(scope, receive, sender)
        if self.background is not None:
            await self.background()

    async def respond(self, scope: Scope, receive: Receive, send: Sender) -> None:
        """Send HTTP's response events, whatever the scope is."""
        await send(self._start())
        await send({"type": "http.response.body", "body": self.body})

    def _start(self) -> Message:
        return {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }


class HTMLResponse(Response):
    media_type = "text/html"


class PlainTextResponse(Response):
    media_type = "text/plain"


class JSONResponse(Response):
    """Compact JSON. Raises ValueError for NaN and infinities, which JSON doesn't have."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return json.dumps(
            content, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).encode()


class RedirectResponse(Response):
    def __init__(
        self,
        url: str | URL,
        status_code: int = 307,
        headers: Mapping[str, str] | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        super().__init__(b"", status_code, headers, background=background)
        self.headers["location"] = quote(str(url), safe=":/%#?=@[]!$&'()*+,;")


class StreamingResponse(Response):
    """A body in pieces; a plain iterator runs in the thread pool.

    It ends when the client disconnects: with ClientDisconnect if the server reports that by an
    OSError.
    """

    def __init__(
        self,
        content: ContentStream,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
    ) -> None:
        if isinstance(content, AsyncIterable):
            self.body_iterator = content
        else:
            self.body_iterator = iterate_in_threadpool(content)
        self.status_code = status_code
        self.media_type = self.media_type if media_type is None else media_type
        self.background = background
        self.init_headers(headers)

    async def respond(self, scope: Scope, receive: Receive, send: Sender) -> None:
        if scope["type"] == "websocket":
            await self._stream(send)
        elif not tells_disconnects(scope):
            await until_disconnect(receive, self._stream(send))
        else:
            try:
                await self._stream(send)
            except OSError:
                raise ClientDisconnect from None

    async def _stream(self, send: Sender) -> None:
        await send(self._start())
        async for chunk in self.body_iterator:
            data = chunk.encode(self.charset) if isinstance(chunk, str) else chunk
            await send({"type": "http.response.body", "body": data, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


class FileResponse(Response):
    """A file, with its ETag and Last-Modified; answers HEAD, `Range` and `If-Range`.

    It sends any file: the caller must have checked `path`. Conditional requests (304) are left to
    an application that serves a folder. Raises RuntimeError if `path` is not a regular file.

    Args:
        filename: the name offered for the download, in a Content-Disposition header.
        stat_result: saves reading it from the file system; then the file isn't checked.
    """

    chunk_size = 64 * 1024
    max_ranges = 100

    def __init__(
        self,
        path: str | os.PathLike[str],
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        background: BackgroundTask | None = None,
        filename: str | None = None,
        stat_result: os.stat_result | None = None,
        content_disposition_type: str = "attachment",
    ) -> None:
        self.path = path
        self.status_code = status_code
        self.filename = filename
        guessed = guess_type(filename or os.fspath(path))[0] or "application/octet-stream"
        self.media_type = guessed if media_type is None else media_type
        self.background = background
        self.init_headers(headers)
        self.headers.setdefault("accept-ranges", "bytes")
        if filename is not None:
            disposition = f"{content_disposition_type}; {_filename_parameter(filename)}"
            self.headers.setdefault("content-disposition", disposition)
        self.stat_result = stat_result
        if stat_result is not None:
            self.set_stat_headers(stat_result)

    def set_stat_headers(self, stat_result: os.stat_result) -> None:
        modified, size = stat_result.st_mtime, stat_result.st_size
        tag = hashlib.md5(f"{modified}-{size}".encode(), usedforsecurity=False).hexdigest()
        self.headers.setdefault("content-length", str(size))
        self.headers.setdefault("last-modified", formatdate(modified, usegmt=True))
        self.headers.setdefault("etag", f'"{tag}"')

    async def respond(self, scope: Scope, receive: Receive, send: Sender) -> None:
        size = (await self._stat()).st_size
        try:
            ranges = self._requested_ranges(scope, size)
        except MalformedRangeHeader as error:
            refusal = PlainTextResponse(error.content, status_code=400)
            await refusal.respond(scope, receive, send)
        except RangeNotSatisfiable as error:
            headers = {"Content-Range": f"bytes */{error.max_size}"}
            refusal = PlainTextResponse(status_code=416, headers=headers)
            await refusal.respond(scope, receive, send)
        else:
            await self._send_ranges(scope, receive, send, ranges, size)

    async def _send_ranges(
        self, scope: Scope, receive: Receive, send: Sender, ranges: list[ByteRange], size: int
    ) -> None:
        start, pieces = self._answer(ranges, size)
        is_http = scope["type"] == "http"
        if is_http and scope["method"].upper() == "HEAD":
            await _send_pieces(send, start, _no_pieces())
        elif is_http and not ranges and "http.response.pathsend" in (scope.get("extensions") or {}):
            await send(start)
            await send({"type": "http.response.pathsend", "path": str(self.path)})
        elif is_http and not tells_disconnects(scope):
            await until_disconnect(receive, _send_pieces(send, start, pieces))
        else:
            await _send_pieces(send, start, pieces)

    async def _stat(self) -> os.stat_result:
        if self.stat_result is not None:
            return self.stat_result
        try:
            result = await run_in_threadpool(os.stat, self.path)
        except FileNotFoundError:
            raise RuntimeError(f"File at path {self.path} does not exist.") from None
        if not stat.S_ISREG(result.st_mode):
            raise RuntimeError(f"File at path {self.path} is not a file.")
        self.set_stat_headers(result)
        return result

    def _requested_ranges(self, scope: Scope, size: int) -> list[ByteRange]:
        """Return the ranges to send; none means the whole file."""
        headers = Headers(scope=scope)
        wanted, condition = headers.get("range"), headers.get("if-range")
        reads = scope["type"] != "http" or scope["method"].upper() in ("GET", "HEAD")
        if wanted is None or self.status_code != 200 or not reads:
            return []
        unchanged = (None, self.headers["last-modified"], self.headers["etag"])
        if condition not in unchanged or (condition or "").startswith("W/"):
            return []
        return parse_ranges(wanted, size, self.max_ranges)

    def _answer(
        self, ranges: list[ByteRange], size: int
    ) -> tuple[Message, AsyncGenerator[Piece, None]]:
        """Return the start of the response, and the pieces of its body."""
        if not ranges:
            return self._start(), read_whole(self.path, self.chunk_size)
        if len(ranges) == 1:
            start, end = ranges[0]
            changes = {
                "content-range": f"bytes {start}-{end - 1}/{size}",
                "content-length": str(end - start),
            }
            return self._partial(changes), read_range(self.path, self.chunk_size, start, end)
        parts = Multipart(token_hex(13), self.headers["content-type"], size)
        changes = {
            "content-type": parts.media_type,
            "content-length": str(parts.content_length(ranges)),
        }
        return self._partial(changes), read_parts(self.path, self.chunk_size, parts, ranges)

    def _partial(self, changes: Mapping[str, str]) -> Message:
        headers = self.headers.mutablecopy()
        headers.update(changes)
        return {"type": "http.response.start", "status": 206, "headers": headers.raw}


def _filename_parameter(filename: str) -> str:
    """Return the plain form of RFC 6266 if possible, else the extended notation of RFC 8187."""
    quoted = quote(filename)
    return f'filename="{filename}"' if quoted == filename else f"filename*=utf-8''{quoted}"


def _denying(send: Sender) -> Sender:
    """Turn HTTP's response events into those of the WebSocket denial extension."""

    async def deny(message: Message) -> None:
        await send({**message, "type": f"websocket.{message['type']}"})

    return deny


async def _send_pieces(send: Sender, start: Message, pieces: AsyncGenerator[Piece, None]) -> None:
    await send(start)
    async with aclosing(pieces):
        async for body, more_body in pieces:
            await send({"type": "http.response.body", "body": body, "more_body": more_body})


async def _no_pieces() -> AsyncGenerator[Piece, None]:
    yield b"", False
