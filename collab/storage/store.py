"""What the rest of the program needs of its storage, and the store over a database.

The four parts are protocols: `tests/storage/test_store.py` runs on every kind of database.
Every method raises `StorageUnavailable` when the database can't be used. What a method has stored
when it returns survives the death of the process at any instant.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from . import schema
from .catalog import DatabaseCatalog
from .compaction import Droppable
from .database import Database
from .grants import DatabaseGrants
from .operation_log import DatabaseOperationLog
from .records import (
    Append,
    ClientRecord,
    DocumentRecord,
    GrantRecord,
    LinkRecord,
    ListCursor,
    Opening,
    OperationRecord,
    Scope,
    Shares,
    SnapshotRecord,
)
from .snapshots import DatabaseSnapshots, Spacing

__all__ = ["Catalog", "DatabaseStore", "Grants", "OperationLog", "Snapshots", "Store"]


class OperationLog(Protocol):
    """The committed operations of every document, in the order of their versions."""

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        """Store operations of several documents in one transaction.

        Each document is compared and set: an append whose document is gone, was made anew or has
        another version is left out, and so is one whose rows the database refuses.

        Returns:
            For each append, the checksums of its operations; none if it was not stored.

        Raises:
            StorageUnavailable: none of it was stored, or its outcome is unknown.
        """

    async def read(self, key: int, version: int, limit: int) -> list[OperationRecord]:
        """At most `limit` operations after `version`, in order; none if those are no longer kept,
        and fewer, but at least one, where they are large.

        Raises:
            DocumentDamaged: they are not what was stored.
        """

    async def find_checksum(self, key: int, version: int) -> int | None:
        """The checksum of the operation that made `version`; None if it has none, or is no longer
        kept."""

    async def find_client(self, key: int, client_id: str) -> ClientRecord | None:
        """What is stored of this client on this document; None if it never edited it."""

    async def find_edit(
        self, key: int, client_id: str, client_edit_id: int
    ) -> OperationRecord | None:
        """The operation that an edit became; where that is compacted, its text is "null"."""

    async def holds_edit(self, key: int, client_id: str, client_edit_id: int) -> bool:
        """Whether an edit is stored. If not, it won't be: a transaction in progress, even one that
        was given up, ends before this is answered.

        Raises:
            StorageUnavailable: it has not ended yet; or the database can't be written.
        """

    async def droppable(
        self, key: int, keep_operations: int | None, keep_after: float | None
    ) -> Droppable | None:
        """The operations of a document that may go; None if there are none.

        Args:
            keep_operations: this many of the newest stay; None for any number.
            keep_after: younger ones stay (seconds since the epoch, UTC); None for any age.
        """

    async def compact(self, key: int, epoch: str, version: int, content: str) -> bool:
        """Let the operations up to `version` go; False if the document does not exist any more.

        Their identities stay, so that `find_client` and `find_edit` know them.

        Args:
            content: the content (JSON text) at `version`.
        """


class Snapshots(Protocol):
    """Contents of documents as of some of their versions."""

    async def latest(self, key: int, at_most: int | None = None) -> SnapshotRecord | None:
        """The newest sound snapshot, of version `at_most` or below if given. Damaged newer ones
        are set aside."""

    async def add(self, key: int, version: int, content: str) -> None:
        """Store the content (JSON text) as of `version`; older ones make room for it.

        An existing one stays as it is; for a document that is gone nothing happens.
        """

    async def add_old(self, key: int, version: int, content: str) -> None:
        """As `add`, of a version that is far from all stored ones; all stay."""

    def spacing(self, snapshot: SnapshotRecord | None) -> int:
        """How many operations after this one there has to be another."""


class Catalog(Protocol):
    """The documents that exist, and the ids of those that were deleted."""

    async def create_document(
        self,
        doc_id: str,
        doc_type: str,
        title: str = "",
        owner: str | None = None,
        *,
        anew: bool = True,
    ) -> DocumentRecord:
        """A new, empty document, of version 0; `owner` is granted that role on it.

        Args:
            anew: whether the id of a deleted document may be used again.

        Raises:
            DocumentExists: there is one of this `doc_id`.
            DocumentDeleted: there was one, and `anew` is off.
            ServerBusy: there are as many documents as there may be.
        """

    async def find_document(self, doc_id: str) -> DocumentRecord | None: ...

    async def open_document(
        self, doc_id: str, client_id: str | None = None, *, limit: int
    ) -> Opening | None:
        """What it takes to open a document, read in one transaction; None if there is none.

        Args:
            client_id: a client that is about to join.
            limit: at most this many of the operations after the snapshot, fewer where they are
                large; `OperationLog.read` has the others.

        Raises:
            DocumentDamaged: the operations are not what was stored. A damaged snapshot is set
                aside, as by `Snapshots.latest`.
        """

    async def find_editor(
        self, doc_id: str, client_id: str
    ) -> tuple[DocumentRecord | None, ClientRecord | None]:
        """A document and what is stored of this client on it, read in one transaction."""

    async def find_epochs(self, keys: Sequence[int]) -> dict[int, str]:
        """By key, the epochs of the documents that exist. One query: the caller bounds their
        number."""

    async def list_documents(
        self,
        search: str = "",
        limit: int = 50,
        after: str | None = None,
        scope: Scope | None = None,
    ) -> tuple[list[DocumentRecord], str | None]:
        """One page of documents, the last changed first, and the `after` of the next page.

        Args:
            search: only those with this in their title or id, in any case.
            limit: at most this many, at least 1.
            after: the cursor that came with the page before.
            scope: only these documents; None for all.

        Returns:
            The page, and None after the last one. A document that changes meanwhile moves to the
            front and may be missed by later pages.

        Raises:
            InvalidRequest: `after` is not such a cursor, or `search` is longer than 500 characters.
        """

    def check_list(self, search: str, after: str | None) -> ListCursor:
        """Where a list begins.

        Raises:
            InvalidRequest: `after` is not such a cursor, or `search` is longer than 500 characters.
        """

    async def walk_documents(self, after: ListCursor, maximum: int) -> list[DocumentRecord]:
        """At most `maximum` documents from a cursor on, the last changed first."""

    async def matching_keys(
        self, keys: Sequence[int], search: str, scope: Scope | None = None
    ) -> set[int]:
        """Those of at most 1000 keys whose documents match the search and are in the scope."""

    async def rename_document(self, doc_id: str, title: str) -> DocumentRecord:
        """Set the title; that counts as a change (`updated_at`) but makes no version.

        Raises:
            NoSuchDocument: there is none of this `doc_id`.
        """

    async def delete_document(
        self, doc_id: str, user_id: str = "", *, tombstone: bool = True
    ) -> DocumentRecord:
        """Delete a document with all its operations and snapshots; returns its last record.

        Ids that were deleted longer ago than `tombstone_days` are forgotten.

        Args:
            user_id: the user who deletes it.
            tombstone: whether its id is remembered, so that joining doesn't make it anew.

        Raises:
            NoSuchDocument: there is none of this `doc_id`.
        """

    async def was_deleted(self, doc_id: str) -> bool:
        """Whether there was a document of this id, and there is none now."""

    async def deleted_by(self, doc_id: str) -> str | None:
        """The user who deleted the document of this id, "" where that is unknown; None if there is
        no deleted document of this id."""


class Grants(Protocol):
    """Which users and links have which role on a document."""

    async def set_grant(self, key: int, user_id: str, role: str, maximum: int) -> GrantRecord:
        """Give a user a role on a document, in place of an earlier one.

        Raises:
            InvalidRequest: the document has `maximum` grants already.
        """

    async def remove_grant(self, key: int, user_id: str) -> bool:
        """Whether there was one."""

    async def find_grant(self, key: int, user_id: str) -> GrantRecord | None: ...

    async def list_grants(self, key: int) -> list[GrantRecord]: ...

    async def add_link(self, link: LinkRecord, maximum: int) -> None:
        """Keep a link.

        Raises:
            InvalidRequest: the document has `maximum` links already.
        """

    async def remove_link(self, key: int, link_id: str) -> bool:
        """Whether there was one."""

    async def find_link(self, link_id: str) -> LinkRecord | None: ...

    async def list_links(self, key: int) -> list[LinkRecord]: ...

    async def find_shares(
        self, doc_id: str, user_id: str | None, link_id: str | None
    ) -> Shares | None:
        """A user's grant on a document, and the link if it is one to this document, read in one
        transaction; None if there is no such document.

        Args:
            user_id: None for a user who can have no grant.
            link_id: None for a caller without a link.
        """


class Store(Protocol):
    """The four parts, and the database's health."""

    @property
    def operations(self) -> OperationLog: ...
    @property
    def snapshots(self) -> Snapshots: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def grants(self) -> Grants: ...

    async def ping(self) -> None:
        """Return if the database can be written and has this program's schema.

        Raises:
            SchemaMismatch: the schema has changed under this program.
        """

    async def write_something(self) -> None:
        """Store something without meaning. It needs what an edit needs: room on the disk."""


class DatabaseStore:
    """The store over an open `Database`.

    Args:
        snapshots_kept: this many of a document's newest snapshots are kept; None for all.
        spacing: how far the older ones may lie apart; None where none are kept.
        max_documents: at most this many documents; None for any number.
        tombstone_days: how long the ids of deleted documents are remembered; None for ever.
    """

    def __init__(
        self,
        database: Database,
        snapshots_kept: int | None = None,
        *,
        spacing: Spacing | None = None,
        max_documents: int | None = None,
        tombstone_days: float | None = None,
    ) -> None:
        self._database = database
        self.operations = DatabaseOperationLog(database)
        self.snapshots = DatabaseSnapshots(database, snapshots_kept, spacing)
        self.catalog = DatabaseCatalog(database, self.snapshots, max_documents, tombstone_days)
        self.grants = DatabaseGrants(database)

    async def ping(self) -> None:
        await self._database.write(schema.check_writable)

    async def write_something(self) -> None:
        await self._database.write(schema.write_something)
