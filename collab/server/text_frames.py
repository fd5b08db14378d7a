"""A fast path for unfragmented text messages (RFC 6455, section 5.2).

Nearly every message of an editor is a short text in one frame, which is decoded here. All other
bytes go to the library's parser unchanged: fragmented messages, frames that a read cut off, frames
longer than 64 KiB, control frames and invalid frames.
"""

from __future__ import annotations

from collections.abc import Callable

try:
    from websockets.speedups import apply_mask
except ImportError:
    from websockets.utils import apply_mask

__all__ = ["TextFrames"]

FINAL_TEXT = 0x81
MASKED = 0x80
MEDIUM = 126
LONG = 127
MASK_BYTES = 4
SHORT_HEADER_BYTES = 2 + MASK_BYTES
# Bytes of the extended payload length, by the value of the 7-bit length field.
LENGTH_BYTES = {MEDIUM: 2, LONG: 8}
LONGEST_HEADER_BYTES = 2 + 8 + MASK_BYTES
# First bytes of a frame with FIN set: text, binary, close, ping and pong.
FIRST_BYTES = frozenset((0x81, 0x82, 0x88, 0x89, 0x8A))


class TextFrames:
    """Splits the bytes of one peer into text messages and the rest, in order.

    Args:
        max_bytes: longer messages go to `on_rest`.
        on_text: called with each text message that one `feed` contains entirely.
        on_rest: called with all other bytes, each of them once. Frame boundaries are tracked until
            an invalid header arrives or `stop` is called. After that it is called with all bytes.
        is_over: called after each message; returns whether the rest must wait for another turn.

    Bound: at most an incomplete header of 9 bytes is buffered.
    """

    __slots__ = (
        "_header",
        "_is_over",
        "_is_stopped",
        "_maximum",
        "_on_rest",
        "_on_text",
        "_remaining",
    )

    def __init__(
        self,
        max_bytes: int,
        on_text: Callable[[str], None],
        on_rest: Callable[[bytes], None],
        is_over: Callable[[], bool],
    ) -> None:
        self._maximum = max_bytes
        self._on_text = on_text
        self._on_rest = on_rest
        self._is_over = is_over
        self._header = b""
        # Bytes of a partly forwarded frame that have not arrived yet.
        self._remaining = 0
        self._is_stopped = False

    def stop(self) -> None:
        self._is_stopped = True

    def feed(self, data: bytes) -> bytes:
        """Process the next bytes; the callbacks run before it returns.

        Returns:
            Bytes to feed again before the next ones. Empty unless the turn was over.
        """
        at = 0
        end = len(data)
        if self._remaining or self._header:
            data, at = self._continue_frame(data)
            end = len(data)
        while at < end:
            if at and self._is_over():
                return data[at:]
            begin = at + SHORT_HEADER_BYTES
            if begin <= end and data[at] == FINAL_TEXT and not self._is_stopped:
                length = data[at + 1] ^ MASKED
                if length == MEDIUM and begin + 2 <= end:
                    length = data[at + 2] << 8 | data[at + 3]
                    begin += 2
                    # RFC 6455 requires the shortest encoding of the length.
                    if length < MEDIUM:
                        length = self._maximum + 1
                elif length >= MEDIUM:
                    length = self._maximum + 1
                stop = begin + length
                if stop <= end and length <= self._maximum:
                    payload = apply_mask(data[begin:stop], data[begin - MASK_BYTES : begin])
                    try:
                        text = payload.decode()
                    except UnicodeDecodeError:
                        pass
                    else:
                        self._on_text(text)
                        at = stop
                        continue
            at = self._forward(data, at)
        return b""

    def _continue_frame(self, data: bytes) -> tuple[bytes, int]:
        """Continue an incomplete frame; returns the data, with a buffered header put before it,
        and the offset of the next frame."""
        if self._header:
            head, self._header = self._header, b""
            return head + data, 0
        part = min(self._remaining, len(data))
        self._remaining -= part
        self._on_rest(data[:part])
        return data, part

    def _forward(self, data: bytes, at: int) -> int:
        """Pass the frame at `at` to `on_rest`; returns the offset of the next frame."""
        end = len(data)
        if self._is_stopped:
            self._on_rest(data[at:])
            return end
        size = _frame_bytes(data, at)
        is_valid = data[at] in FIRST_BYTES and (end - at < 2 or data[at + 1] & MASKED)
        if size is None and is_valid:
            self._header = data[at:]
            return end
        if size is None or not is_valid or size > self._maximum + LONGEST_HEADER_BYTES:
            self.stop()
            self._on_rest(data[at:])
            return end
        stop = min(at + size, end)
        self._remaining = at + size - stop
        self._on_rest(data[at:stop])
        return stop


def _frame_bytes(data: bytes, at: int) -> int | None:
    """The size of the frame at `at`, header included; None if the header is incomplete."""
    if len(data) - at < 2:
        return None
    length = data[at + 1] & ~MASKED
    extended = LENGTH_BYTES.get(length, 0)
    if len(data) - at < 2 + extended:
        return None
    if extended:
        length = int.from_bytes(data[at + 2 : at + 2 + extended], "big")
    return 2 + extended + MASK_BYTES + length
