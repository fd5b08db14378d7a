"""A database server over any of SQLAlchemy's asynchronous dialects."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import URL

from ..append import append_batch
from ..backend import Executors, Heads, Stored
from ..engine import server_engine
from ..executor import AsyncExecutor, Executor
from ..records import Append

__all__ = ["GenericBackend"]

CONNECTIONS = 5


class GenericBackend:
    """Transactions of SQLAlchemy's own statements, by one pool that reads and one that writes."""

    is_embedded = False
    file: Path | None = None
    lock_file: Path | None = None

    def __init__(self, url: URL, timeout_seconds: float) -> None:
        self._url = url
        self._timeout_seconds = timeout_seconds

    def connect(self, verify: Callable[[], None]) -> Executors:
        writer = server_engine(self._url, connections=CONNECTIONS)
        reader = server_engine(self._url, connections=CONNECTIONS, one_state=True)
        timeout = self._timeout_seconds
        return Executors(
            AsyncExecutor(reader, CONNECTIONS, timeout),
            AsyncExecutor(writer, CONNECTIONS, timeout),
        )

    async def append(self, writes: Executor, batch: Sequence[Append], heads: Heads) -> Stored:
        return await writes.run(append_batch, batch, heads)

    async def settle(self, writes: Executor) -> None:
        """An append holds the lock of its document, for which `holds_edit` waits."""

    async def warn(self, reads: Executor) -> None:
        """How safe it is has no name that all databases know."""

    def migrating(self) -> Executor | None:
        return None
