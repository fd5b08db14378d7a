"""What a document knows of its editors: enough to apply each of their edits exactly once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..errors import Forbidden, RateLimited
from ..limits.budget import Allowance
from ..limits.token_bucket import TokenBucket
from ..storage import ClientRecord, OperationRecord, Store
from .history import History

__all__ = ["Author", "Authors"]


@dataclass(slots=True)
class Author:
    """One editor instance (`client_id`), across its reconnects.

    `last_id` and `last_version` are of its newest accepted edit, committed or not; 0 if none.
    `holders` counts the connections and calls that use this author now; `may_edit` is set once one
    of them may edit. `allowance` is of its newest connection, None if it has none. `work` holds the
    steps that may still be worked for its edits. `sent` is the id and the fingerprint of the edit
    that came last over the present connection, stored or not: another edit may be stored under that
    id.
    """

    client_id: str
    user_id: str
    work: TokenBucket
    last_id: int = 0
    last_version: int = 0
    holders: int = 0
    may_edit: bool = False
    allowance: Allowance | None = None
    sent: tuple[int, str] | None = None

    @property
    def is_claimed(self) -> bool:
        """Whether the `client_id` belongs to this user: they edited with it, or may do so now."""
        return self.may_edit or self.last_id > 0

    def has_sent_another(self, record: OperationRecord) -> bool:
        """Whether this stored edit has the id, but not the content, of the one that was sent."""
        sent = self.sent
        return (
            sent is not None and sent[0] == record.client_edit_id and sent[1] != record.fingerprint
        )

    def charge(self, steps: int) -> None:
        """Count work that was done for this editor, of an edit or a presence: the one place."""
        self.work.spend(steps)

    def check_work(self, what: str) -> None:
        """Raise `RateLimited` if no more work may be done for this editor now."""
        work = self.work
        if work.is_empty:
            raise RateLimited(
                f"too many {what}: the limit is {work.rate:g} per second (edit_cost_per_second) "
                f"after {work.burst:.0f} at once (edit_cost_burst): "
                "send the same again shortly"
            )

    def restore(self, record: ClientRecord | None) -> None:
        """Go back to what is stored: what was accepted since was not committed."""
        self.last_id = record.last_id if record else 0
        self.last_version = record.last_version if record else 0


class Authors:
    """The authors of one document that are in memory: those who are held, and those of whom an edit
    waits for its commit. The others are in the database."""

    def __init__(
        self,
        store: Store,
        key: int,
        history: History,
        allowance: Callable[[], TokenBucket],
    ) -> None:
        self._authors: dict[str, Author] = {}
        self._store = store
        self._key = key
        self._history = history
        self._allowance = allowance
        self._expected: tuple[str, int, ClientRecord | None] | None = None

    def __len__(self) -> int:
        return len(self._authors)

    def get(self, client_id: str) -> Author | None:
        return self._authors.get(client_id)

    def expect(self, client_id: str, record: ClientRecord | None) -> None:
        """What is stored of an editor as of the history's head: `hold` need not ask."""
        self._expected = (client_id, self._history.head, record)

    async def hold(self, client_id: str, user_id: str, may_edit: bool = True) -> Author:
        """The author of this `client_id`; give it back with `release`.

        A user who may only read holds a `client_id` against other readers, and only while
        connected: a user who may edit takes it over.

        Args:
            may_edit: whether the user's role allows edits.

        Raises:
            Forbidden: the `client_id` belongs to another user.
        """
        author = self._authors.get(client_id) or await self._find(client_id, user_id)
        if may_edit and not author.is_claimed:
            author.user_id = user_id
        if author.user_id != user_id:
            self.forget(client_id)
            raise Forbidden(
                f"client_id '{client_id}' belongs to another user of this document: "
                "leave it out or choose a new one"
            )
        author.holders += 1
        author.may_edit = author.may_edit or may_edit
        return author

    async def _find(self, client_id: str, user_id: str) -> Author:
        while True:
            head = self._history.head
            record = await self._stored_client(client_id)
            # Another connection of the same client may have come first during the await.
            author = self._authors.get(client_id)
            if author is not None:
                return author
            if head >= self._history.start:
                break
        author = Author(client_id, record.user_id if record else user_id, self._allowance())
        author.restore(record)
        self._authors[client_id] = author
        # An edit of a commit that hung may have been stored, and found, after the answer was read.
        for change in self._history.committed_since(head):
            self.stored(change.record)
        return author

    async def _stored_client(self, client_id: str) -> ClientRecord | None:
        expected = self._expected
        if expected is not None and expected[0] == client_id:
            self._expected = None
            if expected[1] == self._history.head:
                return expected[2]
        return await self._store.operations.find_client(self._key, client_id)

    def stored(self, record: OperationRecord) -> None:
        """An edit was found in the database that this process had given up."""
        author = self._authors.get(record.client_id)
        if author is not None and author.last_id < record.client_edit_id:
            author.user_id = record.user_id
            author.last_id = record.client_edit_id
            author.last_version = record.version

    def release(self, author: Author) -> None:
        author.holders -= 1
        self.forget(author.client_id)

    def forget(self, client_id: str) -> None:
        """Let an author leave memory, unless it is held or waits for a commit."""
        author = self._authors.get(client_id)
        if author is not None and author.holders == 0 and author.last_version <= self._history.head:
            del self._authors[client_id]
