"""What each kind of database does in its own way: connecting, locking, appending."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

from .executor import Executor
from .records import Append

__all__ = ["Backend", "Executors", "Heads", "Stored"]

Heads = Mapping[int, int | None]
"""By document key, the checksums of the newest operations, as far as they are known."""

Stored = list[list[int]]
"""For each append, the checksums of its operations."""


class Executors(NamedTuple):
    """How transactions run that only read, and all others; they may be the same executor."""

    reads: Executor
    writes: Executor


class Backend(Protocol):
    """One kind of database. Nothing is open here: `Database` opens and closes the executors."""

    is_embedded: bool
    """Whether the database is this program's own, to be upgraded without being asked."""

    file: Path | None
    """The database's file, absolute; None if it has none."""

    lock_file: Path | None
    """The file to be locked while a server has the database open; None if many may have it."""

    def connect(self, verify: Callable[[], None]) -> Executors:
        """New executors, in the running event loop.

        Args:
            verify: called before a connection is made and after each transaction; what it raises
                is raised by the transaction's caller.
        """

    async def append(self, writes: Executor, batch: Sequence[Append], heads: Heads) -> Stored:
        """As `Database.append`, by the executor that writes."""

    async def settle(self, writes: Executor) -> None:
        """Return once no append that was given up can be stored any more, if it is not yet.

        Raises:
            StorageUnavailable: one is still at work.
        """

    async def warn(self, reads: Executor) -> None:
        """Log what a server should know of how safe its data is."""

    def migrating(self) -> Executor | None:
        """An executor of its own for a migration; None where the one that writes can run it."""
