"""What waits to be read is counted, and who takes it at the least rate is waited for."""

from __future__ import annotations

import pytest

from collab.documents.content import Encoded
from collab.errors import AddressBusy, ServerBusy
from collab.limits.progress import Progress
from collab.limits.unread import Unread
from collab.settings import Settings


def bounds(address: int, total: int) -> Unread:
    return Unread(Settings(max_address_unread_bytes=address, max_unread_bytes=total))


class Peer:
    def __init__(self) -> None:
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True


def test_content_that_an_address_waits_for_many_times_counts_once() -> None:
    unread = bounds(100, 150)
    content = Encoded(b"", 1)
    holds = [unread.hold("a", content, 90) for _ in range(60)]
    holds += [unread.hold("b", content, 90) for _ in range(60)]
    assert (len(unread), unread.of_address("a"), unread.of_address("b")) == (90, 90, 90)
    for hold in holds:
        hold.release()
        hold.release()
    assert (len(unread), unread.of_address("a"), unread.of_address("b")) == (0, 0, 0)


def test_an_address_with_too_much_waiting_gets_no_more_and_others_do() -> None:
    unread = bounds(100, 300)
    unread.hold("a", first := Encoded(b"", 1), 90)
    with pytest.raises(AddressBusy):
        unread.hold("a", Encoded(b"", 2), 20)
    unread.hold("a", first, 90)
    unread.hold("b", Encoded(b"", 2), 90)
    assert unread.of_address("a") == 90


def test_one_content_larger_than_the_bounds_is_given_to_who_holds_nothing() -> None:
    unread = bounds(100, 150)
    unread.hold("a", Encoded(b"", 1), 1000).release()
    hold = unread.hold("a", content := Encoded(b"", 1), 1000)
    with pytest.raises(ServerBusy):
        unread.hold("b", Encoded(b"", 1), 10)
    unread.hold("b", content, 1000)
    hold.release()


def test_the_connection_that_waits_longest_makes_room_for_its_own_address() -> None:
    unread = bounds(100, 1000)
    peers = [Peer() for _ in range(5)]
    unread.wait("b", honest := Peer(), 40)
    for peer in peers:
        unread.wait("a", peer, 40)
    assert [peer.is_aborted for peer in peers] == [True, True, True, False, False]
    assert not honest.is_aborted
    unread.leave("a", peers[3])
    unread.leave("a", peers[3])
    assert (unread.of_address("a"), len(unread)) == (40, 80)


def test_where_too_much_waits_in_all_the_address_that_holds_most_makes_room() -> None:
    unread = bounds(1000, 100)
    hostile = [Peer(), Peer()]
    for peer in hostile:
        unread.wait("a", peer, 40)
    unread.wait("b", honest := Peer(), 40)
    assert hostile[0].is_aborted
    assert not honest.is_aborted
    assert len(unread) == 80


def progress(unsent: int) -> Progress:
    settings = Settings(drain_timeout_seconds=10, min_drain_bytes_per_second=100)
    return Progress(settings, 0.0, unsent)


def test_who_takes_the_least_rate_is_waited_for_without_an_end() -> None:
    taken = progress(1_000_000)
    for period in range(1, 500):
        assert not taken.is_too_slow(period * 10.1, 1_000_000 - period * 1000)


@pytest.mark.parametrize("unsent", [1_000_000, 999_001])
def test_who_takes_less_is_too_slow_once_a_period_has_ended(unsent: int) -> None:
    taken = progress(1_000_000)
    assert not taken.is_too_slow(9.9, unsent)
    assert taken.is_too_slow(10.1, unsent)


def test_what_was_taken_in_an_earlier_period_does_not_count() -> None:
    taken = progress(1_000_000)
    assert not taken.is_too_slow(10.1, 500_000)
    assert taken.is_too_slow(20.3, 500_000)
