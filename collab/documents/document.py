"""One open document: what is accepted, what is committed, and how it closes.

Edits come in by its `submission`. Nothing is shown or acknowledged there: that happens when the
committer reports the commit (`committed`), which moves the history's head and has the room send
the changes.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

from ..errors import CollabError, DocumentDeleted, StorageUnavailable
from ..frames import shortened
from ..limits.work import cpu_clock
from ..ot.types import Buffer, OperationType
from ..settings import Settings
from ..storage import Append, Committer, DocumentRecord, OperationRecord, Store
from .authors import Author, Authors
from .committed_content import CommittedContent
from .content import let_go
from .document_room import DocumentRoom
from .document_state import DocumentState
from .history import History
from .loading import Loaded
from .recovery import Recovery
from .snapshots import Snapshots
from .submission import Submission
from .transform_budget import TransformBudget

__all__ = ["Document", "DocumentState", "MakeRoom"]

logger = logging.getLogger(__name__)

MakeRoom = Callable[["Document"], DocumentRoom]


def charge_authors(authors: Sequence[Author | None], seconds: float) -> None:
    """Have the authors of as many changes pay for publishing them."""
    share = seconds / len(authors)
    for author in authors:
        if author is not None and author.allowance is not None:
            author.allowance.spend(share)


class Document:
    """A document in memory. Made by `OpenDocuments`, closed by `close`.

    Bounds: the history (`max_history_*`), the authors (connections and calls in progress), the
    tail (one edit for each author), one snapshot task and one reload task.

    Args:
        loaded: the content as stored.
        make_room: called once, for the room of its connections.
        on_closed: called when it has closed without `close`: its state is unknown, or it was
            deleted.

    Attributes:
        state: only read it; `_move_to` is the one place where it changes.
        buffer: the content with all accepted edits, in the form that edits are applied to.
        content_size: of the content as of the last commit, in the units of its type.
        failures: how many commits of it have failed.
        pins: how many callers keep it in memory.
    """

    def __init__(
        self,
        record: DocumentRecord,
        doc_type: OperationType,
        loaded: Loaded,
        store: Store,
        committer: Committer,
        settings: Settings,
        make_room: MakeRoom,
        on_closed: Callable[[Document], None],
    ) -> None:
        self.key = record.key
        self.doc_id = record.doc_id
        self.epoch = record.epoch
        self.compacted_version = record.compacted_version
        self.doc_type = doc_type
        self.history = History(
            loaded.version,
            loaded.checksum,
            max_operations=settings.max_history_operations,
            max_bytes=settings.max_history_bytes,
        )
        self.metrics = committer.metrics
        self.state = DocumentState.OPEN
        self.failures = 0
        self.pins = 0
        self.idle_since = time.monotonic()
        self.buffer: Buffer = loaded.buffer
        # Where that takes time, it is a part of opening, not of a client's first edit.
        self.content_size = loaded.buffer.size
        self.transform_budget = TransformBudget(doc_type, settings)
        self.authors = Authors(store, record.key, self.history, self.transform_budget.allowance)
        self.submission = Submission(self, self.transform_budget, store, committer, settings)
        self.content = CommittedContent(self)
        self.snapshots = Snapshots(self, loaded.snapshot_version, store, settings)
        self._recovery = Recovery(self, store, settings)
        self._store = store
        self._committer = committer
        self._on_closed = on_closed
        self._turn: asyncio.Future[None] | None = None
        self._is_deleted = False
        self._tasks: set[asyncio.Task[None]] = set()
        self.room = make_room(self)

    def _move_to(self, state: DocumentState) -> None:
        self.state = self.state.next(state)

    def check_open(self) -> None:
        """Raise `StorageUnavailable` unless edits can be accepted now."""
        if self.state is not DocumentState.OPEN:
            raise StorageUnavailable(
                "the database could not store edits just now: send the same edit again shortly"
            )

    # -- commits -----------------------------------------------------------------------------------

    def next_append(self, limit: int) -> Append | None:
        """The next part of the tail, for the committer."""
        tail = self.history.tail(limit)
        if not tail or self.state is not DocumentState.OPEN:
            return None
        records = tuple(change.record for change in tail)
        return Append(self.key, self.epoch, self.history.head, records)

    def committed(self, append: Append, checksums: Sequence[int]) -> None:
        """The turn: these changes are durable and may be shown."""
        if self.state is not DocumentState.OPEN:
            return
        shown = self.history.head
        payers = [self.authors.get(record.client_id) for record in append.operations]
        self.history.commit(append.version + len(append.operations), checksums)
        for record in append.operations:
            self.authors.forget(record.client_id)
        begun = cpu_clock()
        self.publish(shown)
        charge_authors(payers, cpu_clock() - begun)
        if self.history.tail(1):
            self._committer.notify(self)

    def failed(self, append: Append, error: CollabError | None) -> None:
        """The tail was not stored, or the outcome is unknown: read back what is stored."""
        if self.state is not DocumentState.OPEN:
            return
        logger.warning(
            "a commit failed: %s", error or "version conflict", extra={"doc_id": self.doc_id}
        )
        self.read_back()

    def read_back(self) -> None:
        """Drop the tail, and continue from what the database has: see `Recovery`."""
        if self.state is DocumentState.OPEN:
            self._move_to(DocumentState.RELOADING)
            self.failures += 1
            self.start_task(self._recovery.reload(self.history.drop_tail()))

    def reopen(self, buffer: Buffer) -> None:
        """Continue with the content that was read back."""
        self.buffer = buffer
        self.content.reset()
        self._move_to(DocumentState.OPEN)

    async def until_open(self) -> None:
        """Return once the document knows what is committed.

        Raises:
            DocumentDeleted: it was deleted.
            StorageUnavailable: what is committed could not be found out.
        """
        while self.state is DocumentState.RELOADING:
            await self._next_turn()
        if self._is_deleted:
            raise _deleted()
        self.check_open()

    async def until_known(self, author: Author) -> None:
        """As `until_open`; afterwards the document also has every stored edit of this author."""
        await self.until_open()
        if author.last_version > self.history.accepted:
            # A commit that was given up has stored it after all.
            self.read_back()
            await self.until_open()

    async def until_committed(self, version: int) -> None:
        """Return once `version` is committed.

        Raises:
            StorageUnavailable: its commit failed.
            DocumentDeleted: the document was deleted first.
        """
        failures = self.failures
        while self.history.head < version:
            if self._is_deleted:
                raise _deleted()
            if failures != self.failures or self.state is not DocumentState.OPEN:
                raise StorageUnavailable(
                    "the database could not store the edit: send the same edit again shortly"
                )
            await self._next_turn()
        if failures != self.failures:
            raise StorageUnavailable("the database failed meanwhile: send the same edit again")

    async def _next_turn(self) -> None:
        if self._turn is None:
            self._turn = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._turn)

    def publish(self, shown: int) -> None:
        """Have the room send what was committed after the version `shown`."""
        with self.metrics.turn_seconds["publish"].timed():
            self._take_turn(shown)

    def _take_turn(self, shown: int) -> None:
        turn, self._turn = self._turn, None
        if turn is not None and not turn.done():
            turn.set_result(None)
        self.room.publish(shown)
        self.room.advance_presences(self.history.head - shown)
        # What has just been committed stays: even fast readers have yet to receive it.
        while self.history.over_limit and self.history.next_start() <= shown:
            self.room.move_presences(self.history.next_start())
            self.history.trim()
        self.content_size = self.buffer.size
        self.snapshots.start_if_due()

    # -- what has left memory ----------------------------------------------------------------------

    async def checksum_of(self, version: int) -> int | None:
        """The checksum of a committed version as clients receive it; None if it has none, or is no
        longer kept. The document is open when this returns.

        Raises:
            StorageUnavailable: it could not be read.
            DocumentDeleted: the document was deleted meanwhile.
        """
        if version >= self.history.start:
            return self.history.checksum_of(version)
        checksum = await self._store.operations.find_checksum(self.key, version)
        await self.until_open()
        return shortened(checksum)

    async def stored_operations(self, after: int, limit: int) -> list[OperationRecord]:
        """At most `limit` operations after a version, up to where memory starts, fewer where they
        are large; none if they are no longer kept."""
        limit = min(limit, self.history.start - after)
        records = await self._store.operations.read(self.key, after, limit)
        if not records:
            # Compacted while the document was open.
            self.compacted_version = max(self.compacted_version, after + 1)
        return records

    # -- the end -----------------------------------------------------------------------------------

    @property
    def in_use(self) -> bool:
        """Whether a client is connected."""
        return not self.room.is_empty

    @property
    def is_idle(self) -> bool:
        """Whether no client is connected, no caller uses it, and no edit waits for its commit."""
        return (
            self.pins == 0
            and self.room.is_empty
            and self.history.accepted == self.history.head
            and self.state is not DocumentState.RELOADING
        )

    @property
    def size(self) -> int:
        """Of the content as of the last commit and of the operations in memory, in units or
        bytes."""
        return self.content_size + self.history.size_bytes

    def delete(self, user_id: str) -> None:
        """The document was deleted in storage: send `document_deleted` to all connections, and
        close. Idempotent."""
        if self.state is DocumentState.CLOSED:
            return
        self._is_deleted = True
        self.room.close_deleted(user_id)
        self.shut(_deleted())

    def shut(self, error: CollabError) -> None:
        """Close all connections because of this error; `OpenDocuments` then calls `close`.
        Idempotent."""
        if self.state is DocumentState.CLOSED:
            return
        self._move_to(DocumentState.CLOSED)
        self.history.drop_tail()
        turn, self._turn = self._turn, None
        if turn is not None and not turn.done():
            turn.set_result(None)
        self.room.close(error.close_code, error.message)
        self._on_closed(self)

    async def close(self) -> None:
        """Await or cancel what runs for this document. Idempotent."""
        self.shut(StorageUnavailable("the document was closed"))
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # Large content is freed at once, not when the garbage collector finds the cycles it is in.
        buffer, self.buffer = self.buffer, self.doc_type.buffer(self.doc_type.create())
        self.content.forget()
        await let_go(buffer)

    def start_task(self, coroutine: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A task that ends with the document at the latest. If it fails, the document is closed."""
        task = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a task failed", exc_info=task.exception(), extra={"doc_id": self.doc_id})
            self.shut(StorageUnavailable("internal error: reconnect"))


def _deleted() -> DocumentDeleted:
    return DocumentDeleted("the document was deleted")
