"""The catalogue of documents: which there are, and what it takes to open one."""

from __future__ import annotations

import time
from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from ..errors import (
    DocumentDeleted,
    DocumentExists,
    InvalidRequest,
    NoSuchDocument,
    ServerBusy,
)
from . import documents, tombstones
from .database import Database
from .documents import find_document
from .grants import set_grant
from .operation_log import find_client, operations_after
from .records import (
    DAY_SECONDS,
    ClientRecord,
    DocumentRecord,
    ListCursor,
    Opening,
    Scope,
)
from .snapshots import DatabaseSnapshots, latest_snapshot

__all__ = ["DatabaseCatalog", "find_editor", "open_document"]


class DatabaseCatalog:
    """See `store.Catalog`.

    Args:
        max_documents: at most this many documents; None for any number.
        tombstone_days: how long the ids of deleted documents are remembered; None for ever.
    """

    def __init__(
        self,
        database: Database,
        snapshots: DatabaseSnapshots,
        max_documents: int | None,
        tombstone_days: float | None,
    ) -> None:
        self._database = database
        self._snapshots = snapshots
        self._max_documents = max_documents
        self._tombstone_days = tombstone_days

    async def create_document(
        self,
        doc_id: str,
        doc_type: str,
        title: str = "",
        owner: str | None = None,
        *,
        anew: bool = True,
    ) -> DocumentRecord:
        maximum = self._max_documents
        try:
            return await self._database.write(
                _create, doc_id, doc_type, title, owner, anew, maximum
            )
        except documents.NoRoom as error:
            raise ServerBusy(
                f"the server keeps {maximum} documents, which is the limit "
                "(max_documents): delete some"
            ) from error
        except IntegrityError as error:
            raise DocumentExists(
                f"there is a document '{doc_id}' already: open it, or choose another id"
            ) from error

    async def find_document(self, doc_id: str) -> DocumentRecord | None:
        return await self._database.read(find_document, doc_id)

    async def open_document(
        self, doc_id: str, client_id: str | None = None, *, limit: int
    ) -> Opening | None:
        return await self._snapshots.past_damage(open_document, doc_id, client_id, limit)

    async def find_editor(
        self, doc_id: str, client_id: str
    ) -> tuple[DocumentRecord | None, ClientRecord | None]:
        return await self._database.read(find_editor, doc_id, client_id)

    async def find_epochs(self, keys: Sequence[int]) -> dict[int, str]:
        return await self._database.read(documents.find_epochs, keys)

    async def list_documents(
        self,
        search: str = "",
        limit: int = 50,
        after: str | None = None,
        scope: Scope | None = None,
    ) -> tuple[list[DocumentRecord], str | None]:
        cursor = None if after is None else documents.read_cursor(after)
        self.check_list(search, None)
        return await self._database.read(documents.list_documents, search, limit, cursor, scope)

    def check_list(self, search: str, after: str | None) -> ListCursor:
        if len(search) > documents.MAX_SEARCH:
            raise InvalidRequest(
                f"the search text is {len(search)} characters long: "
                f"at most {documents.MAX_SEARCH} are allowed"
            )
        return ListCursor() if after is None else documents.read_cursor(after)

    async def walk_documents(self, after: ListCursor, maximum: int) -> list[DocumentRecord]:
        return await self._database.read(documents.walk_documents, after, maximum)

    async def matching_keys(
        self, keys: Sequence[int], search: str, scope: Scope | None = None
    ) -> set[int]:
        return await self._database.read(documents.matching_keys, keys, search, scope)

    async def rename_document(self, doc_id: str, title: str) -> DocumentRecord:
        return _found(doc_id, await self._database.write(documents.rename_document, doc_id, title))

    async def delete_document(
        self, doc_id: str, user_id: str = "", *, tombstone: bool = True
    ) -> DocumentRecord:
        days = self._tombstone_days
        forget_before = None if days is None else time.time() - days * DAY_SECONDS
        deleted = await self._database.write(
            documents.delete_document, doc_id, user_id, tombstone, forget_before
        )
        return _found(doc_id, deleted)

    async def was_deleted(self, doc_id: str) -> bool:
        return await self._database.read(tombstones.has_tombstone, doc_id)

    async def deleted_by(self, doc_id: str) -> str | None:
        return await self._database.read(tombstones.deleted_by, doc_id)


def open_document(
    connection: Connection, doc_id: str, client_id: str | None, limit: int, at_most: int | None
) -> Opening | None:
    """A document, its latest snapshot, at most `limit` operations after that, and what is stored of
    an editor; None if there is no such document.

    Args:
        at_most: snapshots of higher versions are passed over.

    Raises:
        SnapshotDamaged, DocumentDamaged: as by `latest_snapshot` and `operations_after`.
    """
    record = find_document(connection, doc_id)
    if record is None:
        return None
    snapshot = latest_snapshot(connection, record.key, at_most)
    begin = 0 if snapshot is None else snapshot.version
    operations = operations_after(connection, record.key, begin, limit)
    client = None if client_id is None else find_client(connection, record.key, client_id)
    return Opening(record, snapshot, operations, client)


def find_editor(
    connection: Connection, doc_id: str, client_id: str
) -> tuple[DocumentRecord | None, ClientRecord | None]:
    """A document and what is stored of an editor of it; None for each that does not exist."""
    record = find_document(connection, doc_id)
    if record is None:
        return None, None
    return record, find_client(connection, record.key, client_id)


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
        set_grant(connection, record.key, owner, "owner", 1)
    return record


def _found(doc_id: str, record: DocumentRecord | None) -> DocumentRecord:
    if record is None:
        raise NoSuchDocument(f"there is no document '{doc_id}'")
    return record
