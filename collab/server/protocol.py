"""Our uvicorn WebSocket protocol: uvicorn's own, made to let go of peers that stopped reading.

uvicorn ends a connection with `transport.close()`, which waits until the peer has taken all that
was written; one that takes nothing keeps its socket, its buffer and the server's shutdown waiting
for as long as it likes. `abort` does not wait.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Request

from ..documents.handshake import ABORT_EXTENSION

__all__ = ["WebSocketProtocol"]

# uvloop's own marks are 16 bytes and 64 KiB: with the low one so near to empty a healthy reader
# of one large frame would be let go on only when it has everything.
WRITE_HIGH_BYTES = 65536
WRITE_LOW_BYTES = 16384


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """Adds to the scope's extensions a function that ends the connection at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.transport.set_write_buffer_limits(high=WRITE_HIGH_BYTES, low=WRITE_LOW_BYTES)

    def handle_connect(self, event: Request) -> None:
        super().handle_connect(event)
        # A handshake that failed has no scope.
        scope = getattr(self, "scope", None)
        if scope is not None:
            extensions = cast(dict[str, Any], scope["extensions"])
            extensions[ABORT_EXTENSION] = self.transport.abort

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        self.transport.abort()

    def shutdown(self) -> None:
        super().shutdown()
        if self.transport.get_write_buffer_size():
            self.transport.abort()
