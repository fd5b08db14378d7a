from __future__ import annotations

from collab.limits.token_bucket import TokenBucket


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_is_given_at_once_and_then_the_rate() -> None:
    clock = Clock()
    bucket = TokenBucket(10, 5, clock)
    assert [bucket.try_acquire() for _ in range(7)] == [True] * 5 + [False] * 2
    clock.now += 0.35
    # Two that were asked for in vain are paid off first.
    assert [bucket.try_acquire(), bucket.try_acquire()] == [True, False]


def test_a_long_rest_gives_no_more_than_a_burst() -> None:
    clock = Clock()
    bucket = TokenBucket(10, 5, clock)
    assert all(bucket.try_acquire() for _ in range(5))
    clock.now += 3600
    assert sum(bucket.try_acquire() for _ in range(20)) == 5


def test_who_waits_after_a_refusal_gets_the_rate_and_no_more_than_two_bursts_beyond_it() -> None:
    clock = Clock()
    bucket = TokenBucket(100, 50, clock)
    given = 0
    while clock.now < 1010:
        if bucket.try_acquire():
            given += 1
            clock.now += 0.001
        else:
            clock.now += 0.1
    assert 900 <= given <= 2 * 50 + 100 * 10


def test_who_asks_regardless_is_overdrawn_and_recovers_by_waiting() -> None:
    clock = Clock()
    bucket = TokenBucket(10, 5, clock)
    for _ in range(9):
        bucket.try_acquire()
    assert not bucket.is_overdrawn
    bucket.try_acquire()
    assert bucket.is_overdrawn
    for _ in range(1000):
        assert not bucket.try_acquire()
    clock.now += 1.1
    assert bucket.try_acquire()
    assert not bucket.is_overdrawn


def test_what_is_put_back_is_no_debt() -> None:
    clock = Clock()
    bucket = TokenBucket(10, 5, clock)
    assert all(bucket.try_acquire() for _ in range(5))
    for _ in range(1000):
        assert not bucket.try_acquire()
        bucket.put_back()
    assert round(bucket.wait_seconds, 6) == 0.1
    clock.now += 0.1
    assert bucket.try_acquire()
