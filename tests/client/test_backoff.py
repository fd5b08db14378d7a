from __future__ import annotations

from collab.client.backoff import Backoff


def test_the_range_doubles_up_to_the_cap_until_it_is_reset() -> None:
    backoff = Backoff(1, 10, uniform=lambda low, high: high)
    assert [backoff.next() for _ in range(6)] == [1, 2, 4, 8, 10, 10]
    backoff.reset()
    assert backoff.next() == 1


def test_the_whole_range_is_used() -> None:
    backoff = Backoff(1, 10, uniform=lambda low, high: low)
    assert [backoff.next() for _ in range(3)] == [0, 0, 0]


def test_a_thousand_attempts_do_not_overflow() -> None:
    backoff = Backoff()
    assert all(0 <= backoff.next() <= 30 for _ in range(1000))
