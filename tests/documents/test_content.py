from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from collab.documents.content import (
    decode_content,
    encode_buffer,
    encode_content,
    fill_buffer,
    to_bytes,
    to_text,
)
from collab.frames import encode_json
from collab.ot import get_type
from collab.ot.gradual import PIECE


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


async def test_others_have_their_turn_while_a_long_list_is_encoded_and_decoded() -> None:
    content = [{"number": number} for number in range(100_000)]
    for work in (encode_content(content), decode_content(encode_json(content))):
        working = asyncio.ensure_future(work)
        turns = 0
        while not working.done():
            await asyncio.sleep(0)
            turns += 1
        assert turns >= 10
        assert await working in (content, encode_json(content))


@pytest.mark.parametrize("text", ["x" * 600_000, "字é😀" * 300_000, ""])
async def test_a_long_text_is_brought_to_bytes_and_back(text: str) -> None:
    data = await to_bytes(text)
    assert data == text.encode()
    assert await to_text(data) == text


@pytest.mark.parametrize(
    ("doc_type", "content", "size"),
    [
        ("text", "字é😀" * 600_000, 4 * 600_000),
        ("json", {"numbers": [7] * 500_000, "é": None}, 1_000_023),
        ("richtext", {"ops": [{"insert": {"hr": 1}}] * 20_000}, 20_000 * 9),
    ],
)
async def test_large_content_is_put_into_a_buffer_in_turns(
    doc_type: str, content: object, size: int
) -> None:
    filling = asyncio.ensure_future(fill_buffer(get_type(doc_type), content))
    await asyncio.sleep(0)
    assert not filling.done()
    buffer = await filling
    assert (buffer.size, buffer.content()) == (size, content)
    assert buffer.size == get_type(doc_type).buffer(content).size


@pytest.mark.parametrize("doc_type", ["json", "richtext"])
async def test_what_is_encoded_does_not_change_with_an_edit_meanwhile(doc_type: str) -> None:
    kind = get_type(doc_type)
    if doc_type == "json":
        content: Any = {"items": [[number] for number in range(50_000)]}
        edit: Any = [{"p": ["items", 49_999, 0], "na": 1}, {"p": ["new"], "oi": True}]
    else:
        runs = [{"insert": "ab"}, {"insert": "c", "attributes": {"bold": True}}]
        content = {"ops": runs * 20_000}
        edit = {"ops": [{"retain": 59_990}, {"insert": "x"}, {"delete": 2}]}
    buffer = kind.buffer(content)
    buffer.apply(kind.normalize(edit))
    before = encode_json(kind.apply(content, kind.normalize(edit)))
    encoding = asyncio.ensure_future(encode_buffer(buffer))
    await asyncio.sleep(0)
    assert not encoding.done()
    buffer.apply(kind.normalize(edit if doc_type == "richtext" else edit[:1]))
    assert (await encoding).decode() == before
    assert encode_json(buffer.content()) != before
