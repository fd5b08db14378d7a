"""A Fenwick tree: prefix sums of many sizes, searched and updated in logarithmic time.

The binary indexed tree of P. M. Fenwick, "A new data structure for cumulative frequency tables",
Software: Practice and Experience 24 (1994).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

__all__ = ["FenwickTree"]


class FenwickTree:
    """The sizes of a sequence of items, none negative, as a tree of partial sums."""

    __slots__ = ("_step", "_tree")

    def __init__(self, sizes: Iterable[int]) -> None:
        totals = [0, *accumulate(sizes)]
        # Entry i holds the sum of the i & -i sizes up to the i-th.
        self._tree = [total - totals[i & (i - 1)] for i, total in enumerate(totals)]
        self._step = 1 << (len(totals) - 1).bit_length()

    def find(self, offset: int) -> tuple[int, int]:
        """Return the index of the item that contains `offset`, and the offset within it.

        An offset between two items belongs to the later one. At or beyond the end, the index is
        the number of items.
        """
        tree, step = self._tree, self._step
        end = len(tree)
        index = 0
        while step:
            probe = index + step
            if probe < end and tree[probe] <= offset:
                index = probe
                offset -= tree[probe]
            step >>= 1
        return index, offset

    def add(self, index: int, growth: int) -> None:
        """Add `growth` to the size of one item."""
        tree = self._tree
        end = len(tree)
        index += 1
        while index < end:
            tree[index] += growth
            index += index & -index
