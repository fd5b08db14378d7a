"""Whole text frames are found without the library, and what comes out is what it would find."""

from __future__ import annotations

import random
from typing import Any

import pytest
from websockets.frames import Frame, Opcode
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from collab.server.text_frames import TextFrames

MAXIMUM_BYTES = 70_000


class Library:
    """The library's parser alone: the messages it finds, and how it ends."""

    def __init__(self) -> None:
        self.protocol = ServerProtocol(max_size=MAXIMUM_BYTES, state=OPEN)
        self.events: list[Any] = []
        self.parts: list[Frame] = []

    def feed(self, data: bytes) -> None:
        self.protocol.receive_data(data)
        for event in self.protocol.events_received():
            assert isinstance(event, Frame)
            self.take(event)

    def take(self, frame: Frame) -> None:
        if self.events[-1:] == ["not UTF-8"]:
            # The server hands on nothing after that.
            return
        if frame.opcode not in (Opcode.TEXT, Opcode.BINARY, Opcode.CONT):
            self.events.append((frame.opcode, bytes(frame.data)))
            return
        self.parts.append(frame)
        if not frame.fin:
            return
        parts, self.parts = self.parts, []
        data = b"".join(part.data for part in parts)
        if parts[0].opcode is not Opcode.TEXT:
            self.events.append(data)
            return
        try:
            self.events.append(data.decode())
        except UnicodeDecodeError:
            # What the server does with it.
            self.protocol.fail(1007)
            self.events.append("not UTF-8")

    @property
    def outcome(self) -> tuple[list[Any], bool]:
        return self.events, self.protocol.state is OPEN


class Both(Library):
    """Whole text frames by `TextFrames`, the rest by the library."""

    def __init__(self, takes_turns: bool) -> None:
        super().__init__()
        self.found = 0
        self.frames = TextFrames(MAXIMUM_BYTES, self.take_text, self.take_rest, self.is_over)
        # Whether a turn is over after each message.
        self.takes_turns = takes_turns

    def feed(self, data: bytes) -> None:
        while data:
            data = self.frames.feed(data)

    def is_over(self) -> bool:
        return self.takes_turns

    def take_text(self, text: str) -> None:
        self.found += 1
        self.events.append(text)

    def take_rest(self, data: bytes) -> None:
        super().feed(data)
        if self.protocol.state is not OPEN:
            self.frames.stop()


def text_frame(text: str | bytes, *, fin: bool = True, opcode: Opcode = Opcode.TEXT) -> bytes:
    data = text.encode() if isinstance(text, str) else text
    return Frame(opcode, data, fin).serialize(mask=True)


def outcomes(reads: list[bytes]) -> tuple[Both, Library]:
    both, one_by_one, library = Both(False), Both(True), Library()
    for read in reads:
        for each in (both, one_by_one, library):
            each.feed(read)
    assert one_by_one.outcome == both.outcome
    return both, library


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 65535, 65536, MAXIMUM_BYTES])
def test_a_text_of_any_length_comes_out_whole(size: int) -> None:
    text = "é" + "x" * (size - 2) if size > 1 else "x" * size
    both, _ = outcomes([text_frame(text) + text_frame("next")])
    assert both.events == [text, "next"]
    assert both.found == (2 if size <= 65535 else 1)


def test_every_cut_through_several_frames_gives_the_same() -> None:
    stream = (
        text_frame("one")
        + text_frame("x" * 200)
        + Frame(Opcode.PING, b"ping").serialize(mask=True)
        + text_frame("ü😀")
        + text_frame("")
    )
    expected = ["one", "x" * 200, (Opcode.PING, b"ping"), "ü😀", ""]
    for cut in range(len(stream) + 1):
        both, _ = outcomes([stream[:cut], stream[cut:]])
        assert both.events == expected
    both, _ = outcomes([stream[at : at + 1] for at in range(len(stream))])
    assert both.events == expected


def test_after_a_read_that_ended_within_a_frame_whole_ones_are_found_again() -> None:
    frame = text_frame("hello")
    both, _ = outcomes([frame[:4], frame[4:], frame * 3])
    assert both.events == ["hello"] * 4
    assert both.found >= 3


UNUSUAL = {
    "a message in parts": [
        text_frame("a", fin=False),
        text_frame("b", opcode=Opcode.CONT),
        text_frame("c"),
    ],
    "a text within a message in parts": [text_frame("a", fin=False), text_frame("b")],
    "a continuation of nothing": [text_frame("b", opcode=Opcode.CONT)],
    "binary": [text_frame(b"\x00\xff", opcode=Opcode.BINARY)],
    "no UTF-8": [text_frame(b"\xff"), text_frame("more")],
    "too long": [text_frame("x" * (MAXIMUM_BYTES + 1)), text_frame("more")],
    "a length that no machine has": [b"\x81\xff" + b"\x7f" + b"\xff" * 11, text_frame("more")],
    "a length with a sign": [b"\x81\xff" + b"\xff" * 12, text_frame("more")],
    "unmasked": [b"\x81\x02hi", text_frame("more")],
    "unmasked with a long header": [b"\x81\x7e\x00\x02hi", text_frame("more")],
    "a reserved bit": [b"\xc1" + text_frame("x")[1:], text_frame("more")],
    "an unknown opcode": [b"\x83" + text_frame("x")[1:], text_frame("more")],
    "a long ping": [b"\x89\xfe\x00\x7e\0\0\0\0" + b"x" * 126, text_frame("more")],
    "a ping in parts": [b"\x09\x81\0\0\0\0x", text_frame("more")],
    "a header longer than needed": [b"\x81\xfe\x00\x02\0\0\0\0hi", text_frame("more")],
    "a close, then more": [Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True), text_frame("x")],
    "a close that says nothing": [b"\x88\x81\0\0\0\0x", text_frame("x")],
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_unusual_comes_out_as_by_the_library(name: str) -> None:
    parts = [text_frame("first"), *UNUSUAL[name]]
    both, library = outcomes(parts)
    assert both.outcome == library.outcome
    both, library = outcomes([b"".join(parts)])
    assert both.outcome == library.outcome


def frames_of(choose: random.Random) -> list[bytes]:
    """Some frames, most of them in order."""
    frames = []
    for _ in range(choose.randint(1, 6)):
        usual = choose.random()
        if usual < 0.7:
            size = choose.choice((0, 1, 5, 60, 125, 126, 130, 300))
            frames.append(text_frame("".join(choose.choices("ab\u00e9\u20ac😀", k=size))))
        elif usual < 0.95:
            frames += UNUSUAL[choose.choice([name for name in UNUSUAL if name != "too long"])]
        else:
            frames.append(choose.randbytes(choose.randint(1, 20)))
    return frames


def reads_of(choose: random.Random, stream: bytes) -> list[bytes]:
    cuts = sorted(choose.choices(range(len(stream) + 1), k=choose.randint(0, 6)))
    return [
        stream[begin:end]
        for begin, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)
        if begin != end
    ]


def damaged(choose: random.Random, stream: bytes) -> bytes:
    """The same with a byte changed now and then."""
    if choose.random() < 0.7:
        return stream
    at = choose.randrange(len(stream))
    return stream[:at] + bytes((choose.randrange(256),)) + stream[at + 1 :]


@pytest.mark.parametrize("seed", range(8))
def test_any_stream_in_any_reads_gives_what_the_library_finds(seed: int) -> None:
    choose = random.Random(seed)
    found = 0
    for _ in range(500):
        stream = damaged(choose, b"".join(frames_of(choose)))
        reads = reads_of(choose, stream)
        both, library = outcomes(reads)
        assert both.outcome == library.outcome, reads
        found += both.found
    assert found > 200
