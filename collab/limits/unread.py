"""What waits to be read: the bytes that answers and joins hold until their readers have them."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from ..errors import AddressBusy, ServerBusy
from ..settings import Settings

__all__ = ["LARGE_BYTES", "Hold", "Unread", "Waiter"]

LARGE_BYTES = 65536
"""What is larger is written in parts of this size, and counted."""


class Waiter(Protocol):
    """A connection whose last part has not been taken yet."""

    def abort(self) -> None:
        """End it at once; what waits is lost."""


class Hold:
    """Keeps content counted until it is released."""

    __slots__ = ("_address", "_content", "_unread")

    def __init__(self, unread: Unread, address: str, content: object) -> None:
        self._unread: Unread | None = unread
        self._address = address
        self._content = content

    def release(self) -> None:
        """Idempotent."""
        unread, self._unread = self._unread, None
        if unread is not None:
            unread.let_go(self._address, self._content)
            self._content = None


class Unread:
    """Counts the bytes that wait, in all and for each network address.

    Content counts once in all, and once for each address that waits for it, however many of its
    connections do. Bounds: `max_unread_bytes`, `max_address_unread_bytes`; who holds
    nothing yet may hold one content of any size.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # How often each content is held, by its identity.
        self._holds: Counter[int] = Counter()
        self._address_holds: Counter[tuple[str, int]] = Counter()
        self._sizes: dict[int, int] = {}
        self._addresses: Counter[str] = Counter()
        self._waiters: dict[str, dict[Waiter, int]] = {}
        self._total = 0

    def __len__(self) -> int:
        """Bytes in all."""
        return self._total

    def of_address(self, address: str) -> int:
        """Bytes that wait for one network address."""
        return self._addresses[address]

    def hold(self, address: str, content: object, size: int) -> Hold:
        """Count `size` bytes of `content` until the hold is released.

        Raises:
            AddressBusy, ServerBusy: too much waits for this address, or in all.
        """
        key = id(content)
        if not self._address_holds[address, key]:
            self._check(address, key, size)
            self._addresses[address] += size
        if not self._holds[key]:
            self._sizes[key] = size
            self._total += size
        self._holds[key] += 1
        self._address_holds[address, key] += 1
        return Hold(self, address, content)

    def _check(self, address: str, key: int, size: int) -> None:
        limit = self._settings.max_address_unread_bytes
        waiting = self._addresses[address]
        if waiting and waiting + size > limit:
            # A counter keeps what was asked for.
            self._forget(address, key)
            raise AddressBusy(
                f"{waiting} bytes wait to be read by your network address, and {size} more are "
                f"above {limit}, which is the limit (max_address_unread_bytes): read them first"
            )
        limit = self._settings.max_unread_bytes
        if not self._holds[key] and self._total and self._total + size > limit:
            self._forget(address, key)
            raise ServerBusy(
                f"{self._total} bytes wait to be read, and {size} more are above {limit}, which "
                "is the limit (max_unread_bytes): try again later"
            )

    def _forget(self, address: str, key: int) -> None:
        if not self._address_holds[address, key]:
            del self._address_holds[address, key]
        if not self._holds[key]:
            del self._holds[key]
        if not self._addresses[address]:
            del self._addresses[address]

    def let_go(self, address: str, content: object) -> None:
        """The end of one hold."""
        key = id(content)
        size = self._sizes[key]
        self._address_holds[address, key] -= 1
        if not self._address_holds[address, key]:
            self._addresses[address] -= size
        self._holds[key] -= 1
        if not self._holds[key]:
            self._total -= size
            del self._sizes[key]
        self._forget(address, key)

    def wait(self, address: str, waiter: Waiter, size: int) -> None:
        """`size` bytes wait in the buffer of this connection. Where that is too much, the one that
        has waited longest is aborted: one of this address, or of the address that holds most."""
        self.leave(address, waiter)
        self._waiters.setdefault(address, {})[waiter] = size
        self._addresses[address] += size
        self._total += size
        while self._addresses[address] > self._settings.max_address_unread_bytes:
            if not self._abort_oldest(address, waiter):
                break
        while self._total > self._settings.max_unread_bytes:
            most = max(self._waiters, key=self.of_address)
            if not self._abort_oldest(most, waiter):
                break

    def _abort_oldest(self, address: str, newest: Waiter) -> bool:
        """False if there is none but the newest."""
        oldest = next(iter(self._waiters.get(address, ())), newest)
        if oldest is newest:
            return False
        self.leave(address, oldest)
        oldest.abort()
        return True

    def leave(self, address: str, waiter: Waiter) -> None:
        """Nothing waits there any more. Idempotent."""
        waiters = self._waiters.get(address)
        size = waiters.pop(waiter, None) if waiters else None
        if size is None:
            return
        if not waiters:
            del self._waiters[address]
        self._addresses[address] -= size
        self._total -= size
        if not self._addresses[address]:
            del self._addresses[address]
