"""Encode and decode the JSON text of a large value in small steps.

The caller decides when to take the next step, and can run other tasks in between. A step takes a
few milliseconds at most, whatever the size of the value.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Generator, Iterator
from typing import Any, cast

import msgspec

__all__ = ["PIECE", "WINDOW", "decoding", "pieces", "text_pieces"]

PIECE = 262_144
"""The characters of a string that are encoded or decoded at a time."""

WINDOW = 32_768
"""The characters of a text with values other than strings that are decoded at a time."""

PIECE_BYTES = 65536
"""The approximate bytes of a list or object with many members that are encoded at a time."""

FEW = 16
GROWTH = 4
LEVELS = 4

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode
_scan = cast(Any, json.JSONDecoder()).scan_once


# -- writing ------------------------------------------------------------------------------------


def pieces(value: Any, levels: int = LEVELS) -> Iterator[bytes]:
    """Yield the compact JSON text of a plain value, which must not change until the end.

    The size of a piece is estimated from the one before. Where small and very large members
    alternate, a piece may be as large as the largest member.

    Args:
        levels: how deep nested lists and objects of few members are divided.
    """
    kind = type(value)
    if kind is str:
        yield b'"'
        yield from text_pieces(value)
        yield b'"'
    elif (kind is list or kind is dict) and value and levels:
        members = _list_members if kind is list else _dict_members
        yield from _joined(b"[" if kind is list else b"{", members(value, levels - 1))
        yield b"]" if kind is list else b"}"
    else:
        yield _encode(value)


def text_pieces(text: str) -> Iterator[bytes]:
    """As `pieces` of a string, without the quotes."""
    for begin in range(0, len(text), PIECE):
        yield _encode(text[begin : begin + PIECE])[1:-1]


def _joined(begin: bytes, members: Iterator[Iterator[bytes]]) -> Iterator[bytes]:
    """Join `members`, each of which is a sequence of pieces, with commas."""
    separator = begin
    for member in members:
        yield separator
        yield from member
        separator = b","


def _list_members(items: list[Any], levels: int) -> Iterator[Iterator[bytes]]:
    if len(items) <= FEW:
        return (pieces(item, levels) for item in items)
    at = 0

    def following(count: int) -> list[Any]:
        nonlocal at
        at += count
        return items[at - count : at]

    return _many(following)


def _dict_members(members: dict[str, Any], levels: int) -> Iterator[Iterator[bytes]]:
    rest = iter(members.items())
    if len(members) <= FEW:
        return (_member(name, item, levels) for name, item in rest)
    return _many(lambda count: dict(itertools.islice(rest, count)))


def _member(name: str, item: Any, levels: int) -> Iterator[bytes]:
    yield _encode(name) + b":"
    yield from pieces(item, levels)


def _many(next_members: Callable[[int], Any]) -> Iterator[Iterator[bytes]]:
    count = FEW
    while part := next_members(count):
        piece = _encode(part)[1:-1]
        yield iter((piece,))
        count = max(1, min(count * GROWTH, count * PIECE_BYTES // max(1, len(piece))))


# -- reading ------------------------------------------------------------------------------------


class _Unexpected(Exception):
    """The text is not compact JSON."""


Reading = Generator[None, None, tuple[Any, int]]
"""A generator of steps that returns a value and the index where its text ends."""


def decoding(text: str) -> Generator[None, None, Any]:
    """Decode a JSON text in steps; the generator returns the value.

    A text that is not compact, so was not written by `pieces`, is decoded in one step.

    Raises:
        msgspec.DecodeError: the text is not valid JSON.
    """
    if len(text) > WINDOW:
        try:
            value, end = yield from _read(text, 0)
            if end == len(text):
                return value
        except (_Unexpected, IndexError):
            pass
    return _decode(text)


def _read(text: str, at: int) -> Reading:
    kind = text[at]
    if kind == "[":
        return (yield from _read_list(text, at + 1))
    if kind == "{":
        return (yield from _read_dict(text, at + 1))
    if kind == '"':
        return (yield from _read_text(text, at + 1))
    raise _Unexpected


def _read_list(text: str, at: int) -> Reading:
    items: list[Any] = []
    if text[at] == "]":
        return items, at + 1
    while True:
        window = text[at : at + WINDOW]
        whole = _whole(window, "[", "]", window[0])
        if whole is not None:
            found, size = whole
            items += found
            at += size
            yield
            continue
        place = 0
        while (scanned := _scanned(window, place)) is not None:
            item, end = scanned
            items.append(item)
            if window[end] == "]":
                return items, at + end + 1
            place = _after_comma(window, end)
        yield
        at += place
        if not place:
            # The item is longer than a window.
            item, at = yield from _read(text, at)
            items.append(item)
            if text[at] == "]":
                return items, at + 1
            at = _after_comma(text, at)


def _read_dict(text: str, at: int) -> Reading:
    members: dict[str, Any] = {}
    if text[at] == "}":
        return members, at + 1
    while True:
        window = text[at : at + WINDOW]
        name, end = yield from _read_name(text, at)
        whole = _whole(window, "{", "}", text[end])
        if whole is not None:
            found, size = whole
            members.update(found)
            at += size
            yield
            continue
        place = 0
        while (member := _scanned_member(window, place)) is not None:
            name, item, end = member
            members[name] = item
            if window[end] == "}":
                return members, at + end + 1
            place = _after_comma(window, end)
        yield
        at += place
        if not place:
            name, at = yield from _read_name(text, at)
            # A value that exceeds the window together with its name may fit without it.
            scanned = _scanned(text[at : at + WINDOW], 0)
            if scanned is None:
                members[name], at = yield from _read(text, at)
            else:
                members[name], at = scanned[0], at + scanned[1]
            if text[at] == "}":
                return members, at + 1
            at = _after_comma(text, at)


def _read_name(text: str, at: int) -> Generator[None, None, tuple[str, int]]:
    """Return the name of a member, and the index where its value begins."""
    if text[at] != '"':
        raise _Unexpected
    scanned = _scanned(text[at : at + WINDOW], 0)
    if scanned is None:
        name, end = yield from _read_text(text, at + 1)
    else:
        name, end = scanned[0], at + scanned[1]
    if text[end] != ":":
        raise _Unexpected
    return name, end + 1


def _read_text(text: str, at: int) -> Reading:
    """Read a string whose opening quote is before `at`."""
    found: list[str] = []
    while True:
        window = text[at : at + PIECE]
        if not window:
            raise _Unexpected
        yield
        cut = _before_escape(window)
        if not cut:
            raise _Unexpected
        try:
            found.append(_decode(f'"{window[:cut]}"'))
        except msgspec.DecodeError:
            # The string ends in this window.
            value, end = _scanned_text(f'"{window}')
            found.append(value)
            return "".join(found), at + end - 1
        at += cut


def _before_escape(window: str) -> int:
    """Return the index of an escape that the window's end cuts, else the window's end."""
    end = len(window)
    last = window.rfind("\\", max(0, end - len("\\u000")))
    if last < 0:
        return end
    upto = window[: last + 1]
    if (len(upto) - len(upto.rstrip("\\"))) % 2 == 0:
        return end
    size = len("\\u0000") if window[last + 1 : last + 2] == "u" else 2
    return last if last + size > end else end


def _scanned_text(window: str) -> tuple[str, int]:
    try:
        value, end = _scan(window, 0)
    except ValueError:
        raise _Unexpected from None
    return value, end


def _whole(window: str, begin: str, end: str, opens: str) -> tuple[Any, int] | None:
    """Decode as many members as the window contains, judged by the first character; return them
    and the length of their text with the comma after them.

    A text up to a comma that decodes as a whole contains no part of another member.
    """
    if len(window) < WINDOW:
        return None
    closes = {"{": "}", "[": "]", '"': '"'}.get(opens, "")
    follows = '"' if begin == "{" else opens if closes else ""
    cut = window.rfind(f"{closes},{follows}")
    if cut < 0:
        return None
    cut += len(closes)
    try:
        return _decode(begin + window[:cut] + end), cut + 1
    except msgspec.DecodeError:
        return None


def _scanned(window: str, place: int) -> tuple[Any, int] | None:
    """Return the value at `place` and its end, if the window contains the character after it."""
    try:
        value, end = _scan(window, place)
    except (StopIteration, ValueError):
        return None
    return (value, end) if end < len(window) else None


def _scanned_member(window: str, place: int) -> tuple[str, Any, int] | None:
    name = _scanned(window, place)
    if name is None:
        return None
    if type(name[0]) is not str or window[name[1]] != ":":
        raise _Unexpected
    member = _scanned(window, name[1] + 1)
    return None if member is None else (name[0], *member)


def _after_comma(text: str, at: int) -> int:
    if text[at] != ",":
        raise _Unexpected
    return at + 1
