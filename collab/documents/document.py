"""One open document: the way of an edit from `submit` to its commit and out to the room.

`submit` transforms, applies and appends in one plain function, so between two awaits the content,
the history and the authors always agree. Nothing is shown or acknowledged there: that happens when
the committer reports the commit (`committed`), which moves the history's head and rings the room.
"""

from __future__ import annotations

import asyncio
import enum
import itertools
import logging
import time
import weakref
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from ..errors import (
    CollabError,
    DocumentDeleted,
    DocumentFull,
    EditError,
    InvalidOperation,
    OutOfOrder,
    StorageError,
    StorageUnavailable,
    TooLarge,
    VersionAhead,
    VersionGone,
)
from ..frames import encode_json, fingerprint, shortened
from ..limits.work import cpu_clock
from ..ot.types import Buffer, Comparing, GradualBuffer, OperationType
from ..settings import Settings
from ..storage import (
    Append,
    ClientRecord,
    Committer,
    DocumentRecord,
    Opening,
    OperationRecord,
    Store,
)
from .authors import Author, Authors
from .carrying import Carried, carry
from .content import Encoded, decode_content, encode_buffer, let_go, to_text
from .document_room import DocumentRoom
from .history import Change, History
from .loading import load_content, load_opened, read_operations
from .transform_budget import (
    STEPS_OF_ASKING,
    STEPS_OF_READING,
    TransformBudget,
    Work,
    steps_of_size,
)

__all__ = ["Document", "DocumentState", "MakeRoom"]

logger = logging.getLogger(__name__)

REFUSED_FOR_OTHERS = (VersionGone, DocumentFull, InvalidOperation, TooLarge)
"""With what a sound edit may be refused for what others did, and so be accepted at first and not
when it is sent again."""


def charge_authors(authors: Sequence[Author | None], seconds: float) -> None:
    """Have the authors of as many changes pay for publishing them."""
    share = seconds / len(authors)
    for author in authors:
        if author is not None and author.allowance is not None:
            author.allowance.spend(share)


MakeRoom = Callable[["Document"], DocumentRoom]


class _TakesLong(Exception):
    """An edit that is to be transformed in turns."""


class DocumentState(enum.Enum):
    OPEN = "open"
    RELOADING = "reloading"
    CLOSED = "closed"


class Document:
    """A document in memory. Made by `Document.load`, closed by `close`.

    Bounds: the history (`max_history_*`), the authors (connections and calls in progress), the
    tail (one edit for each author), one snapshot task and one reload task.
    """

    def __init__(
        self,
        record: DocumentRecord,
        doc_type: OperationType,
        buffer: Buffer,
        version: int,
        snapshot_version: int,
        checksum: int | None,
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
            version,
            checksum,
            max_operations=settings.max_history_operations,
            max_bytes=settings.max_history_bytes,
        )
        self.metrics = committer.metrics
        self.state = DocumentState.OPEN
        self.pins = 0
        self.idle_since = time.monotonic()
        self._buffer = buffer
        # Where that takes time, it is a part of opening, not of somebody's first edit.
        self._content_size = buffer.size
        self._transform_budget = TransformBudget(doc_type, settings)
        self.authors = Authors(store, record.key, self.history, self._transform_budget.allowance)
        self._store = store
        self._committer = committer
        self._settings = settings
        self._on_closed = on_closed
        self._snapshot_version = snapshot_version
        # The content that was encoded last; the weak reference finds it while somebody has it.
        self._captured: Encoded | None = None
        self._shared: weakref.ref[Encoded] | None = None
        self._capturing: asyncio.Future[None] | None = None
        self._turn: asyncio.Future[None] | None = None
        self._failures = 0
        self._is_deleted = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._snapshot_task: asyncio.Task[None] | None = None
        self.room = make_room(self)

    @classmethod
    async def load(
        cls,
        opening: Opening,
        doc_type: OperationType,
        store: Store,
        committer: Committer,
        settings: Settings,
        make_room: MakeRoom,
        on_closed: Callable[[Document], None],
    ) -> Document:
        """The document as stored: its latest snapshot and the operations after it."""
        record = opening.record
        return cls(
            record,
            doc_type,
            *await load_opened(store, opening, doc_type),
            store,
            committer,
            settings,
            make_room,
            on_closed,
        )

    # -- an edit on its way in ------------------------------------------------------------------

    def edit_nowait(
        self, author: Author, edit_id: int, version: int, operation: Any
    ) -> Change | None:
        """As `edit`, where that needs nothing from storage and does not take long; None if it does:
        nothing has changed.

        Raises:
            EditError, StorageUnavailable: as by `edit`.
        """
        if edit_id <= author.last_id or version < self.history.start:
            return None
        try:
            return self.submit(author, edit_id, version, operation)
        except (*REFUSED_FOR_OTHERS, _TakesLong):
            return None

    async def edit(
        self,
        author: Author,
        edit_id: int,
        version: int,
        operation: Any,
        *,
        is_bounded: bool = True,
    ) -> Change:
        """Accept an edit, or recognise one that was accepted before.

        Args:
            is_bounded: whether `max_edit_cost` holds; not for the program's own edits.

        Returns:
            The change, not yet committed (see `until_committed`); the change of its first
            acceptance if the edit is a repetition.

        Raises:
            EditError: refused; nothing has changed.
            StorageUnavailable: nothing has changed; the same edit may be sent again.
        """
        self._check_open()
        if edit_id <= author.last_id:
            return await self._repetition(author, edit_id, version, operation)
        self._check_order(author, edit_id, version)
        operation = self.doc_type.normalize(operation)
        try:
            return await self._submit_old(author, edit_id, version, operation, is_bounded)
        except REFUSED_FOR_OTHERS as refusal:
            return await self.accepted_before(author, edit_id, version, operation, refusal)

    async def accepted_before(
        self, author: Author, edit_id: int, version: int, operation: Any, refusal: EditError
    ) -> Change:
        """The change of an edit that is about to be refused, if it was accepted once: its editor
        would take it back or make it anew, though a commit that was given up has stored it.

        Raises:
            EditError: `refusal`; the edit is not stored, and won't be.
            StorageUnavailable: nobody knows yet.
        """
        if edit_id > author.last_id:
            author.sent = (edit_id, fingerprint(version, self.doc_type.normalize(operation)))
            author.charge(STEPS_OF_ASKING)
            if not await self._store.operations.holds_edit(self.key, author.client_id, edit_id):
                raise refusal
            await self.until_open()
            if edit_id > author.last_id:
                self._read_back()
                await self.until_open()
        return await self._repetition(author, edit_id, version, operation)

    async def _submit_old(
        self, author: Author, edit_id: int, version: int, operation: Any, is_bounded: bool
    ) -> Change:
        self._transform_budget.check_distance(version, self.history.accepted - version)
        work = self._transform_budget.begin(is_bounded=is_bounded)
        reached = Carried(operation, version, work)
        earlier: list[Change] = []
        try:
            # Stored meanwhile, by a commit that was given up or by another connection, it is known.
            while edit_id > author.last_id:
                earlier = await self._recalled(author, reached.version)
                before = reached.version
                reached = await carry(
                    reached, self._transform_budget, self.history, earlier, self._check_open
                )
                if reached.version == before:
                    break
        except BaseException:
            author.charge(work.steps)
            raise
        if edit_id <= author.last_id:
            author.charge(work.steps)
            return await self._repetition(author, edit_id, version, operation)
        with self.metrics.turn_seconds["edit"].timed():
            return self.submit(author, edit_id, version, operation, earlier, carried=reached)

    async def _recalled(self, author: Author, version: int) -> list[Change]:
        """The changes after a version that have left memory."""
        earlier: list[Change] = []
        while version < self.history.start:
            earlier = await self._recall(author, version)
            if not earlier or earlier[-1].version >= self.history.start:
                break
        self._check_open()
        return earlier

    def submit(
        self,
        author: Author,
        edit_id: int,
        version: int,
        operation: Any,
        earlier: Sequence[Change] = (),
        *,
        carried: Carried | None = None,
    ) -> Change:
        """Transform, check, apply and append one edit.

        Args:
            earlier: the changes after `version` that are no longer in memory.
            carried: the edit as far as it was transformed before; None if it is to be done now,
                unless it takes long.
        """
        self._check_open()
        self._check_order(author, edit_id, version)
        work = self._transform_budget.begin(is_bounded=True) if carried is None else carried.work
        try:
            return self._accept(author, edit_id, version, operation, earlier, work, carried)
        finally:
            author.charge(work.steps)

    def _accept(
        self,
        author: Author,
        edit_id: int,
        version: int,
        operation: Any,
        earlier: Sequence[Change],
        work: Work,
        carried: Carried | None,
    ) -> Change:
        operation = self.doc_type.normalize(operation)
        sent = fingerprint(version, operation)
        if carried is not None:
            self.metrics.transforms += carried.version - version
            operation, version = carried.operation, carried.version
        elif self._takes_long(operation, version):
            raise _TakesLong
        if version < self.history.accepted:
            concurrent = self._concurrent(version, earlier)
            operation = self._transform_budget.transform(
                work,
                operation,
                version,
                concurrent,
                lambda: self._components_of(concurrent, version),
            )
            self.metrics.transforms += len(concurrent)
        self._check_size(author, operation, work)
        self._buffer.apply(operation)
        record = OperationRecord(
            version=self.history.accepted + 1,
            operation=encode_json(operation),
            client_id=author.client_id,
            client_edit_id=edit_id,
            user_id=author.user_id,
            fingerprint=sent,
            created_at=time.time(),
        )
        outline = self._transform_budget.outline(operation)
        change = Change(
            record,
            operation if outline is None else None,
            self._transform_budget.components(operation),
            outline=outline,
        )
        self.history.append(change)
        work.accept(operation, len(record.operation))
        author.last_id = edit_id
        author.last_version = change.version
        author.sent = (edit_id, sent)
        self._committer.notify(self)
        return change

    def _takes_long(self, operation: Any, version: int) -> bool:
        history = self.history
        return self._transform_budget.takes_long(
            operation, history.accepted - version, history.components_since(version)
        )

    def _check_open(self) -> None:
        if self.state is not DocumentState.OPEN:
            raise StorageUnavailable(
                "the database could not store edits just now: send the same edit again shortly"
            )

    def _check_order(self, author: Author, edit_id: int, version: int) -> None:
        if edit_id != author.last_id + 1:
            raise OutOfOrder(
                f"got id {edit_id}, expected {author.last_id + 1}: ids count 1, 2, 3 … without "
                "a gap, and a refused edit does not use up its id"
            )
        if version > self.history.head:
            raise VersionAhead(
                f"got version {version}, the document's is {self.history.head}: "
                "send the version that the operation was made on"
            )
        if version < author.last_version:
            raise OutOfOrder(
                f"got version {version}, but this client's last edit made {author.last_version}: "
                "wait for the ack, then make the next operation on its version or a later one"
            )

    def _concurrent(self, version: int, earlier: Sequence[Change]) -> Sequence[Change]:
        """All changes after `version`: those recalled from storage, then those in memory."""
        start = self.history.start
        if version >= start:
            return self.history.since(version)
        needed = [change for change in earlier if version < change.version <= start]
        if len(needed) != start - version:
            raise self._transform_budget.too_far(version)
        return list(itertools.chain(needed, self.history.since(start)))

    def presence_steps(self, version: int) -> int:
        """The work for a presence as of a version, which must not be before the history's start."""
        return self._transform_budget.presence_steps(self.history.components_since(version))

    def _components_of(self, concurrent: Sequence[Change], version: int) -> int:
        start = self.history.start
        components = self.history.components_since(max(version, start))
        if version < start:
            components += sum(change.components for change in concurrent[: start - version])
        return components

    def _check_size(self, author: Author, operation: Any, work: Work) -> None:
        limit = self._settings.max_document_size
        size = work.weigh(self._buffer, operation)
        growth = size - self._buffer.size
        if growth > 0 and author.allowance is not None:
            author.allowance.check_growth(growth)
        if size > limit and growth > 0:
            raise DocumentFull(
                f"the document would have a size of {size}, the limit is {limit}: "
                "delete something or continue in another document"
            )

    async def _recall(self, author: Author, version: int) -> list[Change]:
        """The changes from `version` to where memory starts, if they are not too many."""
        start = self.history.start
        if self.history.accepted - version > self._settings.max_transform_operations:
            return []
        limit = self._settings.max_transform_bytes
        records = await read_operations(self._store, self.key, version, start, limit)
        size = sum(len(record.operation) for record in records)
        author.charge(STEPS_OF_READING * len(records) + steps_of_size(size))
        self._transform_budget.check_recalled(version, size)
        return [Change.of_record(record, self._transform_budget) for record in records]

    async def _repetition(
        self, author: Author, edit_id: int, version: int, operation: Any
    ) -> Change:
        """The first acceptance of an edit that is sent again."""
        change = self.history.uncommitted(author.client_id)
        if change is None or change.record.client_edit_id != edit_id:
            record = await self._store.operations.find_edit(self.key, author.client_id, edit_id)
            if record is None:
                raise OutOfOrder(
                    f"got id {edit_id}, expected {author.last_id + 1}: the edit of id {edit_id} "
                    "is no longer known"
                )
            # It was shown long ago: only its identity counts, and all else may be compacted.
            change = Change.stored(record)
        sent = fingerprint(version, self.doc_type.normalize(operation))
        if author.sent is None or author.sent[0] <= edit_id:
            author.sent = (edit_id, sent)
        if change.record.fingerprint != sent:
            raise _used_before(author, edit_id)
        return change

    # -- commits --------------------------------------------------------------------------------

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
        self._after_turn(shown)
        charge_authors(payers, cpu_clock() - begun)
        if self.history.tail(1):
            self._committer.notify(self)

    def failed(self, append: Append, error: CollabError | None) -> None:
        """The tail was not stored, or nobody knows: ask the database, then tell the authors."""
        if self.state is not DocumentState.OPEN:
            return
        logger.warning(
            "a commit failed: %s", error or "version conflict", extra={"doc_id": self.doc_id}
        )
        self._read_back()

    def _read_back(self) -> None:
        """Drop the tail, and continue from what the database has."""
        if self.state is DocumentState.OPEN:
            self.state = DocumentState.RELOADING
            self._failures += 1
            self._own(self._reload(self.history.drop_tail()))

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
        self._check_open()

    async def until_known(self, author: Author) -> None:
        """As `until_open`, and what was stored of this author is known here, too."""
        await self.until_open()
        if author.last_version > self.history.accepted:
            # Stored after all, when nobody waited for it any more: its author still does.
            self._read_back()
            await self.until_open()

    async def until_committed(self, version: int) -> None:
        """Return once `version` is committed.

        Raises:
            StorageUnavailable: its commit failed.
            DocumentDeleted: the document was deleted first.
        """
        failures = self._failures
        while self.history.head < version:
            if self._is_deleted:
                raise _deleted()
            if failures != self._failures or self.state is not DocumentState.OPEN:
                raise StorageUnavailable(
                    "the database could not store the edit: send the same edit again shortly"
                )
            await self._next_turn()
        if failures != self._failures:
            raise StorageUnavailable("the database failed meanwhile: send the same edit again")

    async def _next_turn(self) -> None:
        if self._turn is None:
            self._turn = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._turn)

    def _after_turn(self, shown: int) -> None:
        """What was committed after the version `shown` goes out."""
        with self.metrics.turn_seconds["publish"].timed():
            self._take_turn(shown)

    def _take_turn(self, shown: int) -> None:
        turn, self._turn = self._turn, None
        if turn is not None and not turn.done():
            turn.set_result(None)
        self.room.publish(shown)
        self.room.advance_presences(self.history.head - shown)
        # What has just been committed stays: those who read as fast as they can have yet to get it.
        while self.history.over_limit and self.history.next_start() <= shown:
            self.room.move_presences(self.history.next_start())
            self.history.trim()
        self._content_size = self._buffer.size
        if self.history.head - self._snapshot_version >= self._snapshot_interval():
            self._start_snapshot()

    def _snapshot_interval(self) -> int:
        """In operations; a large document's is longer, so that an edit to it costs no more."""
        settings = self._settings
        by_size = self._content_size // settings.snapshot_bytes_per_operation
        return max(settings.snapshot_interval_operations, by_size)

    async def _reload(self, dropped: list[Change]) -> None:
        """Take the database's word for what was committed."""
        try:
            buffer, missed, clients = await self._ask({change.client_id for change in dropped})
            stored = await self._stored_of(dropped, clients)
        except DocumentDeleted:
            self.delete(await self._deleted_by())
            return
        except StorageError as error:
            logger.warning(
                "document closed because its stored state is unknown: %s",
                error,
                extra={"doc_id": self.doc_id},
            )
            self._shut(error)
            return
        shown = self.history.head
        for record in missed:
            self.history.append(Change.of_record(record, self._transform_budget))
            self._stored(record)
        self.history.commit(shown + len(missed))
        self._buffer = buffer
        self._captured = self._shared = None
        self.state = DocumentState.OPEN
        for change in dropped:
            self._settle(change, clients[change.client_id], stored.get(change.version))
        for record in missed:
            self.authors.forget(record.client_id)
        self._after_turn(shown)

    async def _ask(
        self, client_ids: Set[str]
    ) -> tuple[Buffer, list[OperationRecord], dict[str, ClientRecord | None]]:
        """The stored content, the operations that this document lacks, and how far editors got."""
        while True:
            record = await self._store.catalog.find_document(self.doc_id)
            if record is None or record.epoch != self.epoch:
                raise _deleted()
            loaded = await load_content(self._store, record, self.doc_type)
            buffer, version = loaded.buffer, loaded.version
            if version - self.history.head > self._settings.max_history_operations:
                raise StorageUnavailable("the document has moved on: reconnect")
            missed = await read_operations(self._store, self.key, self.history.head, version)
            if len(missed) != version - self.history.head:
                raise StorageUnavailable("the document has moved on: reconnect")
            clients = {
                each: await self._store.operations.find_client(self.key, each)
                for each in client_ids
            }
            # A commit that hung may come to its end between one question and the next.
            if all(each is None or each.last_version <= version for each in clients.values()):
                return buffer, missed, clients

    async def _deleted_by(self) -> str:
        try:
            return await self._store.catalog.deleted_by(self.doc_id) or ""
        except StorageError:
            return ""

    async def _stored_of(
        self, dropped: Sequence[Change], clients: Mapping[str, ClientRecord | None]
    ) -> dict[int, OperationRecord | None]:
        """By the version that it was to make, what is stored of the id of each dropped change, as
        far as the editor's ids have come."""
        found = {}
        for change in dropped:
            client, edit_id = clients[change.client_id], change.record.client_edit_id
            if client is not None and client.last_id >= edit_id:
                found[change.version] = await self._store.operations.find_edit(
                    self.key, change.client_id, edit_id
                )
        return found

    def _stored(self, record: OperationRecord) -> None:
        """An edit was found in the database that this process did not store, or had given up."""
        self.authors.stored(record)
        author = self.authors.get(record.client_id)
        if author is not None and author.has_sent_another(record):
            self.room.disown(record.client_id, record.version)

    def _settle(
        self, change: Change, client: ClientRecord | None, stored: OperationRecord | None
    ) -> None:
        """Tell the author of a dropped change, unless it was committed after all: then the history
        brings the ack.

        Args:
            stored: the edit that has its id in the database, which may be another one.
        """
        author = self.authors.get(change.client_id)
        if author is None:
            return
        author.restore(client)
        edit_id = change.record.client_edit_id
        error: CollabError | None = None
        if author.last_id < edit_id:
            error = StorageUnavailable(
                "the database could not store the edit: it was not applied; "
                "send the same edit again shortly"
            )
        elif stored is None or stored.fingerprint != change.record.fingerprint:
            error = _used_before(author, edit_id)
        if error is not None:
            self.metrics.edits_refused[error.code] += 1
            self.room.refuse(change.client_id, error, edit_id)
        self.authors.forget(change.client_id)

    # -- content --------------------------------------------------------------------------------

    async def committed_content(self) -> tuple[int, str]:
        """A committed version and its content as JSON text, read as one.

        Raises:
            StorageUnavailable: it could not be committed.
        """
        content = await self.shared_content()
        return content.version, await to_text(content.data)

    async def committed_value(self) -> tuple[int, Any]:
        """As `committed_content`, but as a value, which no edit changes."""
        if not isinstance(self.doc_type, Comparing) or isinstance(self._buffer, GradualBuffer):
            version, text = await self.committed_content()
            return version, await decode_content(text)
        while True:
            await self.until_open()
            failures = self._failures
            version, content = self.history.accepted, self._buffer.content()
            await self.until_committed(version)
            if failures == self._failures:
                return version, content

    async def shared_content(self) -> Encoded:
        """As `committed_content`, but one object for all who have it at the same time."""
        while True:
            await self.until_open()
            failures = self._failures
            content = await self._capture()
            # What was captured before a commit failed may never have been.
            if failures == self._failures:
                await self.until_committed(content.version)
                if content.checksum is None:
                    content.checksum = await self.checksum_of(content.version)
                return content

    async def checksum_of(self, version: int) -> int | None:
        """What editors are told of the checksum of a committed version; None if it has none, or is
        no longer kept. The document is open when this returns.

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

    async def _capture(self) -> Encoded:
        """The newest accepted version, or a later one, and its content; encoded once for all who
        ask meanwhile."""
        wanted = self.history.accepted
        while True:
            shared = self._captured or (self._shared and self._shared())
            if shared and shared.version >= wanted:
                return shared
            if self._capturing is None:
                return await self._encode()
            await asyncio.wait([self._capturing])

    async def _encode(self) -> Encoded:
        # In the task of the first who asks, which is charged for it. Where it is cancelled, the
        # next one begins anew.
        encoding = self._capturing = asyncio.get_running_loop().create_future()
        version, failures = self.history.accepted, self._failures
        try:
            content = Encoded(await encode_buffer(self._buffer), version)
        finally:
            self._capturing = None
            encoding.set_result(None)
        if failures == self._failures:
            self._captured, self._shared = content, weakref.ref(content)
        return content

    def _start_snapshot(self) -> asyncio.Task[None]:
        task = self._snapshot_task
        if task is None or task.done():
            task = self._snapshot_task = self._own(self._store_snapshot())
        return task

    async def _store_snapshot(self) -> None:
        try:
            version, content = await self.committed_content()
            if version > self._snapshot_version:
                await self._store.snapshots.add(self.key, version, content)
                self._snapshot_version = version
        except StorageError as error:
            logger.warning("no snapshot stored: %s", error, extra={"doc_id": self.doc_id})
        finally:
            # The text of a document nobody joins is not held twice.
            self._captured = None

    # -- the end --------------------------------------------------------------------------------

    @property
    def in_use(self) -> bool:
        """Somebody is connected."""
        return not self.room.is_empty

    @property
    def size(self) -> int:
        """Of the content as of the last commit and of the operations in memory, in units or
        bytes."""
        return self._content_size + self.history.size_bytes

    @property
    def is_idle(self) -> bool:
        """Nobody is connected, nobody uses it, and nothing waits for its commit."""
        return (
            self.pins == 0
            and self.room.is_empty
            and self.history.accepted == self.history.head
            and self.state is not DocumentState.RELOADING
        )

    async def settle(self) -> None:
        """Store a snapshot of a document that has gone idle, if it has changed since the last."""
        if self._snapshot_task is not None:
            await asyncio.wait([self._snapshot_task])
        if self.state is DocumentState.OPEN and self.history.head > self._snapshot_version:
            # A task, so that `close` ends it if the document is deleted meanwhile.
            await asyncio.wait([self._start_snapshot()])

    def delete(self, user_id: str) -> None:
        """The document was deleted in storage: send `document_deleted` to all connections, and
        close. Idempotent."""
        if self.state is DocumentState.CLOSED:
            return
        self._is_deleted = True
        self.room.close_deleted(user_id)
        self._shut(_deleted())

    def _shut(self, error: CollabError) -> None:
        self.state = DocumentState.CLOSED
        self.history.drop_tail()
        turn, self._turn = self._turn, None
        if turn is not None and not turn.done():
            turn.set_result(None)
        self.room.close(error.close_code, error.message)
        self._on_closed(self)

    async def close(self) -> None:
        """Await or cancel what runs for this document. Idempotent."""
        if self.state is not DocumentState.CLOSED:
            self._shut(StorageUnavailable("the document was closed"))
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        # What is large goes at once, not when the collector finds the circles it is in.
        buffer, self._buffer = self._buffer, self.doc_type.buffer(self.doc_type.create())
        self._captured = None
        await let_go(buffer)

    def _own(self, coroutine: Any) -> asyncio.Task[None]:
        task: asyncio.Task[None] = asyncio.get_running_loop().create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            logger.error("a task failed", exc_info=task.exception(), extra={"doc_id": self.doc_id})
            if self.state is not DocumentState.CLOSED:
                self._shut(StorageUnavailable("internal error: reconnect"))


def _deleted() -> DocumentDeleted:
    return DocumentDeleted("the document was deleted")


def _used_before(author: Author, edit_id: int) -> OutOfOrder:
    return OutOfOrder(
        f"id {edit_id} was used for another edit: expected {author.last_id + 1}; "
        "what is sent again must have the version and operation it was first sent with"
    )
