"""JSON text that is written and read in small steps is what it is at once."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
import pytest

from collab.ot import gradual
from collab.ot.gradual import decoding, pieces

SCALARS = [None, True, 0, -7, 2**53 - 1, -2.5, 1e300, "", 'a"\\\n\u0001é😀']


def drawn(random: Random, depth: int) -> Any:
    kind = random.random() if depth else 0
    if kind < 0.3:
        scalar = random.choice(SCALARS)
        return scalar * random.randint(0, 30) if type(scalar) is str else scalar
    count = random.choice([0, 1, 3, 8])
    if kind < 0.65:
        return [drawn(random, depth - 1) for _ in range(count)]
    names = ["a", "b" * 50, 'c"\\', "é", ""]
    return {random.choice(names) * 2: drawn(random, depth - 1) for _ in range(count)}


def read(text: str) -> tuple[Any, int]:
    """The value, and how many steps it took."""
    steps = decoding(text)
    taken = 0
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, taken
        taken += 1


@pytest.mark.parametrize("window", [7, 16, 40, 200])
def test_any_value_is_written_and_read_as_at_once(
    window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradual, "WINDOW", window)
    monkeypatch.setattr(gradual, "PIECE", max(8, window // 2))
    monkeypatch.setattr(gradual, "PIECE_BYTES", window)
    monkeypatch.setattr(gradual, "FEW", 2)
    random = Random(window)
    for _ in range(150):
        value = drawn(random, 5)
        text = msgspec.json.encode(value)
        assert b"".join(pieces(value)) == text
        assert msgspec.json.encode(read(text.decode())[0]) == text


@pytest.mark.parametrize("window", [7, 40])
def test_text_that_is_not_compact_is_read_and_what_is_no_json_refused(
    window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradual, "WINDOW", window)
    monkeypatch.setattr(gradual, "PIECE", 8)
    random = Random(window)
    for _ in range(150):
        text = msgspec.json.encode(drawn(random, 4)).decode()
        cut = random.randint(0, len(text))
        for changed in (
            text[:cut],
            text[:cut] + random.choice(',]}:"\\ 1') + text[cut:],
            text.replace(",", " ,\n").replace(":", ": "),
        ):
            assert outcome(read_value, changed) == outcome(msgspec.json.decode, changed)


def read_value(text: str) -> Any:
    return read(text)[0]


def outcome(function: Callable[[str], Any], text: str) -> Any:
    try:
        return msgspec.json.encode(function(text))
    except msgspec.DecodeError:
        return "refused"


@pytest.mark.parametrize(
    "value",
    [
        list(range(200_000)),
        {f"key {number}": number for number in range(50_000)},
        {"ops": [{"insert": "x", "attributes": {"n": number}} for number in range(30_000)]},
        [[[number, [None]] for number in range(60_000)]],
        {"rows": [[0] * 1000] * 500},
        '\\"é' * 500_000,
        {"text": "x" * 2_000_000},
    ],
    ids=["numbers", "members", "stretches", "nested", "rows", "escapes", "long text"],
)
def test_a_large_value_takes_many_small_steps(value: Any) -> None:
    text = msgspec.json.encode(value)
    written = list(pieces(value))
    assert max(map(len, written)) <= len(text) / 3
    found, steps = read(text.decode())
    assert found == value
    assert steps >= len(text) // (2 * gradual.PIECE)


def test_what_stands_deep_is_read_in_small_steps_too() -> None:
    value: Any = [1] * 200_000
    for _ in range(30):
        value = {"in": [value]}
    found, steps = read(msgspec.json.encode(value).decode())
    assert found == value
    assert steps > 10
