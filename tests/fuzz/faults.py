"""What a round has found to be wrong."""

from __future__ import annotations

__all__ = ["Fault", "expect"]


class Fault(AssertionError):
    """Something that a promise of the protocol rules out."""


def expect(holds: bool, what: str, *about: object) -> None:
    if not holds:
        raise Fault(f"{what}: {', '.join(repr(each)[:4000] for each in about)}")
