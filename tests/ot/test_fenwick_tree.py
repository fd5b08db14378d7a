"""FenwickTree over the first of many sizes."""

from __future__ import annotations

from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from collab.ot.fenwick_tree import FenwickTree

SIZES = st.lists(st.integers(0, 5), max_size=40)


def by_counting(sizes: list[int], offset: int) -> tuple[int, int]:
    ends = list(accumulate(sizes))
    index = sum(end <= offset for end in ends)
    return index, offset - sum(sizes[:index])


@given(SIZES, st.integers(0, 250))
def test_an_offset_is_found_as_by_counting(sizes: list[int], offset: int) -> None:
    assert FenwickTree(sizes).find(offset) == by_counting(sizes, offset)


@given(SIZES, st.lists(st.tuples(st.integers(0, 39), st.integers(0, 9)), max_size=10))
def test_a_size_is_changed(sizes: list[int], changes: list[tuple[int, int]]) -> None:
    sums = FenwickTree(sizes)
    for index, size in changes:
        if index < len(sizes):
            sums.add(index, size - sizes[index])
            sizes[index] = size
    for offset in range(sum(sizes) + 1):
        assert sums.find(offset) == by_counting(sizes, offset)
