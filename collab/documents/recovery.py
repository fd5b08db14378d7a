"""After a failed commit: what is stored is read again, and the authors learn what became of edits.

A commit may also have an unknown outcome. Then only the database knows which edits are stored.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence, Set
from typing import TYPE_CHECKING

from ..errors import CollabError, DocumentDeleted, StorageError, StorageUnavailable
from ..ot.types import Buffer
from ..settings import Settings
from ..storage import ClientRecord, OperationRecord, Store
from .document_state import DocumentState
from .history import Change
from .loading import load_content, read_operations
from .submission import used_before

if TYPE_CHECKING:
    from .document import Document

__all__ = ["Recovery"]

logger = logging.getLogger(__name__)


class Recovery:
    """Reloads one document from the database."""

    __slots__ = ("_document", "_settings", "_store")

    def __init__(self, document: Document, store: Store, settings: Settings) -> None:
        self._document = document
        self._store = store
        self._settings = settings

    async def reload(self, dropped: Sequence[Change]) -> None:
        """Continue from what the database has, and tell the authors of `dropped` changes.

        The document is closed if that can't be read, and if it was deleted.
        """
        document = self._document
        try:
            buffer, missed, clients = await self._read({change.client_id for change in dropped})
            stored = await self._stored_of(dropped, clients)
        except DocumentDeleted:
            document.delete(await self._deleted_by())
            return
        except StorageError as error:
            logger.warning(
                "document closed because its stored state is unknown: %s",
                error,
                extra={"doc_id": document.doc_id},
            )
            document.shut(error)
            return
        if document.state is not DocumentState.RELOADING:
            return
        history = document.history
        shown = history.head
        for record in missed:
            history.append(Change.of_record(record, document.transform_budget))
            self._stored(record)
        history.commit(shown + len(missed))
        document.reopen(buffer)
        for change in dropped:
            self._settle(change, clients[change.client_id], stored.get(change.version))
        for record in missed:
            document.authors.forget(record.client_id)
        document.publish(shown)

    async def _read(
        self, client_ids: Set[str]
    ) -> tuple[Buffer, list[OperationRecord], dict[str, ClientRecord | None]]:
        """The stored content, the operations that this document lacks, and the last edit of each of
        these clients."""
        document = self._document
        while True:
            record = await self._store.catalog.find_document(document.doc_id)
            if record is None or record.epoch != document.epoch:
                raise DocumentDeleted("the document was deleted")
            loaded = await load_content(self._store, record, document.doc_type)
            buffer, version = loaded.buffer, loaded.version
            if version - document.history.head > self._settings.max_history_operations:
                raise StorageUnavailable("the document has moved on: reconnect")
            missed = await read_operations(
                self._store, document.key, document.history.head, version
            )
            if len(missed) != version - document.history.head:
                raise StorageUnavailable("the document has moved on: reconnect")
            clients = {
                each: await self._store.operations.find_client(document.key, each)
                for each in client_ids
            }
            # A commit that hung may end between one query and the next.
            if all(each is None or each.last_version <= version for each in clients.values()):
                return buffer, missed, clients

    async def _deleted_by(self) -> str:
        try:
            return await self._store.catalog.deleted_by(self._document.doc_id) or ""
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
                    self._document.key, change.client_id, edit_id
                )
        return found

    def _stored(self, record: OperationRecord) -> None:
        """An edit was found in the database that this process did not store, or had given up."""
        self._document.authors.stored(record)
        author = self._document.authors.get(record.client_id)
        if author is not None and author.has_sent_another(record):
            self._document.room.disown(record.client_id, record.version)

    def _settle(
        self, change: Change, client: ClientRecord | None, stored: OperationRecord | None
    ) -> None:
        """Tell the author of a dropped change, unless it was committed after all: then the history
        brings the ack.

        Args:
            stored: the edit that has its id in the database, which may be another one.
        """
        author = self._document.authors.get(change.client_id)
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
            error = used_before(author, edit_id)
        if error is not None:
            self._document.metrics.edits_refused[error.code] += 1
            self._document.room.refuse(change.client_id, error, edit_id)
        self._document.authors.forget(change.client_id)
