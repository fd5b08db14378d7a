"""A long text that is edited in place."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from collab.errors import InvalidOperation
from collab.ot import get_type, text_buffer
from collab.ot.text_buffer import TextBuffer
from collab.ot.utf16 import length

from .choices import text_of
from .text_cases import TextCases

text = get_type("text")
LONG = "abcdefg\n" * 2000


def at(offset: int, *changes: dict[str, Any]) -> dict[str, Any]:
    return text.normalize({"ops": [{"retain": offset}, *changes]})


@pytest.mark.parametrize("chunk", [1, 2, 5, 2048])
def test_chunks_of_any_size_hold_what_applying_gives(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(text_buffer, "CHUNK", chunk)
    random, cases = Random(chunk), TextCases()
    for _ in range(100):
        content = text_of(random.randbytes(random.randint(0, 60)))
        buffer = TextBuffer(content)
        for _ in range(30):
            whose = content if random.random() < 0.9 else content + "x😀"
            operation = text.normalize(cases.operation(whose, random.randbytes(80)))
            try:
                expected = text.apply(content, operation)
            except InvalidOperation:
                with pytest.raises(InvalidOperation):
                    buffer.apply(operation)
            else:
                buffer.apply(operation)
                content = expected
            assert buffer.content() == content
            assert buffer.size == length(content)


def test_typing_and_erasing_at_random_places_of_a_long_text() -> None:
    random, content = Random(1), LONG
    buffer = TextBuffer(content)
    for step in range(3000):
        offset = random.randint(0, len(content) - 1)
        if random.random() < 0.5:
            operation = at(offset, {"insert": random.choice(["x", "é", "paragraph\n" * 300])})
        else:
            count = min(random.choice([1, 10, 3000]), len(content) - offset)
            operation = at(offset, {"delete": count})
        content = text.apply(content, operation)
        buffer.apply(operation)
        assert buffer.size == len(content)
        if step % 100 == 0:
            assert buffer.content() == content
    assert buffer.content() == content


def test_an_error_in_the_last_component_leaves_the_text_as_it_was() -> None:
    buffer = TextBuffer(LONG)
    changes: list[dict[str, Any]] = [
        {"insert": "x"},
        {"delete": 5000},
        {"retain": 1},
        {"insert": "y"},
        {"delete": 10**9},
    ]
    with pytest.raises(InvalidOperation, match="beyond the end") as refusal:
        buffer.apply(at(3, *changes))
    assert (refusal.value.component, refusal.value.offset) == (5, 5004)
    assert buffer.content() == LONG
    assert buffer.size == len(LONG)


def test_everything_is_deleted_and_written_again() -> None:
    buffer = TextBuffer(LONG)
    buffer.apply({"ops": [{"delete": len(LONG)}]})
    assert (buffer.content(), buffer.size) == ("", 0)
    buffer.apply({"ops": [{"insert": "again 😀"}]})
    assert (buffer.content(), buffer.size) == ("again 😀", 8)


def test_a_keystroke_copies_one_chunk_of_a_long_text() -> None:
    buffer = TextBuffer(LONG * 100)
    before = list(buffer._chunks)
    buffer.apply(at(len(LONG) * 50, {"insert": "x"}))
    replaced = [one for one, other in zip(before, buffer._chunks, strict=True) if one is not other]
    assert len(replaced) == 1


def test_deleting_across_a_chunks_edge_does_not_count_all_chunks_anew() -> None:
    buffer = TextBuffer(LONG)
    sums = buffer._sums
    buffer.apply(at(text_buffer.CHUNK - 3, {"delete": 6}))
    assert buffer._sums is sums
    assert buffer.content() == LONG[: text_buffer.CHUNK - 3] + LONG[text_buffer.CHUNK + 3 :]


def test_chunks_stay_few_when_a_text_grows_and_shrinks() -> None:
    buffer, random = TextBuffer(""), Random(1)
    for _ in range(2000):
        buffer.apply(at(random.randint(0, buffer.size), {"insert": "x" * 3000}))
        count = min(buffer.size, random.choice([1000, 3000, 4500]))
        offset = random.randint(0, buffer.size - count)
        buffer.apply(at(offset, {"delete": count}))
    assert len(buffer._chunks) <= 2 * buffer.size // 2048 + 100


def test_a_large_insert_is_cut_into_chunks() -> None:
    buffer = TextBuffer(LONG)
    buffer.apply(at(7, {"insert": "😀é" * 500_000}))
    assert buffer.size == len(LONG) + 1_500_000
    assert max(map(len, buffer._chunks)) <= 2 * text_buffer.CHUNK
    assert buffer.content() == LONG[:7] + "😀é" * 500_000 + LONG[7:]


def test_the_content_is_joined_once() -> None:
    buffer = TextBuffer(LONG)
    buffer.apply(at(9000, {"insert": "x"}))
    assert buffer.content() is buffer.content()
