"""The store of the event loop's time that an address or a user has."""

from __future__ import annotations

import asyncio
import time

import pytest

from collab.auth import User
from collab.limits.budget import (
    MAX_BUDGETS,
    MAX_RESERVED_SHARES,
    RESERVED_SHARE,
    Allowance,
    Budgets,
    Metered,
)
from collab.limits.work import (
    ALONE_DEBT_SECONDS,
    MAX_DEBT_SECONDS,
    MAX_PACE_DEBT_SECONDS,
    PACE_BURST_SECONDS,
    PACE_SHARE,
    RIVAL_SECONDS,
    SMALL_SECONDS,
    Rivals,
    Work,
)
from collab.settings import Settings


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def scope(address: str) -> dict[str, object]:
    return {"client": (address, 1)}


def test_no_more_is_spent_than_the_burst_and_the_share() -> None:
    clock = Clock()
    work = Work(0.25, 0.5, clock=clock)
    spent = 0.0
    for _ in range(10_000):
        clock.now += 0.001
        if not work.is_spent:
            work.spend(0.01)
            spent += 0.01
    assert spent == pytest.approx(0.5 + 0.25 * 10, abs=0.03)


def test_what_was_not_used_is_kept_up_to_the_burst() -> None:
    clock = Clock()
    work = Work(0.25, 0.5, clock=clock)
    clock.now += 1000
    work.spend(0.51)
    assert work.is_spent


def test_the_debt_has_a_bound_and_is_paid_off_at_the_share() -> None:
    clock = Clock()
    work = Work(0.25, 0.5, clock=clock)
    work.spend(1000)
    assert work.wait_seconds == pytest.approx(MAX_DEBT_SECONDS / 0.25)
    clock.now += MAX_DEBT_SECONDS / 0.25 + 0.01
    assert not work.is_spent


def test_who_has_the_server_alone_may_use_it_all_and_owes_nothing_for_it() -> None:
    clock = Clock()
    rivals = Rivals()
    heavy, light = (Work(0.25, 0.5, rivals, clock) for _ in range(2))
    for _ in range(100):
        heavy.spend(1.0)
        assert not heavy.is_spent
        assert heavy.must_wait
    light.spend(0.001)
    assert heavy.is_spent
    assert not light.is_spent
    clock.now += ALONE_DEBT_SECONDS / 0.25 + 0.01
    assert not heavy.is_spent


def test_what_was_saved_up_is_not_spent_in_one_go() -> None:
    clock = Clock()
    rivals = Rivals()
    heavy, light = (Work(0.1, 1000.0, rivals, clock) for _ in range(2))
    light.spend(0.001)
    begun = clock.now
    spent = 0.0
    while clock.now < begun + 5:
        clock.now += 0.001
        while not heavy.exceeds_pace:
            heavy.spend(0.02)
            spent += 0.02
        assert not heavy.is_spent
        most = PACE_BURST_SECONDS + PACE_SHARE * (clock.now - begun)
        assert spent <= most + 0.02
    assert spent >= most - 0.001
    clock.now += 1
    assert not heavy.exceeds_pace


def test_who_is_alone_may_spend_all_in_one_go_and_others_come_soon() -> None:
    clock = Clock()
    rivals = Rivals()
    heavy, light = (Work(0.1, 1000.0, rivals, clock) for _ in range(2))
    for _ in range(100):
        heavy.spend(1.0)
        assert not heavy.exceeds_pace
    light.spend(0.001)
    assert heavy.exceeds_pace
    clock.now += MAX_PACE_DEBT_SECONDS / PACE_SHARE
    assert not heavy.exceeds_pace


async def test_large_pieces_with_rivals_leave_the_loop_to_others_in_between() -> None:
    rivals = Rivals()
    heavy, light = (Work(0.1, 1000.0, rivals) for _ in range(2))
    light.spend(0.001)
    heavy.spend(0.02)
    begun = time.monotonic()
    for number in range(1, 4):
        await heavy.until_paced()
        heavy.spend(0.02)
        assert time.monotonic() - begun >= (number * 0.02 - PACE_BURST_SECONDS) / PACE_SHARE
    assert not heavy.waiting


def test_small_pieces_of_who_is_alone_go_on_at_once() -> None:
    clock = Clock()
    work = Work(0.25, 0.5, Rivals(), clock)
    for _ in range(100_000):
        work.spend(SMALL_SECONDS)
        assert not work.must_wait
    work.spend(2 * SMALL_SECONDS)
    assert work.must_wait


async def test_large_pieces_of_who_is_alone_go_on_turn_by_turn() -> None:
    work = Work(1e-9, 1e-9, Rivals())
    work.spend(1.0)
    turns: list[int] = []
    turn = 0
    for _ in range(5):
        work.turns.call_when_available(lambda: turns.append(turn))
    while len(turns) < 5:
        await asyncio.sleep(0)
        turn += 1
    assert len(set(turns)) == 5
    assert not work.waiting


def test_a_rival_counts_for_some_time_after_it_was_last_seen() -> None:
    clock = Clock()
    rivals = Rivals()
    heavy, light, other = (Work(0.25, 0.5, rivals, clock) for _ in range(3))
    light.spend(0.001)
    other.spend(0.001)
    heavy.spend(1.0)
    assert heavy.is_spent
    clock.now += RIVAL_SECONDS - 1
    heavy.spend(1000)
    assert heavy.is_spent
    clock.now += 1
    assert not heavy.is_spent
    assert heavy.wait_seconds == 0


def test_what_only_charges_is_no_rival() -> None:
    clock = Clock()
    rivals = Rivals()
    heavy, probe = (Work(0.25, 0.5, rivals, clock) for _ in range(2))
    probe.charge(0.4)
    heavy.spend(1000)
    assert not heavy.is_spent
    heavy.spend(0.001)
    probe.charge(0.2)
    assert probe.is_spent


async def test_those_that_wait_go_on_in_their_order_and_pay_for_each_other() -> None:
    work = Work(1000.0, 0.001)
    work.spend(1.0)
    order: list[int] = []
    done = asyncio.Event()

    def go_on(number: int) -> None:
        order.append(number)
        work.spend(1.0)
        if number == 9:
            done.set()

    for number in range(10):
        work.turns.call_when_available(lambda number=number: go_on(number))
    assert work.waiting == 10
    await done.wait()
    assert order == list(range(10))


async def test_one_who_gives_up_waiting_holds_nobody_up() -> None:
    work = Work(1000.0, 0.001)
    work.spend(1.0)
    first = asyncio.ensure_future(work.until_available())
    second = asyncio.ensure_future(work.until_available())
    await asyncio.sleep(0)
    first.cancel()
    await second
    assert first.cancelled()


def test_callbacks_of_a_loop_that_has_ended_delay_no_callback_of_the_next_loop() -> None:
    work = Work(1e-9, 0.01)

    async def leave_one_waiting() -> None:
        waiting = asyncio.ensure_future(work.until_available())
        await asyncio.sleep(0)
        assert not waiting.done()

    async def wait() -> None:
        work.left = 0.01
        await asyncio.wait_for(work.until_available(), 20)

    work.spend(0.02)
    asyncio.run(leave_one_waiting())
    asyncio.run(wait())
    assert work.waiting == 0


def test_the_first_connections_of_an_address_keep_a_little_when_it_is_used_up() -> None:
    budgets = Budgets(Settings(address_loop_share=0.1))
    address = budgets.of_address(scope("1.2.3.4"))
    other = budgets.of_address(scope("1.2.3.5"))
    assert address is not None
    assert other is not None
    other.work.spend(0.001)
    allowances = [Allowance(address) for _ in range(MAX_RESERVED_SHARES + 1)]
    address.work.left = -1.0
    assert [each.wait_queue for each in allowances] == [None] * MAX_RESERVED_SHARES + [
        address.work.turns
    ]
    allowances[0].spend(PACE_BURST_SECONDS / 2)
    allowances[0].spend(PACE_BURST_SECONDS)
    assert allowances[0].wait_queue is not None
    assert allowances[1].wait_queue is address.work.pace


def test_who_takes_the_place_of_a_connection_takes_what_it_has_spent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # No time goes by, however busy the machine is.
    defaults = Work.__init__.__defaults__ or ()
    assert defaults[-1] is time.monotonic
    monkeypatch.setattr(Work.__init__, "__defaults__", (*defaults[:-1], lambda: 0.0))
    budgets = Budgets(Settings())
    address = budgets.of_address(scope("1.2.3.4"))
    other = budgets.of_address(scope("1.2.3.5"))
    assert address is not None
    assert other is not None
    other.work.spend(0.001)
    address.work.left = -1.0
    for _ in range(MAX_RESERVED_SHARES):
        first = Allowance(address)
        assert first.wait_queue is None
        for _ in range(2):
            first.spend(PACE_BURST_SECONDS / 2)
        first.spend(RESERVED_SHARE)
        address.work.ahead = 0.0
        for _ in range(2):
            first.close()
    assert Allowance(address).wait_queue is address.work.turns


def test_a_reserved_share_delays_no_client_that_is_alone() -> None:
    address = Budgets(Settings()).of_address(scope("1.2.3.4"))
    assert address is not None
    allowance = Allowance(address)
    for _ in range(2):
        allowance.spend(1.0)
    assert allowance.wait_queue is address.work.turns
    assert allowance.contended_wait_queue is None


def test_a_user_pays_whatever_the_address() -> None:
    budgets = Budgets(Settings(user_loop_share=0.1))
    user, other = (budgets.of_user(User(name)) for name in ("ann", "bob"))
    assert user is not None
    assert other is not None
    other.work.spend(0.001)
    for number in range(3):
        allowance = Allowance(budgets.of_address(scope(f"1.2.3.{number}")))
        assert allowance.wait_queue is None
        allowance.of_user(user)
        allowance.spend(0.2)
    assert allowance.wait_queue is user.work.turns
    assert budgets.of_user(User("ann", signed_in=False)) is None


def test_budgets_are_remembered_up_to_a_bound() -> None:
    budgets = Budgets(Settings())
    for number in range(MAX_BUDGETS + 10):
        budgets.of_address(scope(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}"))
    assert len(budgets) == MAX_BUDGETS
    assert budgets.of_address({"client": None}) is None


async def test_each_step_of_a_coroutine_is_paid_and_waiting_is_not() -> None:
    class Payer:
        spent = 0.0

        def spend(self, seconds: float) -> None:
            self.spent += seconds

        async def until_paced(self) -> None: ...

    payer = Payer()
    gate = asyncio.Event()

    async def steps() -> None:
        await asyncio.sleep(0)
        try:
            await asyncio.wait_for(gate.wait(), 0.001)
        except TimeoutError:
            sum(range(100_000))
        raise ValueError("its own")

    async def other() -> None:
        for _ in range(50):
            sum(range(100_000))
            await asyncio.sleep(0)

    busy = asyncio.ensure_future(other())
    with pytest.raises(ValueError, match="its own"):
        await Metered(steps(), payer)
    await busy
    alone = Payer()
    await Metered(other(), alone)
    assert 0 < payer.spent < alone.spent


async def test_a_metered_coroutine_is_cancelled_as_any() -> None:
    begun = asyncio.Event()

    async def steps() -> None:
        begun.set()
        await asyncio.Event().wait()

    async def call() -> None:
        await Metered(steps())

    task = asyncio.ensure_future(call())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_what_goes_on_in_another_task_is_paid_by_who_began_it() -> None:
    class Payer:
        spent = 0.0

        def spend(self, seconds: float) -> None:
            self.spent += seconds

        async def until_paced(self) -> None: ...

    async def work() -> str:
        sum(range(200_000))
        await asyncio.sleep(0)
        return "done"

    async def begin() -> str:
        return await asyncio.ensure_future(Metered.continued(work()))

    payer = Payer()
    assert await Metered(begin(), payer) == "done"
    alone = Payer()
    await Metered(work(), alone)
    assert payer.spent > alone.spent / 4
    assert await begin() == "done"
