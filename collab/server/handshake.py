"""The WebSocket handshake of `websockets`, with our limits and our error responses."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from websockets.datastructures import Headers
from websockets.exceptions import InvalidMessage
from websockets.http11 import Request, Response
from websockets.protocol import CONNECTING, Protocol
from websockets.server import ServerProtocol

from ..api.security import SECURITY_HEADERS
from ..errors import CollabError, Forbidden, Internal, InvalidRequest, MethodNotAllowed
from ..frames import encode_json

__all__ = ["HandshakeProtocol"]

ERRORS: dict[int, type[CollabError]] = {403: Forbidden, 405: MethodNotAllowed, 500: Internal}
PREFIX = "Failed to open a WebSocket connection: "


class HandshakeProtocol(ServerProtocol):
    """Reads a handshake within a limit, and answers errors in JSON.

    The library's own parser accepts 128 headers of 8 KiB and answers errors in plain text. The HTTP
    parser that runs before this one has checked the syntax of the request and of each header.

    Args:
        max_head_bytes: most bytes of the request line and the headers together.
    """

    def __init__(self, *, max_head_bytes: int, **options: Any) -> None:
        # The library's constructor starts the parser, which reads this attribute.
        self._max_head = max_head_bytes
        super().__init__(**options)

    def parse(self) -> Generator[None]:
        if self.state is CONNECTING:
            try:
                request = yield from self._read_request()
            except Exception as error:
                self.handshake_exc = InvalidMessage("did not receive a valid HTTP request")
                self.handshake_exc.__cause__ = error
                self.send_eof()
                self.parser = self.discard()
                next(self.parser)
                yield
            else:
                self.events.append(request)
        yield from Protocol.parse(self)

    def _read_request(self) -> Generator[None, None, Request]:
        """Read the request; raise `ValueError` if it has a body or is too large."""
        left = self._max_head
        lines: list[str] = []
        while True:
            line = yield from self.reader.read_line(left, ValueError)
            left -= len(line)
            text = line.decode("latin-1").rstrip("\r\n")
            if not text:
                break
            lines.append(text)
        method, path, protocol = lines[0].split(" ", 2)
        headers = Headers()
        for each in lines[1:]:
            name, _, value = each.partition(":")
            headers[name] = value.strip(" \t")
        if "Transfer-Encoding" in headers or not set(headers.get_all("Content-Length")) <= {"0"}:
            raise ValueError("the request has a body")
        if not path.isascii():
            raise ValueError("the address is not percent-encoded")
        return Request(path, headers, method, protocol)

    def reject(self, status: Any, text: str) -> Response:
        """Make the error response, in JSON like every other rejected handshake."""
        response = super().reject(status, text)
        message = text.removeprefix(PREFIX).split("\n", 1)[0]
        kind = ERRORS.get(response.status_code, InvalidRequest)
        body = encode_json({"code": kind.code, "message": message}).encode()
        del response.headers["Content-Type"], response.headers["Content-Length"]
        response.headers["Content-Type"] = "application/json"
        for name, value in SECURITY_HEADERS.items():
            response.headers[name] = value
        response.headers["Content-Length"] = str(len(body))
        response.body = body
        return response
