"""Documents, operations and snapshots, kept in a database."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..errors import (
    DocumentDeleted,
    DocumentExists,
    InvalidRequest,
    NoSuchDocument,
    ServerBusy,
    StorageUnavailable,
)
from . import (
    compaction,
    documents,
    grants,
    log,
    opening,
    operations,
    schema,
    snapshots,
    tombstones,
)
from .appending import append_at_once
from .compaction import Droppable
from .database import Database
from .faults import REFUSED
from .heads import ChainHeads
from .records import (
    DAY_SECONDS,
    Append,
    ClientRecord,
    DocumentRecord,
    GrantRecord,
    LinkRecord,
    Opening,
    OperationRecord,
    Place,
    Scope,
    Shares,
    SnapshotRecord,
)
from .snapshots import Spacing

__all__ = ["Repository"]

logger = logging.getLogger(__name__)

T = TypeVar("T")

UNSPACED = 2**53
"""More operations than any document has."""


class Repository:
    """Every method raises `StorageUnavailable` when the database can't be used.

    What a method has stored when it returns survives the death of the process at any instant.

    Args:
        snapshots_kept: so many of a document's newest snapshots are kept; None for all.
        spacing: how far the older ones may lie apart; None where none are kept.
        documents_maximum: so many documents there may be; None for any number.
        tombstone_days: how long the ids of deleted documents are remembered; None for ever.
    """

    def __init__(
        self,
        database: Database,
        snapshots_kept: int | None = None,
        *,
        spacing: Spacing | None = None,
        documents_maximum: int | None = None,
        tombstone_days: float | None = None,
    ) -> None:
        self._database = database
        self._is_sqlite = database.is_sqlite
        self._documents_maximum = documents_maximum
        self._snapshots_kept = snapshots_kept
        self._spacing = spacing
        self._tombstone_days = tombstone_days
        self._heads = ChainHeads()

    # -- documents ------------------------------------------------------------------------------

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
        maximum = self._documents_maximum
        try:
            return await self._database.write(
                _create, doc_id, doc_type, title, owner, anew, maximum
            )
        except documents.NoRoom as error:
            raise ServerBusy(
                f"the server keeps {maximum} documents, which is the limit "
                "(stored_documents_maximum): delete some"
            ) from error
        except IntegrityError as error:
            raise DocumentExists(
                f"there is a document '{doc_id}' already: open it, or choose another id"
            ) from error

    async def find_document(self, doc_id: str) -> DocumentRecord | None:
        return await self._database.read(documents.find_document, doc_id)

    async def open_document(
        self, doc_id: str, client_id: str | None = None, *, limit: int
    ) -> Opening | None:
        """What it takes to open a document, read in one transaction; None if there is none.

        Args:
            client_id: an editor that is about to join.
            limit: of the operations after the snapshot, at most so many, fewer where they are
                large; `operations_after` has the others.

        Raises:
            DocumentDamaged: the operations are not what was stored. A damaged snapshot is set
                aside, as by `latest_snapshot`.
        """
        return await self._past_damage(opening.open_document, doc_id, client_id, limit)

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
            limit: at most so many, at least 1.
            after: what the page before came with.
            scope: only these documents; None for all.

        Returns:
            The page, and None after the last one. A document that changes meanwhile moves to the
            front and may be missed by later pages.

        Raises:
            InvalidRequest: `after` is not such a cursor, or `search` is longer than 500 characters.
        """
        place = None if after is None else documents.read_cursor(after)
        self.check_list(search, None)
        return await self._database.read(documents.list_documents, search, limit, place, scope)

    def check_list(self, search: str, after: str | None) -> Place:
        """Where a list begins.

        Raises:
            InvalidRequest: `after` is not such a cursor, or `search` is longer than 500 characters.
        """
        if len(search) > documents.SEARCH_MAXIMUM:
            raise InvalidRequest(
                f"the search text is {len(search)} characters long: "
                f"at most {documents.SEARCH_MAXIMUM} are allowed"
            )
        return Place() if after is None else documents.read_cursor(after)

    async def walk_documents(self, after: Place, maximum: int) -> list[DocumentRecord]:
        """At most so many documents from a place on, the last changed first."""
        return await self._database.read(documents.walk_documents, after, maximum)

    async def matching_keys(
        self, keys: Sequence[int], search: str, scope: Scope | None = None
    ) -> set[int]:
        """Those of at most 1000 keys whose documents match the search and are in the scope."""
        return await self._database.read(documents.matching_keys, keys, search, scope)

    async def rename_document(self, doc_id: str, title: str) -> DocumentRecord:
        """Set the title; that counts as a change (`updated_at`) but makes no version.

        Raises:
            NoSuchDocument: there is none of this `doc_id`.
        """
        return _found(doc_id, await self._database.write(documents.rename_document, doc_id, title))

    async def delete_document(
        self, doc_id: str, user_id: str = "", *, tombstone: bool = True
    ) -> DocumentRecord:
        """Delete a document with all its operations and snapshots; returns what it was.

        Ids that were deleted longer ago than `tombstone_days` are forgotten.

        Args:
            user_id: who deletes it.
            tombstone: whether its id is remembered, so that joining doesn't make it anew.

        Raises:
            NoSuchDocument: there is none of this `doc_id`.
        """
        days = self._tombstone_days
        forget_before = None if days is None else time.time() - days * DAY_SECONDS
        deleted = await self._database.write(
            documents.delete_document, doc_id, user_id, tombstone, forget_before
        )
        return _found(doc_id, deleted)

    async def was_deleted(self, doc_id: str) -> bool:
        """Whether there was a document of this id, and there is none now."""
        return await self._database.read(tombstones.has_tombstone, doc_id)

    async def deleted_by(self, doc_id: str) -> str | None:
        """The user who deleted the document of this id, "" where that is unknown; None if there is
        no deleted document of this id."""
        return await self._database.read(tombstones.deleted_by, doc_id)

    async def find_epochs(self, keys: Sequence[int]) -> dict[int, str]:
        """By key, the epochs of those of these documents that are there. One query: the caller
        bounds their number."""
        return await self._database.read(documents.find_epochs, keys)

    # -- operations -----------------------------------------------------------------------------

    async def append(self, batch: Sequence[Append]) -> list[list[int]]:
        """Store operations of several documents in one transaction.

        Each document is compared and set: one that is gone, was made anew or has another version
        than the append expects is left out, and so is one whose rows the database refuses.

        Returns:
            For each append, the checksums of its operations; none if it was not stored.

        Raises:
            StorageUnavailable: none of it was stored, or nobody knows.
        """
        if not batch:
            return []
        heads = self._heads.take(batch)
        try:
            return self._noted(batch, await self._append_all(batch, heads))
        except operations.Missed:
            with contextlib.suppress(*REFUSED):
                return await self._append_each(batch, heads)
        except REFUSED:
            pass
        return [await self._append_alone(append, heads) for append in batch]

    async def _append_all(
        self, batch: Sequence[Append], heads: Mapping[int, int | None]
    ) -> list[list[int]]:
        if self._is_sqlite:
            return await self._database.write_whole(append_at_once, batch, heads)
        return await self._database.write(_append, batch, heads)

    async def _append_each(
        self, batch: Sequence[Append], heads: Mapping[int, int | None]
    ) -> list[list[int]]:
        return self._noted(batch, await self._database.write(operations.append_each, batch, heads))

    def _noted(self, batch: Sequence[Append], stored: list[list[int]]) -> list[list[int]]:
        for append, checksums in zip(batch, stored, strict=True):
            if checksums:
                self._heads.put(append, checksums[-1])
        return stored

    async def _append_alone(self, append: Append, heads: Mapping[int, int | None]) -> list[int]:
        try:
            return (await self._append_each([append], heads))[0]
        except REFUSED as error:
            # The error's own text would show what somebody wrote.
            kind = type(error).__name__
            logger.error("document key %d after %d: %s", append.key, append.version, kind)
            return []

    async def operations_after(self, key: int, version: int, limit: int) -> list[OperationRecord]:
        """At most `limit` operations after `version`, in order; none if those are no longer kept,
        and fewer, but at least one, where they are large.

        Raises:
            DocumentDamaged: they are not what was stored.
        """
        return await self._database.read(log.operations_after, key, version, limit)

    async def find_checksum(self, key: int, version: int) -> int | None:
        """The checksum of the operation that made `version`; None if it has none, or is no longer
        kept."""
        return await self._database.read(log.find_checksum, key, version)

    async def find_client(self, key: int, client_id: str) -> ClientRecord | None:
        """What is stored of this editor on this document; None if it never edited it."""
        return await self._database.read(log.find_client, key, client_id)

    async def find_editor(
        self, doc_id: str, client_id: str
    ) -> tuple[DocumentRecord | None, ClientRecord | None]:
        """A document and what is stored of this editor on it, read in one transaction."""
        return await self._database.read(opening.find_editor, doc_id, client_id)

    async def find_edit(
        self, key: int, client_id: str, client_edit_id: int
    ) -> OperationRecord | None:
        """The operation that an edit became; where that is compacted, its text is "null"."""
        return await self._database.read(log.find_edit, key, client_id, client_edit_id)

    async def holds_edit(self, key: int, client_id: str, client_edit_id: int) -> bool:
        """Whether an edit is stored. If not, it won't be: what is being written, though it was
        given up, comes to its end before this is answered.

        Raises:
            StorageUnavailable: it has not come to its end yet; or the database can't be written.
        """
        return await self._database.write(log.holds_edit, key, client_id, client_edit_id)

    # -- snapshots ------------------------------------------------------------------------------

    async def latest_snapshot(self, key: int, at_most: int | None = None) -> SnapshotRecord | None:
        """The newest snapshot that is sound, of version `at_most` or below if given.

        A newer one that is damaged is set aside.
        """
        return await self._past_damage(snapshots.latest_snapshot, key, at_most=at_most)

    async def _past_damage(
        self, read: Callable[..., T], *args: Any, at_most: int | None = None
    ) -> T:
        """What `read` finds when snapshots that are damaged are set aside, one after the other."""
        while True:
            try:
                return await self._database.read(read, *args, at_most)
            except snapshots.SnapshotDamaged as damage:
                logger.error(
                    "document key %d: %s: it is set aside, and the content taken from an earlier "
                    "one and the operations after it",
                    damage.key,
                    damage,
                )
                at_most = damage.version - 1
                # Where nothing can be written, it is passed over all the same.
                with contextlib.suppress(StorageUnavailable):
                    await self._database.write(
                        snapshots.set_aside_snapshot, damage.key, damage.version
                    )

    async def add_snapshot(self, key: int, version: int, content: str) -> None:
        """Store the content (JSON text) as of `version`; older ones make room for it.

        One that is stored already stays as it is; for a document that is gone nothing happens.
        """
        kept = self._snapshots_kept
        spacing = 0 if self._spacing is None else self._spacing.of(len(content))
        with contextlib.suppress(IntegrityError):
            await self._database.write(snapshots.add_snapshot, key, version, content, kept, spacing)

    async def add_old_snapshot(self, key: int, version: int, content: str) -> None:
        """As `add_snapshot`, of a version that is far from all that are stored; all stay."""
        with contextlib.suppress(IntegrityError):
            await self._database.write(snapshots.add_snapshot, key, version, content)

    def snapshot_spacing(self, snapshot: SnapshotRecord | None) -> int:
        """How many operations after this one there has to be another."""
        spacing = self._spacing or Spacing(UNSPACED, 1)
        return spacing.of(0 if snapshot is None else len(snapshot.content))

    # -- compaction -----------------------------------------------------------------------------

    async def droppable(
        self, key: int, keep_operations: int | None, keep_after: float | None
    ) -> Droppable | None:
        """The operations of a document that may go; None if there are none.

        Args:
            keep_operations: so many of the newest stay; None for any number.
            keep_after: what is younger stays (seconds since the epoch, UTC); None for any age.
        """
        return await self._database.read(compaction.droppable, key, keep_operations, keep_after)

    async def compact(self, key: int, epoch: str, version: int, content: str) -> bool:
        """Let the operations up to `version` go; False if the document is not there any more.

        Their identities stay, so that `find_client` and `find_edit` know them.

        Args:
            content: the content (JSON text) at `version`.
        """
        reached: int | None = 0
        while reached is not None and reached < version:
            reached = await self._database.write(
                compaction.compact_part, key, epoch, version, content
            )
        return reached is not None

    # -- grants and links -----------------------------------------------------------------------

    async def set_grant(self, key: int, user_id: str, role: str, maximum: int) -> GrantRecord:
        """Give a user a role on a document, in place of the one they had.

        Raises:
            InvalidRequest: the document has `maximum` grants already.
        """
        try:
            return await self._database.write(grants.set_grant, key, user_id, role, maximum)
        except grants.TooMany:
            raise InvalidRequest(
                f"the document has {maximum} grants, which is the limit: remove one first"
            ) from None

    async def remove_grant(self, key: int, user_id: str) -> bool:
        """Whether there was one."""
        return await self._database.write(grants.remove_grant, key, user_id)

    async def find_grant(self, key: int, user_id: str) -> GrantRecord | None:
        return await self._database.read(grants.find_grant, key, user_id)

    async def list_grants(self, key: int) -> list[GrantRecord]:
        return await self._database.read(grants.list_grants, key)

    async def add_link(self, link: LinkRecord, maximum: int) -> None:
        """Keep a link.

        Raises:
            InvalidRequest: the document has `maximum` links already.
        """
        try:
            await self._database.write(grants.add_link, link, maximum)
        except grants.TooMany:
            raise InvalidRequest(
                f"the document has {maximum} links, which is the limit: revoke one first"
            ) from None

    async def remove_link(self, key: int, link_id: str) -> bool:
        """Whether there was one."""
        return await self._database.write(grants.remove_link, key, link_id)

    async def find_link(self, link_id: str) -> LinkRecord | None:
        return await self._database.read(grants.find_link, link_id)

    async def find_shares(
        self, doc_id: str, user_id: str | None, link_id: str | None
    ) -> Shares | None:
        """A user's grant on a document, and the link if it is one to this document, read in one
        transaction; None if there is no such document.

        Args:
            user_id: None for who can have no grant.
            link_id: None for who has no link.
        """
        return await self._database.read(grants.find_shares, doc_id, user_id, link_id)

    async def list_links(self, key: int) -> list[LinkRecord]:
        return await self._database.read(grants.list_links, key)

    # -- health ---------------------------------------------------------------------------------

    async def ping(self) -> None:
        """Return if the database can be written and has this program's schema.

        Raises:
            SchemaMismatch: the schema has changed under this program.
        """
        await self._database.write(schema.check_writable)

    async def write_something(self) -> None:
        """Store something without meaning, which takes what an edit takes: room on the disk.

        Raises:
            StorageUnavailable: it can't be stored.
        """
        await self._database.write(schema.write_something)


def _create(
    connection: Connection,
    doc_id: str,
    doc_type: str,
    title: str,
    owner: str | None,
    anew: bool,
    maximum: int | None,
) -> DocumentRecord:
    if not anew and tombstones.has_tombstone(connection, doc_id):
        raise DocumentDeleted(f"the document '{doc_id}' was deleted")
    if maximum is not None:
        documents.check_room(connection, maximum)
    record = documents.create_document(connection, doc_id, doc_type, title)
    if owner is not None:
        grants.set_grant(connection, record.key, owner, "owner", 1)
    return record


def _append(
    connection: Connection, batch: Sequence[Append], heads: Mapping[int, int | None]
) -> list[list[int]]:
    # Not every driver counts the rows of many updates in one statement.
    if len(batch) == 1 or not connection.dialect.supports_sane_multi_rowcount:
        return operations.append_each(connection, batch, heads)
    return operations.append_together(connection, batch, heads)


def _found(doc_id: str, record: DocumentRecord | None) -> DocumentRecord:
    if record is None:
        raise NoSuchDocument(f"there is no document '{doc_id}'")
    return record
