"""Frames made wrong: in what they say, and in how it is spelled."""

from __future__ import annotations

import json
from random import Random
from typing import Any

from tests.ot.choices import Choices
from tests.ot.json_values import misshape, value_of

__all__ = ["misspell", "mistake", "spell"]

KEYS = ["type", "id", "version", "operation", "cursor", "data", "anchor", "head", "ops", "p"]
KEYS += ["insert", "retain", "delete", "attributes", "__proto__", "constructor", "", "\x00"]
NUMBERS = ["1e400", "-1e400", "1e-400", "1" + "0" * 5000, "-1", "-0", "01", "1.0", "1e0", "0.5"]
NUMBERS += ["9007199254740991", "9007199254740992", "18446744073709551616", "1E5", "+1", ".5", "1."]
NUMBERS += ["NaN", "Infinity", "-Infinity", "0x10", "1_000", "9" * 400 + ".5", "5e-324"]
TEXTS = ['"\\ud83d"', '"\\ude00\\ud83d"', '"\\u0000"', '"\\u00e9"', '"\\x41"', '"\\', '"\x00"', '"']
TEXTS += ['"\n"', "'a'", '"\\ud83d\\ude00"', '"\u2028"', '"\U0001f600"', "tru", "null", "nul", "{}"]
TEXTS += ["[]", "[[[[]]]]", '{"a":{"a":{"a":1}}}', "{]", "/**/1", "1,", ",", ":", '{"a"}', "true"]
NOISE = [b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\x00", b"\xe2\x82", b"\x80"]
BOM = b"\xef\xbb\xbf"


def spell(value: Any) -> bytes:
    """JSON text of a value, which may hold what JSON has no word for."""
    return json.dumps(value).encode()


def mistake(frame: Any, random: Random) -> Any:
    """The frame with one to three places of it changed."""
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        choices = Choices(random.randbytes(40))
        if isinstance(frame, dict) and frame and random.random() < 0.4:
            key = random.choice(list(frame))
            frame = {**frame, key: value_of(choices, 2)}
        else:
            frame = misshape(frame, choices)
    return frame


def misspell(payload: bytes, random: Random) -> bytes:
    """The text with one or two of its bytes, numbers or pieces changed."""
    for _ in range(random.choice((1, 1, 2))):
        payload = random.choice(_WAYS)(payload, random)
    return payload


def _truncated(payload: bytes, random: Random) -> bytes:
    return payload[: random.randint(0, len(payload))]


def _flipped(payload: bytes, random: Random) -> bytes:
    if not payload:
        return payload
    at = random.randrange(len(payload))
    return payload[:at] + bytes((random.randrange(32, 128),)) + payload[at + 1 :]


def _noisy(payload: bytes, random: Random) -> bytes:
    at = random.randint(0, len(payload))
    return payload[:at] + random.choice(NOISE) + payload[at:]


def _repeated(payload: bytes, random: Random) -> bytes:
    start = random.randint(0, len(payload))
    end = min(len(payload), start + random.randint(1, 20))
    return payload[:end] + payload[start:end] * random.choice((1, 1, 3)) + payload[end:]


def _cut(payload: bytes, random: Random) -> bytes:
    start = random.randint(0, len(payload))
    return payload[:start] + payload[start + random.randint(1, 8) :]


def _renumbered(payload: bytes, random: Random) -> bytes:
    places = [at for at, byte in enumerate(payload) if byte in b"0123456789"]
    if not places:
        return payload + random.choice(NUMBERS).encode()
    at = random.choice(places)
    return payload[:at] + random.choice(NUMBERS).encode() + payload[at + 1 :]


def _substituted(payload: bytes, random: Random) -> bytes:
    """Another value after one of the colons."""
    colons = [at for at, byte in enumerate(payload) if byte == ord(":")]
    if not colons:
        return payload
    at = random.choice(colons) + 1
    end = at
    while end < len(payload) and payload[end] not in b",}]":
        end += 1
    return payload[:at] + random.choice(NUMBERS + TEXTS).encode() + payload[end:]


def _doubled_key(payload: bytes, random: Random) -> bytes:
    value = random.choice([*NUMBERS[:6], *TEXTS[:4], '"edit"', '"ping"', "1", "null"])
    member = f"{json.dumps(random.choice(KEYS))}:{value}".encode()
    if random.random() < 0.5:
        return payload.replace(b"{", b"{" + member + b",", 1)
    return payload[:-1] + b"," + member + b"}"


def _nested(payload: bytes, random: Random) -> bytes:
    depth = random.choice((40, 64, 65, 130, 600, 1300))
    opening, closing = random.choice((("[", "]"), ('{"a":', "}"), ('{"p":[', "]}"), ("[", "")))
    nest = (opening * depth + "1" + closing * depth).encode()
    if random.random() < 0.3:
        return nest
    at = payload.rfind(b":") + 1
    return payload[:at] + nest + b"}"


def _long(payload: bytes, random: Random) -> bytes:
    piece = random.choice(("x", "\\u0000", "\\ud83d", "😀", "\\\\", "é", "\\n")).encode()
    text = b'"' + piece * random.choice((50, 300, 2000, 9000)) + b'"'
    at = payload.find(b":") + 1
    if random.random() < 0.5:
        return payload[:-1] + b',"data":' + text + b"}"
    return payload[:at] + text + b"," + payload[at:]


def _marked(payload: bytes, random: Random) -> bytes:
    return (
        BOM + payload if random.random() < 0.5 else payload.decode(errors="ignore").encode("utf-16")
    )


def _framed(payload: bytes, random: Random) -> bytes:
    before, after = random.choice(
        (
            (b"", b"{}"),
            (b"[", b"]"),
            (b" \t\r\n", b"\n "),
            (b"", b"\x00"),
            (b"", b","),
            (b"\x0b", b""),
        )
    )
    return before + payload + after


_WAYS = [
    _truncated,
    _flipped,
    _flipped,
    _noisy,
    _repeated,
    _cut,
    _renumbered,
    _renumbered,
    _substituted,
    _substituted,
    _doubled_key,
    _doubled_key,
    _nested,
    _long,
    _marked,
    _framed,
]
