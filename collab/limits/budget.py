"""Budgets of network addresses and signed-in users, shared by all of their connections.

A client can reconnect at any time and chooses its own `client_id`, so neither a connection nor a
`client_id` can be limited. The network address can, and so can an authenticated user. A budget
outlives the connections that use it.
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
from .open_size import GROWTH_PER_CHECK, OpenSize, Sized
from .token_bucket import TokenBucket
from .work import PACE_BURST_SECONDS, Rivals, WaitQueue, Work, cpu_clock

__all__ = [
    "MAX_BUDGETS",
    "UNCHARGED",
    "Allowance",
    "Budget",
    "Budgets",
    "Metered",
    "ProbePayer",
    "check_work",
    "next_turn",
    "until_affordable",
]

MAX_BUDGETS = 10_000
"""Most budgets of addresses, and of users. The least recently used one is evicted; if it is needed
again, it starts full."""

UNCHARGED = "collab.uncharged_seconds"
"""The scope key under which our own server passes the CPU seconds that it spent before it called
the application. Behind a proxy the client's address is known only then."""

MAX_RESERVED_SHARES = 5
RESERVED_SHARE = 0.01
"""The oldest connections of one address, at most `MAX_RESERVED_SHARES`, each keep this share of the
event loop when the address has used up its own share. So one harmful client does not stop all
clients behind the same address. A connection that replaces another inherits what the reserved share
has spent."""

MAX_CONCURRENT_RESTORES = 2
"""Most concurrent restores of old versions for one address or user. Each holds two contents in
memory."""

MAX_WAITING_REQUESTS = 100
"""Most requests and handshakes of one address or user that wait for event loop time."""


T = TypeVar("T")


class Budget:
    """The limits of one network address or one signed-in user: event loop time (`work`), and rates
    of edits, presence frames, joins, created documents and restored versions."""

    __slots__ = (
        "_reserved_shares_made",
        "creations",
        "edits",
        "joins",
        "open_size",
        "presences",
        "reserved_shares",
        "restores",
        "restoring",
        "whose",
        "work",
    )

    def __init__(self, settings: Settings, work: Work, whose: str) -> None:
        self.whose = whose
        self.work = work
        self.reserved_shares: list[Work] = []
        """The reserved shares that no connection uses."""
        self._reserved_shares_made = 0
        self.restoring = 0
        self.open_size = OpenSize(settings.max_address_open_size, whose)
        self.edits = TokenBucket(settings.edits_per_second, settings.edits_burst)
        self.presences = TokenBucket(settings.presences_per_second, settings.presences_burst)
        self.joins = TokenBucket(settings.joins_per_second, settings.joins_burst)
        self.creations = TokenBucket(settings.creations_per_second, settings.creations_burst)
        self.restores = TokenBucket(settings.restores_per_second, settings.restores_burst)

    def take_reserved_share(self) -> Work | None:
        """Take one of the reserved shares of the address; None if all are in use."""
        if self._reserved_shares_made < MAX_RESERVED_SHARES:
            self._reserved_shares_made += 1
            return Work(RESERVED_SHARE, RESERVED_SHARE)
        # The first has been unused for longest.
        return self.reserved_shares.pop(0) if self.reserved_shares else None

    def acquire(self, kind: str, what: str) -> None:
        """Count one action of a kind. A kind is the prefix of its settings' names, such as `edits`.

        Refused actions are not counted. So a client that keeps sending does not block the other
        clients of the same address after it has stopped.

        Raises:
            RateLimited: the rate is exceeded.
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
        """Count a restore, which runs inside the context.

        Raises:
            RateLimited: the rate or the number of concurrent restores is exceeded.
        """
        if self.restoring >= MAX_CONCURRENT_RESTORES:
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
    """The budgets of recently seen addresses and users.

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
        """Remove all budgets: their waiting callbacks belong to the event loop that ends."""
        self._addresses.clear()
        self._users.clear()

    def of_address(self, scope: Any) -> Budget | None:
        """The budget of the peer's address; None if the peer has none, as with a Unix socket. The
        proxy in front must limit clients then."""
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
        """The budget of a user; None if the user is not authenticated."""
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
        """The budgets that a request is charged to: those of its address and its user."""
        both = (self.of_address(scope), self.of_user(user))
        return [budget for budget in both if budget is not None]

    def count_creation(self, scope: Any, user: User) -> None:
        """Count the creation of a document; raises `RateLimited`."""
        for budget in self.of(scope, user):
            budget.acquire("creations", "documents created")

    @contextlib.contextmanager
    def restore(self, scope: Any, user: User) -> Iterator[Allowance]:
        """Count the restore of an old version; yields the allowance that it is charged to.

        Raises:
            RateLimited: the rate or the number of concurrent restores is exceeded.
        """
        address, of_user = self.of_address(scope), self.of_user(user)
        with contextlib.ExitStack() as stack:
            for budget in (address, of_user):
                if budget is not None:
                    stack.enter_context(budget.restore())
            allowance = Allowance(address, may_reserve=False)
            allowance.of_user(of_user)
            yield allowance

    @contextlib.contextmanager
    def edit(self, scope: Any, user: User) -> Iterator[Allowance]:
        """Count an edit that comes by a request; yields what pays for it.

        Raises:
            RateLimited: it is one too many.
        """
        allowance = Allowance(self.of_address(scope), may_reserve=False)
        allowance.of_user(self.of_user(user))
        allowance.acquire("edits", "edits")
        try:
            yield allowance
        finally:
            allowance.close()

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
    """The budgets that one connection or request is charged to: that of its address and, once it is
    authenticated, that of its user.

    Close it when the connection ends.

    Args:
        may_reserve: whether it may use a reserved share of the address (`MAX_RESERVED_SHARES`).
    """

    __slots__ = ("_address", "_entered", "_grown", "_reserved", "_user")

    def __init__(self, address: Budget | None, *, may_reserve: bool = True) -> None:
        self._address = address
        self._user: Budget | None = None
        self._reserved: Work | None = None
        self._grown = 0
        # The open document of the connection, once for each budget that counts it.
        self._entered: list[tuple[OpenSize, Sized]] = []
        if may_reserve and address is not None:
            self._reserved = address.take_reserved_share()

    def of_user(self, user: Budget | None) -> None:
        """From now on, charge this user as well."""
        self._user = user

    def spend(self, seconds: float) -> None:
        """Charge CPU seconds of the event loop."""
        if self._user is not None:
            self._user.work.spend(seconds)
        address = self._address
        if address is not None:
            work = address.work
            work.spend(seconds)
            if work.left < 0 and self._reserved is not None:
                self._reserved.spend(seconds)

    @property
    def wait_queue(self) -> WaitQueue | None:
        """The queue to wait in before more is read; None if there is no need to wait."""
        return None if self._is_free else self._first(lambda work: work.must_wait)

    @property
    def contended_wait_queue(self) -> WaitQueue | None:
        """As `wait_queue`, but only the limits that apply because other clients are active."""
        return None if self._is_free else self._first(lambda work: work.is_spent)

    async def until_available(self) -> None:
        """Return when it is the caller's turn."""
        queue = self.wait_queue
        while queue is not None:
            await queue.until_available()
            queue = self.contended_wait_queue

    async def until_paced(self) -> None:
        """As `Work.until_paced`, for all budgets."""
        for budget in (self._address, self._user):
            if budget is not None:
                await budget.work.until_paced()

    @property
    def _is_free(self) -> bool:
        """Whether there was no need to wait when work was last charged."""
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

    def _first(self, applies: Callable[[Work], bool]) -> WaitQueue | None:
        user, address, reserved = self._user, self._address, self._reserved
        if user is not None and applies(user.work):
            return user.work.turns
        if address is not None and applies(address.work):
            if reserved is None or reserved.wait_seconds > address.work.wait_seconds:
                return address.work.turns
            if reserved.is_spent:
                return reserved.turns
        for budget in (user, address):
            if budget is not None and budget.work.exceeds_pace:
                return budget.work.pace
        return None

    def acquire(self, kind: str, what: str) -> None:
        """Count one action of a kind, as `Budget.acquire`; raises `RateLimited`."""
        for budget in (self._address, self._user):
            if budget is not None:
                budget.acquire(kind, what)

    def enter(self, document: Sized) -> None:
        """Count a document that the connection opens, until `close`.

        Raises:
            RateLimited: the open documents of the address, or of the user, would be too large.
        """
        for budget in (self._address, self._user):
            if budget is not None:
                budget.open_size.enter(document)
                self._entered.append((budget.open_size, document))

    def check_growth(self, growth: int) -> None:
        """Account for the growth of a document, in units or bytes.

        Raises:
            RateLimited: the open documents of the address, or of the user, are too large already.
        """
        grown = self._grown + growth
        if grown >= GROWTH_PER_CHECK:
            for open_size, _ in self._entered:
                open_size.check_growth()
            grown = 0
        self._grown = grown

    def close(self) -> None:
        """Return the reserved share and stop counting the open documents. Idempotent."""
        for open_size, document in self._entered:
            open_size.leave(document)
        self._entered.clear()
        if self._reserved is not None and self._address is not None:
            self._address.reserved_shares.append(self._reserved)
        self._reserved = None


_running: ContextVar[Metered | None] = ContextVar("running", default=None)


class Payer(Protocol):
    """Something that work on the event loop is charged to."""

    def spend(self, seconds: float) -> None: ...
    async def until_paced(self) -> None: ...


class ProbePayer:
    """A payer whose work does not make the shares of other clients apply (`Work.charge`)."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def spend(self, seconds: float) -> None:
        self._work.charge(seconds)

    async def until_paced(self) -> None:
        """Return at once: an operator's probe must not wait."""


class Metered:
    """An awaitable whose steps are charged to the given payers.

    Work of other tasks, which run between the steps, is not charged.
    """

    def __init__(self, awaitable: Awaitable[Any], *payers: Payer) -> None:
        self._awaitable = awaitable
        self._payers = list(payers)

    @staticmethod
    def payers() -> Sequence[Payer]:
        """The payers of the running task: an address, then a user."""
        running = _running.get()
        return () if running is None else tuple(running._payers)

    @staticmethod
    async def continued(awaitable: Awaitable[T]) -> T:
        """Await in a new task, charged to the payers of the task that created it."""
        result: T = await Metered(awaitable, *Metered.payers())
        return result

    @staticmethod
    def charge_user(budget: Budget | None) -> None:
        """From now on, charge a user for the current request as well.

        Raises:
            RateLimited: the user's share of the event loop is used up.
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
    """Return once this address or user has event loop time left.

    Raises:
        RateLimited: too many requests wait already (`MAX_WAITING_REQUESTS`).
    """
    work = budget.work
    if not (work.must_wait or work.exceeds_pace):
        return
    if work.waiting >= MAX_WAITING_REQUESTS:
        check_work(budget)
    if work.must_wait:
        await work.until_available()
    await work.until_paced()


async def next_turn() -> None:
    """Yield to other tasks; longer if a payer of this task has just used much of the event loop."""
    await asyncio.sleep(0)
    for payer in Metered.payers():
        await payer.until_paced()
