"""What hostile peers do: valid frames, frames made wrong, wrong bytes, and wrong joins."""

from __future__ import annotations

import json
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol
from urllib.parse import quote

from .mutations import misspell, mistake, spell
from .wires import BINARY, TEXT, client_frame

__all__ = ["Input", "Known", "make_input"]

PRESENCE_BYTES = 700
NAMES = ["a", "", "x" * 64, "x" * 65, "é", "a b", "..", "__proto__", "%00", "\ud83d", "h1", "-"]
VERSIONS = ["0", "1", "-1", "1.0", "٣", "9" * 40, "", "1e3", "0x1", " 1", "00000000000000000001"]


@dataclass(frozen=True, slots=True)
class Input:
    """One thing that one hostile peer does on one document.

    `kind` is `text` (a text frame), `burst` (the same, with more to come before the answers are
    looked at), `binary`, `bytes` (on the socket), `join` (with this query, again if it has joined),
    `leave`, `vanish` or `stall` (take nothing for a while).
    """

    document: str
    peer: int
    kind: str
    payload: bytes = b""

    def to_json(self) -> list[Any]:
        return [self.document, self.peer, self.kind, self.payload.decode("latin-1")]

    @classmethod
    def of_json(cls, data: list[Any]) -> Input:
        return cls(data[0], data[1], data[2], data[3].encode("latin-1"))


class Known(Protocol):
    """What a peer knows, to be wrong in detail."""

    @property
    def cases(self) -> Any: ...
    @property
    def contents(self) -> dict[int, Any]: ...

    last_id: int
    epoch: str


def make_input(document: str, peer: int, known: Known, bursting: bool, random: Random) -> Input:
    """The next input of a peer that knows so much."""
    chance = random.random()
    if chance < 0.004:
        return Input(document, peer, random.choice(("leave", "vanish")))
    if chance < 0.008:
        return Input(document, peer, "stall")
    if chance < 0.014:
        return Input(document, peer, "join", _query(peer, known, random).encode())
    if chance < 0.017:
        return Input(document, peer, "binary", random.randbytes(random.randint(0, 20)))
    if chance < 0.022:
        return Input(document, peer, "bytes", _wrong_bytes(_frame(known, random), random))
    return Input(document, peer, "burst" if bursting else "text", _text(known, random))


def _text(known: Known, random: Random) -> bytes:
    frame = _frame(known, random)
    how = random.random()
    if how < 0.3:
        return spell(frame)
    if how < 0.6:
        if random.random() < 0.7 and "operation" in frame:
            return spell({**frame, "operation": mistake(frame["operation"], random)})
        return spell(mistake(frame, random))
    if how < 0.9:
        return misspell(spell(frame), random)
    return misspell(spell(mistake(frame, random)), random)


def _frame(known: Known, random: Random) -> dict[str, Any]:
    kind = random.random()
    if kind < 0.65:
        return _edit(known, random)
    if kind < 0.9:
        return _presence(known, random)
    return {"type": "ping", "data": random.choice((None, 1, "x", {"a": [1]}, "x" * PRESENCE_BYTES))}


def _edit(known: Known, random: Random) -> dict[str, Any]:
    versions = list(known.contents)
    # An operation on one content, said to be on another now and then.
    made_on = random.choice(versions[-2:] if random.random() < 0.7 else versions)
    told = made_on if random.random() < 0.9 else max(0, made_on + random.choice((-70, -3, -1, 1)))
    operation = known.cases.operation(
        known.contents[made_on], random.randbytes(random.randint(1, 12))
    )
    step = random.choices((1, 0, -1, 2, 1000), (85, 6, 5, 2, 2))[0]
    number = max(1, known.last_id + step)
    return {"type": "edit", "id": number, "version": told, "operation": operation}


def _presence(known: Known, random: Random) -> dict[str, Any]:
    frame: dict[str, Any] = {"type": "presence"}
    if random.random() < 0.9:
        frame["version"] = random.choice(list(known.contents)) + random.choice((0, 0, 0, 1, -80))
    if random.random() < 0.9:
        offsets = (0, 1, 5, 1000, 2**53 - 1, 2**53, -1, 1.5)
        frame["cursor"] = {"anchor": random.choice(offsets), "head": random.choice(offsets[:5])}
    if random.random() < 0.5:
        frame["data"] = random.choice(("x", None, {"typing": True}, [[]], "😀" * 200, 1e300))
    return frame


def _query(peer: int, known: Known, random: Random) -> str:
    parameters = {
        "client_id": random.choice([f"h{peer}", *NAMES]),
        "version": random.choice([str(random.choice(list(known.contents))), *VERSIONS]),
        "epoch": random.choice([known.epoch, known.epoch, known.epoch, "x", ""]),
        "doc_type": random.choice(["text", "richtext", "json", known.cases.name, "x" * 100]),
        "user_id": random.choice(NAMES),
        "name": random.choice(NAMES),
    }
    chosen = random.sample(list(parameters), random.choice((0, 1, 2, 3, 3)))
    if "version" in chosen:
        chosen.append("epoch")
    return "&".join(f"{each}={quote(parameters[each], errors='ignore')}" for each in chosen)


def _wrong_bytes(frame: Any, random: Random) -> bytes:
    """Frames that no client may send, and continuations."""
    payload = json.dumps(frame).encode()[:100]
    whole = client_frame(TEXT, payload, key=random.randbytes(4))
    way = random.randrange(8)
    if way == 0:
        return random.randbytes(random.randint(1, 60))
    if way == 1:
        return bytes((whole[0] | random.choice((0x40, 0x20, 0x10, 0x70)),)) + whole[1:]
    if way == 2:
        return bytes((whole[0], whole[1] & 0x7F)) + whole[2:]
    if way == 3:
        return bytes((0x80 | random.choice((3, 7, 11, 15)),)) + whole[1:]
    if way == 4:
        length = random.choice((2**63, 2**63 - 1, 2**32, 20000, 2**64 - 1))
        return bytes((0x81, 0xFF)) + length.to_bytes(8, "big") + bytes(4) + payload
    if way == 5:
        return client_frame(random.choice((8, 9, 10)), payload * 2)
    if way == 6:
        code = random.choice((0, 999, 1005, 1006, 1015, 4999, 5000, 65535)).to_bytes(2, "big")
        return client_frame(8, random.choice((code, code[:1], code + b"\xff", b""))) + whole
    pieces = [payload[at : at + 7] for at in range(0, len(payload), 7)]
    opcodes = [random.choice((TEXT, BINARY)), *[0] * len(pieces)]
    frames = [client_frame(op, piece, first=0) for op, piece in zip(opcodes, pieces, strict=False)]
    return b"".join(frames) + random.choice((client_frame(0, b""), whole, b"", whole[:5]))
