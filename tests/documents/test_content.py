from __future__ import annotations

import asyncio
import json

import pytest

from collab.documents.content import PIECE, encode_content
from collab.frames import encode_json


@pytest.mark.parametrize("content", ["", 'short "é😀"\n', {"ops": [{"insert": "x"}]}, [1, None]])
async def test_content_is_encoded_as_json(content: object) -> None:
    assert await encode_content(content) == encode_json(content)


async def test_a_long_text_is_the_same_as_if_encoded_at_once() -> None:
    content = ('"\\\n\u2028é😀 plain ' * (PIECE // 5))[: 3 * PIECE + 1]
    encoded = await encode_content(content)
    assert encoded == encode_json(content)
    assert json.loads(encoded) == content


async def test_others_have_their_turn_while_a_long_text_is_encoded() -> None:
    encoding = asyncio.ensure_future(encode_content("x" * (10 * PIECE)))
    turns = 0
    while not encoding.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns >= 10
