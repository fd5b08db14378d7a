"""Frames made ready once, to be written to any number of readers.

A prepared frame is the WebSocket frame of a text message as a server sends it (RFC 6455, section
5.2): unmasked, in one piece, uncompressed. WireData frames may be joined; the reader sees separate
messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from ..frames import ServerFrame, encode_bytes

__all__ = [
    "FRAGMENT_BYTES",
    "Batch",
    "LargeMessage",
    "WireData",
    "encode_frame",
    "encode_text_frame",
    "parts_of",
    "texts_of",
]

FINAL = 0x80
TEXT = 0x01
CONTINUATION = 0x00
FINAL_TEXT = FINAL | TEXT

FRAGMENT_BYTES = 65536
"""The most of a large message that is handed to a socket at once."""

SHORT_BYTES = 125
MEDIUM_BYTES = 65535
MEDIUM = 126
LONG = 127
# The header of each payload length that fits into two bytes of header.
_SHORT = tuple(bytes((FINAL_TEXT, length)) for length in range(SHORT_BYTES + 1))
_MEDIUM = bytes((FINAL_TEXT, MEDIUM))
_LONG = bytes((FINAL_TEXT, LONG))


def encode_frame(frame: ServerFrame) -> bytes:
    """The prepared frame of `frame`."""
    return _framed(encode_bytes(frame))


def encode_text_frame(text: str) -> bytes:
    """The prepared frame of a text message."""
    return _framed(text.encode())


def _framed(payload: bytes, first: int = FINAL_TEXT) -> bytes:
    length = len(payload)
    if first != FINAL_TEXT:
        return bytes((first,)) + _framed(payload)[1:]
    if length <= SHORT_BYTES:
        return _SHORT[length] + payload
    if length <= MEDIUM_BYTES:
        return b"%b%b%b" % (_MEDIUM, length.to_bytes(2, "big"), payload)
    return b"%b%b%b" % (_LONG, length.to_bytes(8, "big"), payload)


class LargeMessage:
    """A text message that is written in fragments, as its reader takes them.

    Args:
        pieces: what its text is made of, in UTF-8; they are shared, not copied.
        on_written: called, maybe more than once, when the message need be held no longer.
    """

    __slots__ = ("_on_written", "_pieces")

    def __init__(
        self, pieces: Sequence[bytes | memoryview], on_written: Callable[[], None] = lambda: None
    ) -> None:
        self._pieces = pieces
        self._on_written = on_written

    def __len__(self) -> int:
        """Bytes of its text."""
        return sum(map(len, self._pieces))

    def fragments(self) -> Iterator[bytes]:
        """Its frames, of at most `FRAGMENT_BYTES` of text each; between two of them control frames
        may be written."""
        parts = [
            (piece, begin)
            for piece in self._pieces
            for begin in range(0, len(piece), FRAGMENT_BYTES)
        ]
        for index, (piece, begin) in enumerate(parts):
            first = TEXT if index == 0 else CONTINUATION
            final = FINAL if index == len(parts) - 1 else 0
            yield _framed(bytes(piece[begin : begin + FRAGMENT_BYTES]), first | final)

    def text(self) -> str:
        """All of it, for a WebSocket that makes its own frames."""
        return b"".join(self._pieces).decode()

    def written(self) -> None:
        self._on_written()


WireData = bytes | LargeMessage


def texts_of(frames: bytes) -> Iterator[str]:
    """The text messages of joined prepared frames, for a WebSocket that makes its own frames."""
    for _, payload, end in _positions(frames):
        yield frames[payload:end].decode()


def parts_of(frames: WireData) -> Iterator[bytes]:
    """Joined prepared frames, in parts: a frame that is large in fragments."""
    if isinstance(frames, LargeMessage):
        yield from frames.fragments()
        return
    if len(frames) <= FRAGMENT_BYTES:
        yield frames
        return
    for begin, payload, end in _positions(frames):
        if end - begin > FRAGMENT_BYTES:
            yield from LargeMessage([memoryview(frames)[payload:end]]).fragments()
        else:
            yield frames[begin:end]


def _positions(frames: bytes) -> Iterator[tuple[int, int, int]]:
    """Of each frame, where it, its payload and the next one begin."""
    at = 0
    while at < len(frames):
        length, payload = frames[at + 1], at + 2
        if length == MEDIUM:
            length, payload = int.from_bytes(frames[payload : payload + 2], "big"), payload + 2
        elif length == LONG:
            length, payload = int.from_bytes(frames[payload : payload + 8], "big"), payload + 8
        yield at, payload, payload + length
        at = payload + length


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
