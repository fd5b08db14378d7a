"""What a peer sees of prepared frames, some of which are fragments of large messages."""

from __future__ import annotations

from websockets.frames import Opcode

__all__ = ["Messages"]


class Messages:
    """Puts the text messages of one connection together."""

    def __init__(self) -> None:
        self._text = b""

    def of(self, frames: bytes) -> list[str]:
        """The messages that end in these frames, which a server has written."""
        texts, at = [], 0
        while at < len(frames):
            first, length, begin = frames[at], frames[at + 1], at + 2
            if length > 125:
                size = 2 if length == 126 else 8
                length, begin = int.from_bytes(frames[begin : begin + size], "big"), begin + size
            assert first & 15 == (Opcode.CONT if self._text else Opcode.TEXT)
            at = begin + length
            self._text += frames[begin:at]
            if first > 127:
                texts.append(self._text.decode())
                self._text = b""
        return texts
