"""The way of an edit into a document: it is known, refused, or transformed, applied and appended.

`submit` does the latter in one plain function, so between two awaits the content, the history and
the authors always agree. It shows and acknowledges nothing: that follows the commit.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ..errors import (
    DocumentFull,
    EditError,
    InvalidOperation,
    OutOfOrder,
    TooLarge,
    VersionAhead,
    VersionGone,
)
from ..frames import encode_json, fingerprint
from ..settings import Settings
from ..storage import Committer, OperationRecord, Store
from .authors import Author
from .carrying import Carried, carry
from .history import Change
from .loading import read_operations
from .transform_budget import (
    STEPS_OF_ASKING,
    STEPS_OF_READING,
    TransformBudget,
    Work,
    steps_of_size,
)

if TYPE_CHECKING:
    from .document import Document

__all__ = ["Submission", "used_before"]

REFUSED_FOR_OTHERS = (VersionGone, DocumentFull, InvalidOperation, TooLarge)
"""A sound edit may be refused with these because of what others did. So it may have been accepted
once, and be refused when it is sent again."""


class _TakesLong(Exception):
    """An edit that is to be transformed in turns."""


class Submission:
    """Accepts or refuses the edits of one document.

    Args:
        transform_budget: the limits of the work for one edit.
    """

    __slots__ = (
        "_committer",
        "_doc_type",
        "_document",
        "_history",
        "_key",
        "_metrics",
        "_settings",
        "_store",
        "transform_budget",
    )

    def __init__(
        self,
        document: Document,
        transform_budget: TransformBudget,
        store: Store,
        committer: Committer,
        settings: Settings,
    ) -> None:
        self.transform_budget = transform_budget
        self._document = document
        self._doc_type = document.doc_type
        self._history = document.history
        self._key = document.key
        self._metrics = document.metrics
        self._store = store
        self._committer = committer
        self._settings = settings

    def edit_nowait(
        self, author: Author, edit_id: int, version: int, operation: Any
    ) -> Change | None:
        """As `edit`, if that needs nothing from storage and does not take long.

        Returns:
            None if it does; nothing has changed then.

        Raises:
            EditError, StorageUnavailable: as by `edit`.
        """
        if edit_id <= author.last_id or version < self._history.start:
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
        self._document.check_open()
        if edit_id <= author.last_id:
            return await self._repetition(author, edit_id, version, operation)
        self._check_order(author, edit_id, version)
        operation = self._doc_type.normalize(operation)
        try:
            return await self._submit_old(author, edit_id, version, operation, is_bounded)
        except REFUSED_FOR_OTHERS as refusal:
            return await self.accepted_before(author, edit_id, version, operation, refusal)

    async def accepted_before(
        self, author: Author, edit_id: int, version: int, operation: Any, refusal: EditError
    ) -> Change:
        """The change of an edit that is about to be refused, if it is stored all the same.

        A commit that was given up may have stored it. Its client would undo or repeat it.

        Raises:
            EditError: `refusal`; the edit is not stored, and won't be.
            StorageUnavailable: it is not known yet whether it is.
        """
        if edit_id > author.last_id:
            author.sent = (edit_id, fingerprint(version, self._doc_type.normalize(operation)))
            author.charge(STEPS_OF_ASKING)
            if not await self._store.operations.holds_edit(self._key, author.client_id, edit_id):
                raise refusal
            await self._document.until_open()
            if edit_id > author.last_id:
                self._document.read_back()
                await self._document.until_open()
        return await self._repetition(author, edit_id, version, operation)

    async def _submit_old(
        self, author: Author, edit_id: int, version: int, operation: Any, is_bounded: bool
    ) -> Change:
        self.transform_budget.check_distance(version, self._history.accepted - version)
        work = self.transform_budget.begin(is_bounded=is_bounded)
        reached = Carried(operation, version, work)
        earlier: list[Change] = []
        try:
            # It may be stored meanwhile, by a commit that was given up or by another connection.
            while edit_id > author.last_id:
                earlier = await self._recalled(author, reached.version)
                before = reached.version
                reached = await carry(
                    reached,
                    self.transform_budget,
                    self._history,
                    earlier,
                    self._document.check_open,
                )
                if reached.version == before:
                    break
        except BaseException:
            author.charge(work.steps)
            raise
        if edit_id <= author.last_id:
            author.charge(work.steps)
            return await self._repetition(author, edit_id, version, operation)
        with self._metrics.turn_seconds["edit"].timed():
            return self.submit(author, edit_id, version, operation, earlier, carried=reached)

    async def _recalled(self, author: Author, version: int) -> list[Change]:
        """The changes after a version that have left memory."""
        earlier: list[Change] = []
        while version < self._history.start:
            earlier = await self._recall(author, version)
            if not earlier or earlier[-1].version >= self._history.start:
                break
        self._document.check_open()
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
        self._document.check_open()
        self._check_order(author, edit_id, version)
        work = self.transform_budget.begin(is_bounded=True) if carried is None else carried.work
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
        operation = self._doc_type.normalize(operation)
        sent = fingerprint(version, operation)
        if carried is not None:
            self._metrics.transforms += carried.version - version
            operation, version = carried.operation, carried.version
        elif self._takes_long(operation, version):
            raise _TakesLong
        if version < self._history.accepted:
            concurrent = self._concurrent(version, earlier)
            operation = self.transform_budget.transform(
                work,
                operation,
                version,
                concurrent,
                lambda: self._components_of(concurrent, version),
            )
            self._metrics.transforms += len(concurrent)
        self._check_size(author, operation, work)
        self._document.buffer.apply(operation)
        record = OperationRecord(
            version=self._history.accepted + 1,
            operation=encode_json(operation),
            client_id=author.client_id,
            client_edit_id=edit_id,
            user_id=author.user_id,
            fingerprint=sent,
            created_at=time.time(),
        )
        outline = self.transform_budget.outline(operation)
        change = Change(
            record,
            operation if outline is None else None,
            self.transform_budget.components(operation),
            outline=outline,
        )
        self._history.append(change)
        work.accept(operation, len(record.operation))
        author.last_id = edit_id
        author.last_version = change.version
        author.sent = (edit_id, sent)
        self._committer.notify(self._document)
        return change

    def _takes_long(self, operation: Any, version: int) -> bool:
        history = self._history
        return self.transform_budget.takes_long(
            operation, history.accepted - version, history.components_since(version)
        )

    def _check_order(self, author: Author, edit_id: int, version: int) -> None:
        if edit_id != author.last_id + 1:
            raise OutOfOrder(
                f"got id {edit_id}, expected {author.last_id + 1}: ids count 1, 2, 3 … without "
                "a gap, and a refused edit does not use up its id"
            )
        if version > self._history.head:
            raise VersionAhead(
                f"got version {version}, the document's is {self._history.head}: "
                "send the version that the operation was made on"
            )
        if version < author.last_version:
            raise OutOfOrder(
                f"got version {version}, but this client's last edit made {author.last_version}: "
                "wait for the ack, then make the next operation on its version or a later one"
            )

    def _concurrent(self, version: int, earlier: Sequence[Change]) -> Sequence[Change]:
        """All changes after `version`: those recalled from storage, then those in memory."""
        start = self._history.start
        if version >= start:
            return self._history.since(version)
        needed = [change for change in earlier if version < change.version <= start]
        if len(needed) != start - version:
            raise self.transform_budget.too_far(version)
        return list(itertools.chain(needed, self._history.since(start)))

    def _components_of(self, concurrent: Sequence[Change], version: int) -> int:
        start = self._history.start
        components = self._history.components_since(max(version, start))
        if version < start:
            components += sum(change.components for change in concurrent[: start - version])
        return components

    def _check_size(self, author: Author, operation: Any, work: Work) -> None:
        limit = self._settings.max_document_size
        size = work.weigh(self._document.buffer, operation)
        growth = size - self._document.buffer.size
        if growth > 0 and author.allowance is not None:
            author.allowance.check_growth(growth)
        if size > limit and growth > 0:
            raise DocumentFull(
                f"the document would have a size of {size}, the limit is {limit}: "
                "delete something or continue in another document"
            )

    async def _recall(self, author: Author, version: int) -> list[Change]:
        """The changes from `version` to where memory starts, if they are not too many."""
        start = self._history.start
        if self._history.accepted - version > self._settings.max_transform_operations:
            return []
        limit = self._settings.max_transform_bytes
        records = await read_operations(self._store, self._key, version, start, limit)
        size = sum(len(record.operation) for record in records)
        author.charge(STEPS_OF_READING * len(records) + steps_of_size(size))
        self.transform_budget.check_recalled(version, size)
        return [Change.of_record(record, self.transform_budget) for record in records]

    async def _repetition(
        self, author: Author, edit_id: int, version: int, operation: Any
    ) -> Change:
        """The first acceptance of an edit that is sent again."""
        change = self._history.uncommitted(author.client_id)
        if change is None or change.record.client_edit_id != edit_id:
            record = await self._store.operations.find_edit(self._key, author.client_id, edit_id)
            if record is None:
                raise OutOfOrder(
                    f"got id {edit_id}, expected {author.last_id + 1}: the edit of id {edit_id} "
                    "is no longer known"
                )
            # It was shown long ago: only its identity counts, and all else may be compacted.
            change = Change.stored(record)
        sent = fingerprint(version, self._doc_type.normalize(operation))
        if author.sent is None or author.sent[0] <= edit_id:
            author.sent = (edit_id, sent)
        if change.record.fingerprint != sent:
            raise used_before(author, edit_id)
        return change

    def presence_steps(self, version: int) -> int:
        """The work for a presence as of a version, which must not be before the history's start."""
        return self.transform_budget.presence_steps(self._history.components_since(version))


def used_before(author: Author, edit_id: int) -> OutOfOrder:
    return OutOfOrder(
        f"id {edit_id} was used for another edit: expected {author.last_id + 1}; "
        "what is sent again must have the version and operation it was first sent with"
    )
