"""The limit on the total size of the documents that one network address, or user, has open."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from ..errors import RateLimited

__all__ = ["GROWTH_PER_CHECK", "OpenSize", "Sized"]

GROWTH_PER_CHECK = 262_144
"""The growth, by the edits of one connection, after which the limit is checked again."""


class Sized(Protocol):
    """A document in memory. Documents are compared by identity."""

    @property
    def size(self) -> int:
        """The size of its content and of the operations in memory, in units or bytes."""


class OpenSize:
    """The documents that the connections of one address, or of one user, have open.

    Bound: one entry for each connection.

    Args:
        limit: largest total size of the documents (`max_address_open_size`).
        whose: for the error message, such as "from your network address".
    """

    __slots__ = ("_limit", "_open", "_whose")

    def __init__(self, limit: int, whose: str) -> None:
        self._limit = limit
        self._whose = whose
        # The number of connections to each document.
        self._open: Counter[Sized] = Counter()

    @property
    def total(self) -> int:
        """The total size, in units or bytes."""
        return sum(document.size for document in self._open)

    def enter(self, document: Sized) -> None:
        """Count a connection to a document.

        Raises:
            RateLimited: together with the other open documents it is too large.
        """
        if document not in self._open and self._open:
            self._check(document.size)
        self._open[document] += 1

    def leave(self, document: Sized) -> None:
        """Stop counting a connection to a document."""
        self._open[document] -= 1
        if not self._open[document]:
            del self._open[document]

    def check_growth(self) -> None:
        """Raise `RateLimited` if several documents are open and together too large."""
        if len(self._open) > 1:
            self._check(0)

    def _check(self, more: int) -> None:
        total = self.total + more
        if total > self._limit:
            raise RateLimited(
                f"the documents that are open {self._whose} would have a size of {total} together, "
                f"the limit is {self._limit} (max_address_open_size): close some"
            )
