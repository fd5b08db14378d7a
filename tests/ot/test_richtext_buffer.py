"""A long rich text that is edited in place."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec
import pytest

from collab.errors import InvalidOperation
from collab.ot import get_type, richtext_buffer
from collab.ot.richtext_buffer import RichTextBuffer

from .richtext_cases import RichTextCases, richtext_of

richtext = get_type("richtext")
LINE = [
    {"insert": "Heading 😀"},
    {"insert": "\n", "attributes": {"header": 1}},
    {"insert": "plain text, then ", "attributes": {"font": "serif"}},
    {"insert": "bold", "attributes": {"bold": True, "font": "serif"}},
    {"insert": {"image": "picture.png"}, "attributes": {"width": 100}},
    {"insert": "\n"},
]
CASES = RichTextCases()


def at(offset: int, *changes: dict[str, Any]) -> dict[str, Any]:
    return richtext.normalize({"ops": [{"retain": offset}, *changes]})


def spread(random: Random, size: int) -> dict[str, Any]:
    """Changes at several places far from each other."""
    components: list[dict[str, Any]] = []
    while size > 0:
        here = random.choice([1, 3, 400, 5000])
        size -= here + 30
        components += [{"retain": here}, {"insert": random.choice(["x", "é😀\n", {"hr": 1}])}]
        if size > 0:
            components.append({"retain": 14, "attributes": {"bold": random.choice([True, None])}})
            components.append({"delete": random.choice([1, 16])})
    return richtext.normalize({"ops": components})


@pytest.mark.parametrize("chunk", [1, 70, 200, 2048])
def test_chunks_of_any_size_hold_what_applying_gives(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(richtext_buffer, "CHUNK", chunk)
    random = Random(chunk)
    for _ in range(100):
        content = richtext_of(random.randbytes(random.randint(0, 60)))
        buffer = RichTextBuffer(content)
        for _ in range(30):
            whose = content
            if random.random() < 0.1:
                whose = {"ops": [*content["ops"], {"insert": "x😀"}]}
            operation = richtext.normalize(CASES.operation(whose, random.randbytes(80)))
            try:
                expected = richtext.apply(content, operation)
            except InvalidOperation:
                with pytest.raises(InvalidOperation):
                    buffer.apply(operation)
            else:
                assert buffer.size_after(operation) == RichTextBuffer(expected).size
                buffer.apply(operation)
                content = expected
            assert buffer.content() == content
            assert buffer.size == RichTextBuffer(content).size


def test_typing_formatting_and_erasing_at_random_places_of_a_long_text() -> None:
    random, content = Random(1), richtext.create({"ops": LINE * 300})
    buffer = RichTextBuffer(content)
    for step in range(600):
        length = CASES.length(content)
        offset = random.randint(0, length)
        count = min(random.choice([1, 10, 3000]), length - offset)
        bold = {"bold": random.choice([True, None])}
        change: dict[str, Any] = random.choice(
            [
                {"insert": "x"},
                {"insert": "paragraph\n" * 300, "attributes": {"list": "bullet"}},
                {"insert": {"image": "new.png"}},
                {"retain": count, "attributes": bold},
                {"delete": count},
            ]
        )
        operation = spread(random, length - 20000) if step % 50 == 0 else at(offset, change)
        try:
            expected = richtext.apply(content, operation)
        except InvalidOperation:
            with pytest.raises(InvalidOperation):
                buffer.apply(operation)
            continue
        buffer.apply(operation)
        content = expected
        assert buffer.size == RichTextBuffer(content).size
        if step % 20 == 0:
            assert buffer.content() == content
    assert buffer.content() == content


def test_all_of_a_long_text_is_deleted_and_written_anew() -> None:
    content = richtext.create({"ops": LINE * 300})
    buffer = RichTextBuffer(content)
    buffer.apply({"ops": [{"delete": CASES.length(content)}]})
    assert (buffer.content(), buffer.size) == ({"ops": []}, 0)
    buffer.apply(content)
    assert buffer.content() == content
    assert buffer.size == RichTextBuffer(content).size


def test_the_size_counts_text_embeds_and_the_attributes_of_each_stretch() -> None:
    buffer = RichTextBuffer(richtext.create())
    assert buffer.size == 0
    buffer.apply({"ops": [{"insert": "a😀"}]})
    assert buffer.size == 3
    buffer.apply({"ops": [{"retain": 1, "attributes": {"b": 1}}]})
    assert buffer.size == 3 + len('{"b":1}')
    buffer.apply({"ops": [{"retain": 1}, {"insert": "long", "attributes": {"b": 1}}]})
    assert buffer.size == 7 + len('{"b":1}')
    buffer.apply({"ops": [{"insert": {"image": "x"}}]})
    assert buffer.size == 8 + len('{"b":1}') + len('{"image":"x"}')


def test_size_after_changes_nothing() -> None:
    content = richtext.create({"ops": LINE})
    buffer = RichTextBuffer(content)
    operation = at(3, {"insert": "x"}, {"retain": 12, "attributes": {"bold": True}})
    size = buffer.size_after(operation)
    assert buffer.content() == content
    assert buffer.size == RichTextBuffer(content).size
    buffer.apply(at(0, {"insert": "before!"}))
    assert buffer.size_after(operation) != size


def test_pieces_are_the_text_of_the_content_and_filling_makes_the_same_buffer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(richtext_buffer, "CHUNK", 70)
    monkeypatch.setattr(richtext_buffer, "RUNS_OF_TURN", 3)
    random = Random(5)
    for _ in range(100):
        content = richtext_of(random.randbytes(random.randint(0, 80)))
        content = richtext.create({"ops": [*content["ops"], *LINE]})
        buffer = filled(content)
        assert buffer.size == RichTextBuffer(content).size
        for _ in range(5):
            operation = richtext.normalize(CASES.operation(content, random.randbytes(80)))
            try:
                content = richtext.apply(content, operation)
            except InvalidOperation:
                continue
            buffer.apply(operation)
            text = b"".join(buffer.pieces())
            assert msgspec.json.decode(text) == content
            assert text == msgspec.json.encode(buffer.content())
            assert buffer.size == RichTextBuffer(content).size


def filled(content: dict[str, Any]) -> RichTextBuffer:
    steps = RichTextBuffer.filling(content, 100)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value
