"""A document's content as JSON text, encoded without holding up everybody else."""

from __future__ import annotations

import asyncio
from typing import Any

from ..frames import encode_json

__all__ = ["encode_content"]

PIECE = 262_144
"""Characters that are encoded at a time: well under a millisecond."""


async def encode_content(content: Any) -> str:
    """The JSON text of `content`. While a long string is encoded, the event loop takes turns.

    What is no string is encoded in one go, since it may change meanwhile.
    """
    if not isinstance(content, str) or len(content) <= PIECE:
        return encode_json(content)
    pieces = ['"']
    for begin in range(0, len(content), PIECE):
        pieces.append(encode_json(content[begin : begin + PIECE])[1:-1])
        await asyncio.sleep(0)
    pieces.append('"')
    return "".join(pieces)
