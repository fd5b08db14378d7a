"""The `Range` header of RFC 9110, section 14, and the multipart response to several ranges."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

__all__ = ["ByteRange", "MalformedRangeHeader", "Multipart", "RangeNotSatisfiable", "parse_ranges"]

ByteRange = tuple[int, int]  # start and end, the end excluded


class MalformedRangeHeader(Exception):
    def __init__(self, content: str = "Malformed range header.") -> None:
        super().__init__(content)
        self.content = content


class RangeNotSatisfiable(Exception):
    def __init__(self, max_size: int) -> None:
        super().__init__(f"The range begins outside of 0 to {max_size - 1}.")
        self.max_size = max_size


def parse_ranges(header: str, size: int, maximum: int) -> list[ByteRange]:
    """Return the requested byte ranges, in order and merged; none if there are more than `maximum`.

    Parts that are not ranges are ignored.

    Raises:
        MalformedRangeHeader: the unit is not bytes, no range was given, or one ends before it
            starts.
        RangeNotSatisfiable: a range starts beyond `size`.
    """
    unit, equals, text = header.partition("=")
    if not equals:
        raise MalformedRangeHeader
    if unit.strip().lower() != "bytes":
        raise MalformedRangeHeader("Only support bytes range")
    parts = text.split(",")
    if len(parts) > maximum:
        return []
    return _merge(_check([found for part in parts if (found := _parse(part, size))], size))


def _parse(part: str, size: int) -> ByteRange | None:
    first, hyphen, last = (piece.strip() for piece in part.partition("-"))
    if not hyphen or not (first or last):
        return None
    try:
        if not first:
            return max(size - int(last), 0), size
        return int(first), min(int(last) + 1, size) if last else size
    except ValueError:
        return None


def _check(ranges: list[ByteRange], size: int) -> list[ByteRange]:
    if not ranges:
        raise MalformedRangeHeader("Range header: range must be requested")
    if any(not 0 <= start < size for start, _ in ranges):
        raise RangeNotSatisfiable(size)
    if any(start >= end for start, end in ranges):
        raise MalformedRangeHeader("Range header: start must be less than end")
    return ranges


def _merge(ranges: list[ByteRange]) -> list[ByteRange]:
    merged: list[ByteRange] = []
    for start, end in sorted(ranges):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    assert all(one[1] < other[0] for one, other in pairwise(merged))
    return merged


@dataclass(frozen=True)
class Multipart:
    """The `multipart/byteranges` body: `head`, bytes and CRLF for each range, then `tail`."""

    boundary: str
    content_type: str
    size: int

    @property
    def media_type(self) -> str:
        return f"multipart/byteranges; boundary={self.boundary}"

    def head(self, start: int, end: int) -> bytes:
        return (
            f"--{self.boundary}\r\n"
            f"Content-Type: {self.content_type}\r\n"
            f"Content-Range: bytes {start}-{end - 1}/{self.size}\r\n\r\n"
        ).encode("latin-1")

    @property
    def tail(self) -> bytes:
        return f"--{self.boundary}--".encode("latin-1")

    def content_length(self, ranges: list[ByteRange]) -> int:
        parts = (len(self.head(start, end)) + (end - start) + 2 for start, end in ranges)
        return sum(parts) + len(self.tail)
