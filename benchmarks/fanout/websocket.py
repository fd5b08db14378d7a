"""A minimal WebSocket client for the load generator: handshake and outgoing frames."""

from __future__ import annotations

import secrets

from websockets.utils import apply_mask

__all__ = ["CLOSE", "PING", "TEXT", "close_frame", "handshake", "pong_frame", "text_frame"]

TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
MASK = secrets.token_bytes(4)


def handshake(path: str) -> bytes:
    """A request without permessage-deflate, with a constant key."""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


def text_frame(payload: bytes) -> bytes:
    """An unfragmented message of less than 64 KiB."""
    return _frame(TEXT, payload)


def pong_frame(payload: bytes) -> bytes:
    return _frame(PONG, payload)


def close_frame() -> bytes:
    return _frame(CLOSE, (1000).to_bytes(2, "big"))


def _frame(first: int, payload: bytes) -> bytes:
    size = len(payload)
    if size < 126:
        head = bytes((first, 0x80 | size))
    else:
        head = bytes((first, 0x80 | 126)) + size.to_bytes(2, "big")
    return head + MASK + apply_mask(payload, MASK)
