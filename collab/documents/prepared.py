"""Frames made ready once, to be written to any number of readers.

A prepared frame is the WebSocket frame of a text message as a server sends it (RFC 6455, section
5.2): unmasked, in one piece, uncompressed. Prepared frames may be joined; the reader sees separate
messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from ..frames import ServerFrame, encode_bytes

__all__ = ["Batch", "prepare", "prepare_text", "texts_of"]

FINAL_TEXT = 0x81
SHORT_BYTES = 125
MEDIUM_BYTES = 65535
MEDIUM = 126
LONG = 127
# The header of each payload length that fits into two bytes of header.
_SHORT = tuple(bytes((FINAL_TEXT, length)) for length in range(SHORT_BYTES + 1))
_MEDIUM = bytes((FINAL_TEXT, MEDIUM))
_LONG = bytes((FINAL_TEXT, LONG))


def prepare(frame: ServerFrame) -> bytes:
    """The prepared frame of `frame`."""
    return _framed(encode_bytes(frame))


def prepare_text(text: str) -> bytes:
    """The prepared frame of a text message."""
    return _framed(text.encode())


def _framed(payload: bytes) -> bytes:
    length = len(payload)
    if length <= SHORT_BYTES:
        return _SHORT[length] + payload
    if length <= MEDIUM_BYTES:
        return b"%b%b%b" % (_MEDIUM, length.to_bytes(2, "big"), payload)
    return b"%b%b%b" % (_LONG, length.to_bytes(8, "big"), payload)


def texts_of(frames: bytes) -> Iterator[str]:
    """The text messages of joined prepared frames, for a WebSocket that makes its own frames."""
    at = 0
    while at < len(frames):
        length, begin = frames[at + 1], at + 2
        if length == MEDIUM:
            length, begin = int.from_bytes(frames[begin : begin + 2], "big"), begin + 2
        elif length == LONG:
            length, begin = int.from_bytes(frames[begin : begin + 8], "big"), begin + 8
        at = begin + length
        yield frames[begin:at].decode()


class Batch:
    """Frames for everybody in a room, joined once; some look different to one editor.

    Args:
        frames: prepared frames in order.
        own: by `client_id`, what that editor sees in the place of which frame.
    """

    __slots__ = ("_frames", "joined", "own")

    def __init__(self, frames: Iterable[bytes], own: Mapping[str, Mapping[int, bytes]]) -> None:
        self._frames = list(frames)
        self.joined = b"".join(self._frames)
        self.own = own

    def __len__(self) -> int:
        """Bytes, as the others see it."""
        return len(self.joined)

    def for_client(self, client_id: str) -> bytes:
        """All frames joined as this editor sees them: the very same bytes for most."""
        own = self.own.get(client_id)
        if own is None:
            return self.joined
        frames = self._frames.copy()
        for index, frame in own.items():
            frames[index] = frame
        return b"".join(frames)
