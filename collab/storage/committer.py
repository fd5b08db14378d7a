"""Pipelined group commit: one task writes what all documents have waiting, a transaction at a time.

While one is being written, sources go on collecting; the next one takes all of that. So at low load
an edit waits for nothing, and at high load the price of a commit is shared.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol

from ..errors import CollabError, ConfigurationError, StorageUnavailable
from ..metrics import Metrics
from .commit_delay import CommitDelay
from .records import Append
from .store import Store

__all__ = ["Committer", "Conflict", "Source"]

logger = logging.getLogger(__name__)


class Conflict(StorageUnavailable):
    """The document is gone, or has another version than expected: another program wrote to it."""


class Source(Protocol):
    """A document with uncommitted edits. Hashable; all three are plain functions.

    After `next_append` has returned an append, it is not called again before exactly one of
    `committed` and `failed` was called with it. (Unless the event loop ends in between.)
    """

    def next_append(self, limit: int) -> Append | None:
        """The next part to be committed, of at most `limit` operations; None if there is none."""

    def committed(self, append: Append, checksums: Sequence[int]) -> None:
        """It is durable, its operations with these checksums."""

    def failed(self, append: Append, error: CollabError) -> None:
        """It was not stored (`Conflict`), or that is not known (any other error)."""


class Committer:
    """Owns the one task that commits: `start` begins it, `close` ends it, and so does cancelling
    it, as the end of an event loop does. It may be started again, in another event loop too.

    Args:
        max_operations: most operations of one transaction. What a source has beyond that
            waits for its next turn, after the other sources.
        metrics: where what it does is counted; those who have something to commit count there, too.
        delay_seconds: how long a commit may wait, under load, for more edits (`CommitDelay`).
    """

    def __init__(
        self,
        store: Store,
        max_operations: int,
        metrics: Metrics | None = None,
        delay_seconds: float = 0.0,
    ) -> None:
        self.metrics = metrics or Metrics()
        self._store = store
        self._maximum = max_operations
        # Bound: each source is in here once.
        self._marked: OrderedDict[Source, None] = OrderedDict()
        self._delay_seconds = delay_seconds
        self._commit_delay = CommitDelay(delay_seconds)
        self._bell = asyncio.Event()
        self._closing = False
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        # Bound: what was being written when the task was cancelled.
        self._lost: list[tuple[Source, Append]] = []
        self.failed_at: float | None = None
        """When the newest commit failed (`time.monotonic`); None if it succeeded."""
        self.failure: str | None = None
        """Why it failed; None if it succeeded."""
        self.is_proven = False
        """Whether the newest thing that is known is a commit that succeeded, or `prove`."""

    def notify(self, source: Source) -> None:
        """This source has something to commit. After `close` nobody listens any more."""
        if self._closing and (self._task is None or self._task.done()):
            return
        self._marked[source] = None
        self._commit_delay.add()
        self._bell.set()

    async def start(self) -> None:
        """Begin to commit. Idempotent.

        Raises:
            ConfigurationError: it is started in another event loop.
        """
        loop = asyncio.get_running_loop()
        started_in, self._loop = self._loop, loop
        is_at_work = self._task is not None and not self._task.done()
        if started_in is not None and started_in is not loop:
            if is_at_work and started_in.is_running():
                self._loop = started_in
                raise ConfigurationError(
                    "the committer is started in another event loop: close it there first"
                )
            # What waited there waits no longer, and what it waited by is of that loop.
            self._marked.clear()
            self._lost.clear()
            self._commit_delay = CommitDelay(self._delay_seconds)
            self._bell = asyncio.Event()
        elif is_at_work:
            return
        self._closing = False
        self.failed_at = self.failure = None
        self.is_proven = False
        self._task = loop.create_task(self._commit_all(), name="collab committer")

    async def close(self) -> None:
        """Commit what is waiting, then end. Idempotent; if it is cancelled, the rest goes on."""
        self._closing = True
        if self._task is None or self._loop is not asyncio.get_running_loop():
            # Never started, or its event loop has ended, and its task with that.
            return
        self._commit_delay.release()
        self._bell.set()
        await asyncio.wait([self._task])

    async def prove(self) -> None:
        """See that something can be stored, by storing something, unless that is known already.

        Raises:
            StorageUnavailable: it can't.
        """
        if not self.is_proven:
            await self._store.write_something()
            self.is_proven = True

    def tell_lost(self) -> None:
        """Tell sources whose commit was under way when the task was cancelled that its outcome is
        not known."""
        lost, self._lost = self._lost, []
        _fail(
            lost,
            StorageUnavailable("the server stopped during the commit: send the same edit again"),
        )

    async def _commit_all(self) -> None:
        while self._marked or not self._closing:
            try:
                await self._go_on()
            except asyncio.CancelledError:
                # The event loop ends, and the documents are closed now: as by `close`, what is
                # waiting is committed before.
                if self._closing:
                    raise
                self._closing = True

    async def _go_on(self) -> None:
        if self._marked:
            if not self._closing:
                await self._commit_delay.wait()
            await self._commit_next()
        else:
            self._bell.clear()
            await self._bell.wait()

    async def _commit_next(self) -> None:
        # Of its own, so that nobody's documents are held while nothing is to be committed.
        self._commit_delay.begin()
        batch, more = self._take()
        if batch and await self._commit(batch) and more is not None:
            self._marked[more] = None

    def _take(self) -> tuple[list[tuple[Source, Append]], Source | None]:
        """One transaction's worth, each source asked once, and the source that may have more."""
        batch: list[tuple[Source, Append]] = []
        room = self._maximum
        for _ in range(len(self._marked)):
            source, _none = self._marked.popitem(last=False)
            append = self._ask(source, room)
            if append is None:
                continue
            batch.append((source, append))
            room -= len(append.operations)
            if room <= 0:
                return batch, source
        return batch, None

    def _ask(self, source: Source, limit: int) -> Append | None:
        try:
            append = source.next_append(limit)
        except Exception:
            logger.exception("a document failed to return its uncommitted edits")
            return None
        return append if append is not None and append.operations else None

    async def _commit(self, batch: list[tuple[Source, Append]]) -> bool:
        """Whether all of it was stored."""
        begun = time.monotonic()
        try:
            stored = await self._store.operations.append([append for _, append in batch])
        except Exception as error:
            self.failed_at = time.monotonic()
            self.is_proven = False
            self.metrics.commit_seconds.observe(self.failed_at - begun)
            known = error if isinstance(error, CollabError) else self._unknown(error)
            # Not the error, whose traceback holds the documents of the batch.
            self.failure = str(known)
            _fail(batch, known)
            return False
        except asyncio.CancelledError:
            self._lost += batch
            raise
        self.failed_at = self.failure = None
        self.is_proven = True
        ended = time.monotonic()
        self.metrics.commit_seconds.observe(ended - begun)
        operations = 0
        for (source, append), checksums in zip(batch, stored, strict=True):
            if checksums:
                operations += len(checksums)
                _tell(source.committed, append, checksums)
            else:
                self.metrics.store_errors["conflict"] += 1
                _tell(source.failed, append, _conflict(append))
        self._commit_delay.end(operations)
        if operations:
            self.metrics.commit_operations.observe(operations)
            # After what the sources have put off to the next turn of the loop.
            asyncio.get_running_loop().call_soon(self._delivered, ended)
        return all(stored)

    def _delivered(self, committed_at: float) -> None:
        self.metrics.delivery_seconds.observe(time.monotonic() - committed_at)

    def _unknown(self, error: Exception) -> CollabError:
        self.metrics.store_errors["unexpected"] += 1
        logger.error("a commit failed", exc_info=error)
        return StorageUnavailable("the database could not store the edits: try again later")


def _conflict(append: Append) -> Conflict:
    return Conflict(
        f"the document is no longer at version {append.version}: another program changed "
        "or deleted it"
    )


def _fail(batch: Sequence[tuple[Source, Append]], error: CollabError) -> None:
    for source, append in batch:
        _tell(source.failed, append, error)


def _tell(callback: Callable[..., None], *args: object) -> None:
    # One document's mistake must not keep the others' outcome from them.
    try:
        callback(*args)
    except Exception:
        logger.exception("a document failed to handle the outcome of its commit")
