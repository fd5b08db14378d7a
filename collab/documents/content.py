"""A document's content as JSON text, written and read without holding up everybody else."""

from __future__ import annotations

import codecs
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

from ..limits.budget import next_turn
from ..ot import Buffer, OperationType
from ..ot.gradual import PIECE, decoding, pieces
from ..ot.release import releasing

__all__ = [
    "Encoded",
    "decode_content",
    "encode_buffer",
    "encode_content",
    "fill_buffer",
    "let_go",
    "let_go_of",
    "to_bytes",
    "to_text",
]

T = TypeVar("T")

TURN_BYTES = 65536
"""So many bytes are written in one turn of the event loop: well under a millisecond."""


class Encoded:
    """The content of one version as JSON, shared by all who wait for it; and the checksum of that
    version, if it is known."""

    __slots__ = ("__weakref__", "checksum", "data", "version")

    def __init__(self, data: bytes, version: int, checksum: int | None = None) -> None:
        self.data = data
        self.version = version
        self.checksum = checksum


async def encode_content(content: Any) -> str:
    """The JSON text of `content`, which must not change meanwhile."""
    return await to_text(await _joined(pieces(content)))


async def to_bytes(text: str) -> bytes:
    """A text in UTF-8."""
    if text.isascii():
        return text.encode()
    return await _joined(
        text[begin : begin + PIECE].encode() for begin in range(0, len(text), PIECE)
    )


async def to_text(data: bytes) -> str:
    """The text that is this UTF-8."""
    if data.isascii():
        return data.decode()
    decoder = codecs.getincrementaldecoder("utf-8")()
    found = []
    for begin in range(0, len(data), PIECE):
        found.append(decoder.decode(data[begin : begin + PIECE]))
        await next_turn()
    found.append(decoder.decode(b"", final=True))
    return "".join(found)


async def encode_buffer(buffer: Buffer) -> bytes:
    """The JSON text of a buffer's content as it is now, in UTF-8; it may be edited meanwhile."""
    own = getattr(buffer, "pieces", None)
    return await _joined(pieces(buffer.content()) if own is None else own())


async def _joined(written: Iterator[bytes]) -> bytes:
    found = []
    size = 0
    for piece in written:
        found.append(piece)
        size += len(piece)
        if size >= TURN_BYTES:
            size = 0
            await next_turn()
    return b"".join(found)


async def decode_content(text: str) -> Any:
    """The value of a JSON text."""
    return await _ended(decoding(text))


async def fill_buffer(doc_type: OperationType, content: Any) -> Buffer:
    """A buffer that holds checked content."""
    filling = getattr(doc_type, "filling", None)
    return doc_type.buffer(content) if filling is None else await _ended(filling(content))


async def let_go(buffer: Buffer) -> None:
    """Free what a buffer holds that is used no more."""
    steps = getattr(buffer, "releasing", None)
    if steps is not None:
        await _ended(steps())


async def let_go_of(values: list[Any]) -> None:
    """Free plain values that a list of the caller's own holds, as far as nobody else does."""
    await _ended(releasing(values))


async def _ended(steps: Generator[None, None, T]) -> T:
    """What the steps come to; after each of them all others have a turn."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            value: T = end.value
            return value
        await next_turn()
