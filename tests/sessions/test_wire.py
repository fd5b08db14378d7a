"""WireData frames are what the websockets library would have written."""

from __future__ import annotations

import pytest
from websockets.frames import Frame, Opcode

from collab.frames import Ack
from collab.sessions.wire import Batch, encode_frame, encode_text_frame, texts_of


@pytest.mark.parametrize("length", [0, 1, 125, 126, 127, 128, 65535, 65536, 70_000])
def test_every_length_is_framed_as_the_library_frames_it(length: int) -> None:
    text = "é" * (length // 2) + "x" * (length % 2)
    frame = encode_text_frame(text)
    assert frame == Frame(Opcode.TEXT, text.encode()).serialize(mask=False)
    assert list(texts_of(frame)) == [text]


def test_joined_frames_come_apart_again() -> None:
    texts = ["", "x", "y" * 200, "z" * 70_000, '{"a":1}']
    assert list(texts_of(b"".join(map(encode_text_frame, texts)))) == texts
    assert list(texts_of(b"")) == []


def test_a_server_frame_is_prepared_as_its_json() -> None:
    assert list(texts_of(encode_frame(Ack(1, 2)))) == ['{"type":"ack","id":1,"version":2}']


def test_a_batch_is_the_same_bytes_for_all_who_have_nothing_of_their_own_in_it() -> None:
    batch = Batch([b"1", b"2", b"3", b"4"], {"a": {1: b"A"}, "b": {0: b"", 3: b"B"}})
    assert batch.for_client("x") == b"1234"
    assert batch.for_client("x") is batch.for_client("y")
    assert batch.for_client("a") == b"1A34"
    assert batch.for_client("b") == b"23B"
    assert len(batch) == 4
