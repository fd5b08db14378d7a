"""Limits on the number of connections: in all, per network address and per document."""

from __future__ import annotations

import contextlib
import functools
import ipaddress
from collections import Counter
from collections.abc import Container, Iterator
from typing import Any, Protocol

from ..errors import AddressBusy, DocumentBusy, ServerBusy
from ..settings import Settings

__all__ = ["ConnectionLimits", "address_of"]

# The smallest network that an Internet provider assigns to one customer.
IPV6_PREFIX = 64

# Hosts whose network is cached.
ADDRESSES_KNOWN = 1024


class Present(Container[str], Protocol):
    """The `client_id`s that are connected to a document."""

    def __len__(self) -> int: ...


class ConnectionLimits:
    """Counts handshakes in progress and connections: in all, per network address and per document.

    Bounds: `max_handshakes`, `max_connections`, `max_address_connections`,
    `max_document_connections`. A handshake counts as a connection, too.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._all = 0
        self._handshakes = 0
        self._addresses: Counter[str] = Counter()
        self._joining: Counter[str] = Counter()

    def __len__(self) -> int:
        """The number of connections, handshakes included."""
        return self._all

    @contextlib.contextmanager
    def handshake(self, scope: Any) -> Iterator[str]:
        """Count a handshake inside the context; yields the address to pass to `enter`.

        Raises:
            ServerBusy, AddressBusy: a limit is reached.
        """
        address = address_of(scope)
        self._check(address)
        self._handshakes += 1
        self.enter(address)
        try:
            yield address
        finally:
            self._handshakes -= 1
            self.leave(address)

    def _check(self, address: str) -> None:
        settings = self._settings
        if len(self) >= settings.max_connections:
            raise ServerBusy(
                f"the server has {settings.max_connections} connections, which is the limit "
                "(max_connections): try again later"
            )
        if self._handshakes >= settings.max_handshakes:
            raise ServerBusy(
                f"{settings.max_handshakes} connections are being joined, which is the limit "
                "(max_handshakes): try again later"
            )
        if address and self._addresses[address] >= settings.max_address_connections:
            raise AddressBusy(
                f"there are {settings.max_address_connections} connections from your network "
                "address, which is the limit (max_address_connections): close some"
            )

    @contextlib.contextmanager
    def joining(self, doc_id: str, present: Present, client_id: str) -> Iterator[None]:
        """Count a join of a document inside the context; after it the client is among `present`.

        A client that is present already replaces its older connection, so it is not limited.

        Raises:
            DocumentBusy: the document's limit is reached.
        """
        limit = self._settings.max_document_connections
        if len(present) + self._joining[doc_id] >= limit and client_id not in present:
            raise DocumentBusy(
                f"the document has {limit} connections, which is the limit "
                "(max_document_connections): try again later"
            )
        self._joining[doc_id] += 1
        try:
            yield
        finally:
            _decrement(self._joining, doc_id)

    def enter(self, address: str) -> None:
        """Count a connection of this address."""
        self._all += 1
        self._addresses[address] += 1

    def leave(self, address: str) -> None:
        """Stop counting a connection of this address."""
        self._all -= 1
        _decrement(self._addresses, address)


def _decrement(counter: Counter[str], name: str) -> None:
    counter[name] -= 1
    if not counter[name]:
        del counter[name]


def address_of(scope: Any) -> str:
    """The address that a connection counts for: the peer's IPv4 address or IPv6 /64 network. Empty
    if there is none, as with a Unix socket."""
    return _network_of(str((scope.get("client") or ("",))[0]))


@functools.lru_cache(ADDRESSES_KNOWN)
def _network_of(host: str) -> str:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:
        return str(address)
    mapped = address.ipv4_mapped
    if mapped is not None:
        return str(mapped)
    return str(ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
