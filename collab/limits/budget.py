"""What one network address, and one signed-in user, may use, over all connections.

A connection ends when its client wishes, and a `client_id` is made up by the client: neither can
hold a budget. The network address that a client comes from can, and so can the user, where users
sign in. A budget outlives the connections that use it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Generator, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, Protocol, TypeVar

from ..auth import User
from ..errors import RateLimited
from ..settings import Settings
from .connection_limits import address_of
from .open_size import CHECKED_GROWTH, OpenSize, Sized
from .token_bucket import TokenBucket
from .work import PACE_BURST_SECONDS, Rivals, Waiters, Work, cpu_clock

__all__ = [
    "MAX_BUDGETS",
    "OWED",
    "Allowance",
    "Budget",
    "Budgets",
    "Metered",
    "Unnoticed",
    "check_work",
    "next_turn",
    "until_affordable",
]

MAX_BUDGETS = 10_000
"""Of each kind. The one that was used longest ago is forgotten first, and begins full again."""

OWED = "collab.owed"
"""The key of a scope under which our own server says what it spent before the application was
called, in seconds: only then is the address known, behind a proxy."""

MAX_FLOORS = 5
FLOOR_SHARE = 0.01
"""Of one address, the connections that have been there for longest, so many, keep this share of the
event loop each when the address has used up its own: a client that does harm does not stop all
others behind the same address. A connection that takes the place of another takes what that one has
spent, too."""

RESTORES_AT_ONCE = 2
"""So many old versions may be restored at one time for one address or user: each holds two contents
in memory."""

MAX_WAITING_REQUESTS = 100
"""So many requests and handshakes of one address or user wait until there is work left for them."""


T = TypeVar("T")


class Budget:
    """Of one network address or one signed-in user: `work` on the event loop, and how many edits,
    presence frames, joins, creations of documents and restores of old versions may come."""

    __slots__ = (
        "_floors_made",
        "creations",
        "edits",
        "floors",
        "joins",
        "open_size",
        "presences",
        "restores",
        "restoring",
        "whose",
        "work",
    )

    def __init__(self, settings: Settings, work: Work, whose: str) -> None:
        self.whose = whose
        self.work = work
        self.floors: list[Work] = []
        """Those that no connection has."""
        self._floors_made = 0
        self.restoring = 0
        self.open_size = OpenSize(settings.max_address_open_size, whose)
        self.edits = TokenBucket(settings.edits_per_second, settings.edits_burst)
        self.presences = TokenBucket(settings.presences_per_second, settings.presences_burst)
        self.joins = TokenBucket(settings.joins_per_second, settings.joins_burst)
        self.creations = TokenBucket(settings.creations_per_second, settings.creations_burst)
        self.restores = TokenBucket(settings.restores_per_second, settings.restores_burst)

    def take_floor(self) -> Work | None:
        """One of the address's floors; None if connections have them all."""
        if self._floors_made < MAX_FLOORS:
            self._floors_made += 1
            return Work(FLOOR_SHARE, FLOOR_SHARE)
        # The first has rested for longest.
        return self.floors.pop(0) if self.floors else None

    def acquire(self, kind: str, what: str) -> None:
        """Count one of a kind, which is the first part of its settings' names, such as `edits`.

        What is refused is not counted, so that a client that goes on regardless does not shut out
        the others of the same address for longer than it lasts.

        Raises:
            RateLimited: it is one too many.
        """
        bucket: TokenBucket = getattr(self, kind)
        if bucket.try_acquire():
            return
        bucket.put_back()
        raise RateLimited(
            f"too many {what} {self.whose}: the limit is {bucket.rate:g} per second "
            f"({kind}_per_second) after {bucket.burst:.0f} at once ({kind}_burst): "
            "send the same again shortly",
            retry_after_seconds=max(1, round(min(bucket.wait_seconds, 3600))),
        )

    @contextlib.contextmanager
    def restore(self) -> Iterator[None]:
        """Count a restore, which lasts as long as the context.

        Raises:
            RateLimited: it is one too many, in this time or at one time.
        """
        if self.restoring >= RESTORES_AT_ONCE:
            raise RateLimited(
                f"{self.restoring} old versions are being restored {self.whose}, and no more may "
                "be at one time: send the same again shortly"
            )
        self.acquire("restores", "old versions restored")
        self.restoring += 1
        try:
            yield
        finally:
            self.restoring -= 1


class Budgets:
    """The budgets of all addresses and users that were seen lately.

    Bound: `MAX_BUDGETS` of each.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._addresses: OrderedDict[str, Budget] = OrderedDict()
        self._users: OrderedDict[str, Budget] = OrderedDict()
        self._rival_addresses = Rivals()
        self._rival_users = Rivals()

    def __len__(self) -> int:
        return len(self._addresses) + len(self._users)

    def clear(self) -> None:
        """Forget all: those that wait, wait in an event loop that may be another one next."""
        self._addresses.clear()
        self._users.clear()

    def of_address(self, scope: Any) -> Budget | None:
        """The budget of the peer's address; None where there is none, as with a Unix socket: what
        is in front has to limit then."""
        address = address_of(scope)
        if not address:
            return None
        settings = self._settings
        return self._find(
            self._addresses,
            address,
            "from your network address",
            settings.address_loop_share,
            settings.address_loop_burst_seconds,
            self._rival_addresses,
        )

    def of_user(self, user: User) -> Budget | None:
        """The budget of a user; None if nobody vouches for the identity."""
        if not user.signed_in:
            return None
        settings = self._settings
        return self._find(
            self._users,
            user.user_id,
            "of this user",
            settings.user_loop_share,
            settings.user_loop_burst_seconds,
            self._rival_users,
        )

    def of(self, scope: Any, user: User) -> list[Budget]:
        """The budgets that a request counts for: of its address and of its user."""
        both = (self.of_address(scope), self.of_user(user))
        return [budget for budget in both if budget is not None]

    def count_creation(self, scope: Any, user: User) -> None:
        """Count a document that is about to be created; raises `RateLimited`."""
        for budget in self.of(scope, user):
            budget.acquire("creations", "documents created")

    @contextlib.contextmanager
    def restore(self, scope: Any, user: User) -> Iterator[Allowance]:
        """Count the restore of an old version; yields what pays for it.

        Raises:
            RateLimited: it is one too many.
        """
        address, of_user = self.of_address(scope), self.of_user(user)
        with contextlib.ExitStack() as stack:
            for budget in (address, of_user):
                if budget is not None:
                    stack.enter_context(budget.restore())
            allowance = Allowance(address, has_floor=False)
            allowance.of_user(of_user)
            yield allowance

    def _find(
        self,
        among: OrderedDict[str, Budget],
        key: str,
        whose: str,
        share: float,
        burst: float,
        rivals: Rivals,
    ) -> Budget:
        budget = among.get(key)
        if budget is None:
            budget = among[key] = Budget(self._settings, Work(share, burst, rivals), whose)
            if len(among) > MAX_BUDGETS:
                among.popitem(last=False)
        else:
            among.move_to_end(key)
        return budget


class Allowance:
    """What one connection or request pays from: the budgets of its address and, once it is known,
    its user.

    Close it when the connection ends.

    Args:
        has_floor: whether it may have one of the address's floors (`MAX_FLOORS`).
    """

    __slots__ = ("_address", "_entered", "_floor", "_grown", "_user")

    def __init__(self, address: Budget | None, *, has_floor: bool = True) -> None:
        self._address = address
        self._user: Budget | None = None
        self._floor: Work | None = None
        self._grown = 0
        # The document of the connection, and whose documents it counts among.
        self._entered: list[tuple[OpenSize, Sized]] = []
        if has_floor and address is not None:
            self._floor = address.take_floor()

    def of_user(self, user: Budget | None) -> None:
        """From now on this user pays, too."""
        self._user = user

    def spend(self, seconds: float) -> None:
        """Pay for work on the event loop."""
        if self._user is not None:
            self._user.work.spend(seconds)
        address = self._address
        if address is not None:
            work = address.work
            work.spend(seconds)
            if work.left < 0 and self._floor is not None:
                self._floor.spend(seconds)

    @property
    def lacking(self) -> Waiters | None:
        """What has to be waited for before more is read; None for nothing."""
        return None if self._is_free else self._first(lambda work: work.must_wait)

    @property
    def held(self) -> Waiters | None:
        """The same, but only what holds since there are others."""
        return None if self._is_free else self._first(lambda work: work.is_spent)

    async def until_left(self) -> None:
        """Return when it is the caller's turn, and others have had theirs."""
        lacking = self.lacking
        while lacking is not None:
            await lacking.until_left()
            lacking = self.held

    async def until_paced(self) -> None:
        """As `Work.until_paced`, of all that pay."""
        for budget in (self._address, self._user):
            if budget is not None:
                await budget.work.until_paced()

    @property
    def _is_free(self) -> bool:
        """Whether nothing has to be waited for, as of the last time that something was spent."""
        address = self._address
        if address is not None:
            work = address.work
            if work.left < 0 or work.ahead > PACE_BURST_SECONDS:
                return False
        user = self._user
        if user is None:
            return True
        work = user.work
        return work.left >= 0 and work.ahead <= PACE_BURST_SECONDS

    def _first(self, lacks: Callable[[Work], bool]) -> Waiters | None:
        user, address, floor = self._user, self._address, self._floor
        if user is not None and lacks(user.work):
            return user.work.turns
        if address is not None and lacks(address.work):
            if floor is None or floor.wait_seconds > address.work.wait_seconds:
                return address.work.turns
            if floor.is_spent:
                return floor.turns
        for budget in (user, address):
            if budget is not None and budget.work.is_hasty:
                return budget.work.pace
        return None

    def acquire(self, kind: str, what: str) -> None:
        """Count one of a kind, as by `Budget.acquire`; raises `RateLimited`."""
        for budget in (self._address, self._user):
            if budget is not None:
                budget.acquire(kind, what)

    def enter(self, document: Sized) -> None:
        """Count a document that the connection has open, until the end.

        Raises:
            RateLimited: together with the others of the address, or of the user, it is too large.
        """
        for budget in (self._address, self._user):
            if budget is not None:
                budget.open_size.enter(document)
                self._entered.append((budget.open_size, document))

    def check_growth(self, growth: int) -> None:
        """Let a document grow by so many units or bytes.

        Raises:
            RateLimited: what the address, or the user, has open is too large already.
        """
        grown = self._grown + growth
        if grown >= CHECKED_GROWTH:
            for open_size, _ in self._entered:
                open_size.check_growth()
            grown = 0
        self._grown = grown

    def close(self) -> None:
        """Idempotent."""
        for open_size, document in self._entered:
            open_size.leave(document)
        self._entered.clear()
        if self._floor is not None and self._address is not None:
            self._address.floors.append(self._floor)
        self._floor = None


_running: ContextVar[Metered | None] = ContextVar("running", default=None)


class Payer(Protocol):
    """What pays for work on the event loop."""

    def spend(self, seconds: float) -> None: ...
    async def until_paced(self) -> None: ...


class Unnoticed:
    """Pays without counting as one of the others, for whom shares hold (`Work.charge`)."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def spend(self, seconds: float) -> None:
        self._work.charge(seconds)

    async def until_paced(self) -> None:
        """At once: an operator who asks how the server is can't wait."""


class Metered:
    """An awaitable, each of whose steps these pay for.

    Of what runs in other tasks meanwhile nothing is counted.
    """

    def __init__(self, awaitable: Awaitable[Any], *payers: Payer) -> None:
        self._awaitable = awaitable
        self._payers = list(payers)

    @staticmethod
    def payers() -> Sequence[Payer]:
        """Those who pay for what is running: an address, and then a user."""
        running = _running.get()
        return () if running is None else tuple(running._payers)

    @staticmethod
    async def continued(awaitable: Awaitable[T]) -> T:
        """For a new task: who pays for what has begun the task pays for it, too."""
        result: T = await Metered(awaitable, *Metered.payers())
        return result

    @staticmethod
    def charge_user(budget: Budget | None) -> None:
        """Have a user pay from now on for the request that is being answered.

        Raises:
            RateLimited: the user has used up their share of the event loop.
        """
        if budget is None:
            return
        check_work(budget)
        running = _running.get()
        if running is not None and budget.work not in running._payers:
            running._payers.append(budget.work)

    def __await__(self) -> Generator[Any, Any, Any]:
        steps = self._awaitable.__await__()
        _running.set(self)
        resume: Callable[[Any], Any] = steps.send
        value: Any = None
        while True:
            begun = cpu_clock()
            try:
                waited_for = resume(value)
            except StopIteration as end:
                return end.value
            finally:
                self._spend(cpu_clock() - begun)
            try:
                value = yield waited_for
                resume = steps.send
            except BaseException as error:
                resume, value = steps.throw, error

    def _spend(self, seconds: float) -> None:
        for payer in self._payers:
            payer.spend(seconds)


def check_work(budget: Budget) -> None:
    """Raise `RateLimited` if this address or user has used up its share of the event loop."""
    work = budget.work
    if work.is_spent:
        raise RateLimited(
            f"what came {budget.whose} took more of the server's time than its share "
            "(address_loop_share, user_loop_share): send the same again later",
            retry_after_seconds=max(1, round(work.wait_seconds)),
        )


async def until_affordable(budget: Budget) -> None:
    """Return once there is work left for this address.

    Raises:
        RateLimited: as many requests wait already as may wait (`MAX_WAITING_REQUESTS`).
    """
    work = budget.work
    if not (work.must_wait or work.is_hasty):
        return
    if work.waiting >= MAX_WAITING_REQUESTS:
        check_work(budget)
    if work.must_wait:
        await work.until_left()
    await work.until_paced()


async def next_turn() -> None:
    """Let all others have a turn, and more of them where who pays for what is running has taken
    much of the event loop just now."""
    await asyncio.sleep(0)
    for payer in Metered.payers():
        await payer.until_paced()
