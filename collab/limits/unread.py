"""Limits on the bytes of responses and joins that wait until clients read them, and of large
requests until they are answered."""

from __future__ import annotations

from collections import Counter
from typing import Protocol

from ..errors import AddressBusy, ServerBusy
from ..settings import Settings

__all__ = ["LARGE_BYTES", "Hold", "Unread", "Waiter"]

LARGE_BYTES = 65536
"""Content above this size is counted, and written in parts of this size."""


class Waiter(Protocol):
    """A connection whose last part has not been read yet."""

    def abort(self) -> None:
        """Close it at once, without sending what is buffered."""


class Hold:
    """Keeps content counted until it is released."""

    __slots__ = ("_address", "_content", "_unread")

    def __init__(self, unread: Unread, address: str, content: object) -> None:
        self._unread: Unread | None = unread
        self._address = address
        self._content = content

    def release(self) -> None:
        """Stop counting the content. Idempotent."""
        unread, self._unread = self._unread, None
        if unread is not None:
            unread.release(self._address, self._content)
            self._content = None


class Unread:
    """Counts the unread bytes, in all and per network address.

    Content that several connections wait for counts once in all and once per address. Bounds:
    `max_unread_bytes`, `max_address_unread_bytes`. An address with nothing unread may hold one
    content of any size.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # The number of holds of each content, by its identity.
        self._holds: Counter[int] = Counter()
        self._address_holds: Counter[tuple[str, int]] = Counter()
        self._sizes: dict[int, int] = {}
        self._addresses: Counter[str] = Counter()
        self._waiters: dict[str, dict[Waiter, int]] = {}
        self._total = 0

    def __len__(self) -> int:
        """The unread bytes in all."""
        return self._total

    def of_address(self, address: str) -> int:
        """The unread bytes of one network address."""
        return self._addresses[address]

    def hold(self, address: str, content: object, size: int) -> Hold:
        """Count `size` bytes of `content` until the hold is released.

        Raises:
            AddressBusy, ServerBusy: too much is unread by this address, or in all.
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
            raise AddressBusy(
                f"{waiting} bytes of answers to and requests from your network address wait, and "
                f"{size} more are above {limit}, which is the limit (max_address_unread_bytes): "
                "read the answers, then send the same again"
            )
        limit = self._settings.max_unread_bytes
        if not self._holds[key] and self._total and self._total + size > limit:
            raise ServerBusy(
                f"{self._total} bytes of answers and requests wait, and {size} more are above "
                f"{limit}, which is the limit (max_unread_bytes): try again later"
            )

    def _forget(self, address: str, key: int) -> None:
        if not self._address_holds[address, key]:
            del self._address_holds[address, key]
        if not self._holds[key]:
            del self._holds[key]
        if not self._addresses[address]:
            del self._addresses[address]

    def release(self, address: str, content: object) -> None:
        """Release one hold of the content."""
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
        """Count `size` bytes in the send buffer of a connection.

        Above a limit, the connection that has waited longest is aborted: one of this address, or
        one of the address with the most unread bytes.
        """
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
        """Abort the longest waiting connection; False if there is none besides the newest."""
        oldest = next(iter(self._waiters.get(address, ())), newest)
        if oldest is newest:
            return False
        self.leave(address, oldest)
        oldest.abort()
        return True

    def leave(self, address: str, waiter: Waiter) -> None:
        """Stop counting the send buffer of a connection. Idempotent."""
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
