"""Plain numbers in buckets."""

from __future__ import annotations

from collab.metrics import Histogram


def test_a_value_falls_into_the_first_bucket_whose_bound_is_not_below_it() -> None:
    histogram = Histogram((1, 2, 5))
    for value in (0.5, 1, 1.5, 5, 7):
        histogram.observe(value)
    assert histogram.counts == [2, 1, 1, 1]
    assert list(histogram.cumulated()) == [(1, 2), (2, 3), (5, 4), (float("inf"), 5)]
    assert histogram.sum == 15
