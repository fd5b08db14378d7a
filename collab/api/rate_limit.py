"""How often somebody may ask for a page or something of the API: by network address and by user.

Static files, health checks and metrics are not counted, nor are WebSockets, which have limits of
their own (`limits.connection_limits`).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Iterable
from typing import TypeVar

from ..asgi.routing import Route
from ..asgi.types import ASGIApp, Receive, Scope, Send
from ..auth import Access, ConnectionLike, Role, Seen, User
from ..errors import RateLimited
from ..limits.budget import Budgets, Metered, until_affordable
from ..limits.connection_limits import address_of
from ..limits.token_bucket import TokenBucket
from ..metrics import Metrics
from ..settings import Settings
from .json import error_response

__all__ = ["RatedAccess", "RequestRates"]

MAX_BUCKETS = 10_000
"""Of each kind. Who has rested longest is forgotten first, and begins with a full bucket again."""

AnyRoute = TypeVar("AnyRoute", bound=Route)


class RequestRates:
    """A token bucket for each network address, and one for each user who is signed in.

    A request that is refused costs nothing, so that one who asks on regardless does not shut out
    the others of the same address for longer than it lasts.
    """

    def __init__(self, settings: Settings, metrics: Metrics, budgets: Budgets) -> None:
        self._metrics = metrics
        self._budgets = budgets
        self._addresses = Buckets(
            "address",
            "from your network address",
            settings.address_requests_per_second,
            settings.address_requests_burst,
        )
        self._users = Buckets(
            "user",
            "of this user",
            settings.user_requests_per_second,
            settings.user_requests_burst,
        )

    def limit(self, routes: Iterable[AnyRoute]) -> list[AnyRoute]:
        """These routes, each answering 429 to an address that asks too often."""
        limited = list(routes)
        for route in limited:
            route.app = self._around(route.app)
        return limited

    def _around(self, app: ASGIApp) -> ASGIApp:
        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            # Where there is none, as with a Unix socket, whoever is in front has to count.
            address = address_of(scope)
            try:
                if address:
                    self._take(self._addresses, address)
                await self._until_affordable(scope)
            except RateLimited as error:
                await error_response(error)(scope, receive, send)
                return
            await app(scope, receive, send)

        return answer

    def pace(self, app: ASGIApp) -> ASGIApp:
        """This application, which is not counted, but waits while the address has used up its share
        of the event loop."""

        async def answer(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await self._until_affordable(scope)
            except RateLimited as error:
                await error_response(error)(scope, receive, send)
                return
            await app(scope, receive, send)

        return answer

    async def _until_affordable(self, scope: Scope) -> None:
        budget = self._budgets.of_address(scope)
        if budget is not None:
            await until_affordable(budget)

    def check_user(self, user: User) -> None:
        """Count a request of somebody. Guests count for their address alone.

        Raises:
            RateLimited: it is one too many.
        """
        if user.signed_in:
            self._take(self._users, user.user_id)
        Metered.charge_user(self._budgets.of_user(user))

    def _take(self, buckets: Buckets, key: str) -> None:
        try:
            buckets.take(key)
        except RateLimited as error:
            self._metrics.requests_refused[error.code] += 1
            raise


class Buckets:
    """Token buckets by name, at most `MAX_BUCKETS`; the least recently used leaves first.

    Args:
        setting: with what the names of the settings begin.
        whose: as the message has it.
    """

    def __init__(self, setting: str, whose: str, rate: float, burst: int) -> None:
        self._setting = setting
        self._whose = whose
        self._rate = rate
        self._burst = burst
        self._buckets: OrderedDict[str, TokenBucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> None:
        """Raises `RateLimited` if this one has no token left."""
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = TokenBucket(self._rate, self._burst)
            if len(self._buckets) > MAX_BUCKETS:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(key)
        if not bucket.try_acquire():
            bucket.put_back()
            raise RateLimited(
                f"too many requests {self._whose}: the limit is {self._rate:g} per second "
                f"({self._setting}_requests_per_second) after {self._burst} at once "
                f"({self._setting}_requests_burst): send the same again shortly",
                retry_after_seconds=math.ceil(bucket.wait_seconds),
            )


class RatedAccess:
    """Another access, which counts the requests of each user whom it knows."""

    def __init__(self, access: Access, rates: RequestRates) -> None:
        self.creator_owns = access.creator_owns
        self._access = access
        self._rates = rates

    async def user(
        self, connection: ConnectionLike, client_id: str = "", guest_secret: str = ""
    ) -> User:
        user = await self._access.user(connection, client_id, guest_secret)
        self._rates.check_user(user)
        return user

    async def role(self, user: User, doc_id: str) -> Role | None:
        return await self._access.role(user, doc_id)

    async def seen(self, user: User) -> Seen:
        return await self._access.seen(user)
