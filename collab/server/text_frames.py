"""Finding whole text messages in what a peer sends (RFC 6455, section 5.2).

Nearly all that an editor sends is short text in one frame. That is found here in a few steps; all
else goes on to the library's parser as it came: what is fragmented, cut by the end of a read,
longer than 64 KiB, a control frame, or wrong.
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
# By what stands in the place of the length: how many bytes hold it in truth.
LENGTH_BYTES = {MEDIUM: 2, LONG: 8}
LONGEST_HEADER_BYTES = 2 + 8 + MASK_BYTES
# Text, binary, close, ping and pong in one piece: what a frame may begin with.
USUAL = frozenset((0x81, 0x82, 0x88, 0x89, 0x8A))


class TextFrames:
    """Splits what one peer sends into text messages and the rest, keeping their order.

    Args:
        max_bytes: a longer message is left to the rest.
        on_text: is given each message that lies whole in what is fed.
        on_rest: is given everything else, never a part of it twice. Where one frame ends and the
            next begins is kept track of meanwhile, until that can't be told any more or `stop` is
            called: from then on it gets all.
        is_over: asked after each message whether the rest has to wait for another turn.

    Bound: it holds back at most an unfinished header, 9 bytes.
    """

    __slots__ = ("_head", "_is_over", "_is_stopped", "_maximum", "_on_rest", "_on_text", "_owed")

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
        self._head = b""
        # How much of a frame that was passed on in part has still to come.
        self._owed = 0
        self._is_stopped = False

    def stop(self) -> None:
        self._is_stopped = True

    def feed(self, data: bytes) -> bytes:
        """Take the next bytes; both functions are called before it returns.

        Returns:
            What has to be fed again, before what comes next: none, unless the turn was over.
        """
        at = 0
        end = len(data)
        if self._owed or self._head:
            data, at = self._go_on(data)
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
                    # One that would have fitted into a shorter header is not sent by anybody sane.
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
            at = self._pass_on(data, at)
        return b""

    def _go_on(self, data: bytes) -> tuple[bytes, int]:
        """What was begun: the data with a header put before it, and where the next frame is."""
        if self._head:
            head, self._head = self._head, b""
            return head + data, 0
        part = min(self._owed, len(data))
        self._owed -= part
        self._on_rest(data[:part])
        return data, part

    def _pass_on(self, data: bytes, at: int) -> int:
        """Give the frame at `at` to the rest; where the next one is."""
        end = len(data)
        if self._is_stopped:
            self._on_rest(data[at:])
            return end
        size = _frame_bytes(data, at)
        is_usual = data[at] in USUAL and (end - at < 2 or data[at + 1] & MASKED)
        if size is None and is_usual:
            self._head = data[at:]
            return end
        if size is None or not is_usual or size > self._maximum + LONGEST_HEADER_BYTES:
            self.stop()
            self._on_rest(data[at:])
            return end
        stop = min(at + size, end)
        self._owed = at + size - stop
        self._on_rest(data[at:stop])
        return stop


def _frame_bytes(data: bytes, at: int) -> int | None:
    """How long the frame at `at` is, its header included; None if that can't be read yet."""
    if len(data) - at < 2:
        return None
    length = data[at + 1] & ~MASKED
    extended = LENGTH_BYTES.get(length, 0)
    if len(data) - at < 2 + extended:
        return None
    if extended:
        length = int.from_bytes(data[at + 2 : at + 2 + extended], "big")
    return 2 + extended + MASK_BYTES + length
