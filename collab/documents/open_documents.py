"""The documents that are in memory: loaded once, shared, and evicted when nobody uses them."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterator, Mapping

from ..errors import (
    DocumentDeleted,
    DocumentError,
    DocumentExists,
    NoSuchDocument,
    ServerBusy,
    StorageError,
    WrongDocType,
)
from ..limits.budget import Metered
from ..limits.queues import Queues
from ..settings import Settings
from ..storage import Committer, DocumentRecord, Opening, Store
from .document import Document, DocumentState, MakeRoom
from .document_types import DocumentTypes
from .loading import PAGE_OPERATIONS, load_opened

__all__ = ["DEFAULT_TYPE", "OpenDocuments"]

logger = logging.getLogger(__name__)

DEFAULT_TYPE = "text"
VERIFIED_AT_ONCE = 500

LOADS_OF_PAYER = 2
"""So many documents are loaded at one time for one network address or user: more would be begun
before the first ones are paid."""

OnCreate = Callable[[], None]


class OpenDocuments(Mapping[str, Document]):
    """Open documents by id; only loaded ones are in here.

    Bounds: `max_open_documents`, `max_open_size` when one is opened, and `LOADS_OF_PAYER` that are
    loaded at one time for each. The least recently used idle document makes room for another; if
    none is idle, opening is refused.
    """

    def __init__(
        self, settings: Settings, store: Store, committer: Committer, make_room: MakeRoom
    ) -> None:
        self.types = DocumentTypes(settings)
        self._settings = settings
        self._store = store
        self._committer = committer
        self._make_room = make_room
        # The one that was used longest ago comes first.
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._loading: dict[str, asyncio.Task[Document]] = {}
        self._queues = Queues(LOADS_OF_PAYER)
        self._closing: set[asyncio.Task[None]] = set()
        # Ids that `close_deleted` has yet to look at. Bound: those that were open at one time.
        self._to_verify: list[str] = []

    def __getitem__(self, doc_id: str) -> Document:
        return self._documents[doc_id]

    def __iter__(self) -> Iterator[str]:
        return iter(self._documents)

    def __len__(self) -> int:
        return len(self._documents)

    @contextlib.asynccontextmanager
    async def open(
        self,
        doc_id: str,
        *,
        doc_type: str | None = None,
        create: bool = False,
        client_id: str | None = None,
        verify: bool = False,
        on_create: OnCreate = lambda: None,
    ) -> AsyncIterator[Document]:
        """An open document that stays in memory while the context lasts.

        Args:
            doc_type: the type that it must have, or that it is created with.
            create: whether to create it if there is none.
            on_create: called before it is created; what it raises refuses that.
            client_id: an editor that is about to be held by it: what is stored of it is read
                together with the document.
            verify: whether to look first if another program has deleted the open document.

        Raises:
            NoSuchDocument, DocumentDeleted, WrongDocType, ServerBusy, StorageError
        """
        if verify and doc_id in self._documents:
            await self._verify(doc_id, client_id)
        document = await self._open(doc_id, doc_type, create, client_id, on_create)
        while document.state is DocumentState.CLOSED:
            document = await self._open(doc_id, doc_type, create, client_id, on_create)
        document.pins += 1
        try:
            if doc_type is not None and document.doc_type.name != doc_type:
                raise WrongDocType(
                    f"the document is of type '{document.doc_type.name}', not '{doc_type[:40]}': "
                    "join it with its own type or leave doc_type out"
                )
            yield document
        finally:
            document.pins -= 1
            self.used(document)

    async def _open(
        self,
        doc_id: str,
        doc_type: str | None,
        create: bool,
        client_id: str | None,
        on_create: OnCreate,
    ) -> Document:
        while True:
            document = self._documents.get(doc_id)
            if document is not None:
                return document
            loading = self._loading.get(doc_id)
            if loading is None:
                async with self._queues.turn():
                    if doc_id in self._documents or doc_id in self._loading:
                        continue
                    if self._is_full:
                        await self._make_space()
                        continue
                    # Shielded: one caller that goes away must not end the load for the others.
                    return await asyncio.shield(
                        self._start_loading(doc_id, doc_type, create, client_id, on_create)
                    )
            try:
                return await asyncio.shield(loading)
            except NoSuchDocument:
                # The one who began to load may not have wanted to create it.
                if not create:
                    raise

    @property
    def _is_full(self) -> bool:
        return self._has_most or self._is_too_large

    @property
    def _has_most(self) -> bool:
        return len(self._documents) + len(self._loading) >= self._settings.max_open_documents

    @property
    def _is_too_large(self) -> bool:
        size = sum(document.size for document in self._documents.values())
        return size >= self._settings.max_open_size

    def _start_loading(
        self,
        doc_id: str,
        doc_type: str | None,
        create: bool,
        client_id: str | None,
        on_create: OnCreate,
    ) -> asyncio.Task[Document]:
        loading = asyncio.get_running_loop().create_task(
            Metered.continued(self._load(doc_id, doc_type, create, client_id, on_create))
        )
        self._loading[doc_id] = loading
        loading.add_done_callback(lambda task: self._loaded(doc_id, task))
        return loading

    async def _load(
        self,
        doc_id: str,
        doc_type: str | None,
        create: bool,
        client_id: str | None,
        on_create: OnCreate,
    ) -> Document:
        opening = await self._read(doc_id, client_id)
        if opening is None and create:
            on_create()
            opening = await self._create(doc_id, doc_type, client_id)
        if opening is None:
            if await self._store.catalog.was_deleted(doc_id):
                raise DocumentDeleted(f"the document '{doc_id}' was deleted")
            raise NoSuchDocument(f"there is no document '{doc_id}'")
        kind = self.types.get(opening.record.doc_type)
        document = Document(
            opening.record,
            kind,
            await load_opened(self._store, opening, kind),
            self._store,
            self._committer,
            self._settings,
            self._make_room,
            self._forget,
        )
        # What came while a long log was read may be theirs.
        if client_id is not None and document.history.head == opening.record.version:
            document.authors.expect(client_id, opening.client)
        return document

    async def _read(self, doc_id: str, client_id: str | None) -> Opening | None:
        return await self._store.catalog.open_document(doc_id, client_id, limit=PAGE_OPERATIONS)

    async def _create(
        self, doc_id: str, doc_type: str | None, client_id: str | None
    ) -> Opening | None:
        name = self.types.get(doc_type or DEFAULT_TYPE).name
        try:
            return Opening(await self._store.catalog.create_document(doc_id, name, anew=False))
        except DocumentExists:
            return await self._read(doc_id, client_id)

    def _loaded(self, doc_id: str, task: asyncio.Task[Document]) -> None:
        del self._loading[doc_id]
        if not task.cancelled() and task.exception() is None:
            self._documents[doc_id] = task.result()

    def _forget(self, document: Document) -> None:
        """A document closed by itself: its state is unknown, or it was deleted."""
        if self._documents.get(document.doc_id) is document:
            del self._documents[document.doc_id]
        task = asyncio.get_running_loop().create_task(document.close())
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    def used(self, document: Document) -> None:
        """Somebody has used it until now."""
        document.idle_since = time.monotonic()
        if self._documents.get(document.doc_id) is document:
            self._documents.move_to_end(document.doc_id)

    # -- deletion by another program ------------------------------------------------------------

    async def find_record(self, doc_id: str) -> DocumentRecord | None:
        """The document as stored; None if there is none.

        An open document of this id that is no longer the stored one, because another program has
        deleted it, is closed: its editors get `document_deleted`.

        Raises:
            StorageUnavailable
        """
        # Before the question: one that is opened meanwhile may be newer than the answer.
        document = self._documents.get(doc_id)
        record = await self._store.catalog.find_document(doc_id)
        if document is not None:
            await self._compare(document, record)
        return record

    async def _verify(self, doc_id: str, client_id: str | None) -> None:
        """As `find_record`, in one transaction with what is stored of the editor."""
        if client_id is None:
            await self.find_record(doc_id)
            return
        document = self._documents[doc_id]
        head = document.history.head
        record, client = await self._store.catalog.find_editor(doc_id, client_id)
        await self._compare(document, record)
        if document.history.head == head:
            document.authors.expect(client_id, client)

    async def _compare(self, document: Document, record: DocumentRecord | None) -> None:
        if record is None or record.epoch != document.epoch:
            await self._delete(document)

    async def close_deleted(self) -> None:
        """Look for open documents that another program has deleted, and close them.

        Each call looks at the next 500 documents that have connections, so a call is one query.

        Raises:
            StorageUnavailable
        """
        if not self._to_verify:
            self._to_verify = [each.doc_id for each in self._documents.values() if each.in_use]
        doc_ids = self._to_verify[:VERIFIED_AT_ONCE]
        del self._to_verify[:VERIFIED_AT_ONCE]
        documents = [self._documents[each] for each in doc_ids if each in self._documents]
        if not documents:
            return
        epochs = await self._store.catalog.find_epochs([each.key for each in documents])
        for document in documents:
            if epochs.get(document.key) != document.epoch:
                await self._delete(document)

    async def _delete(self, document: Document) -> None:
        user_id = await self._store.catalog.deleted_by(document.doc_id)
        if document.state is not DocumentState.CLOSED:
            logger.info("document deleted by another program", extra={"doc_id": document.doc_id})
        document.delete(user_id or "")

    # -- eviction -------------------------------------------------------------------------------

    async def evict_idle(self, idle_since: float) -> None:
        """Evict every document that nobody has used since then (`time.monotonic`)."""
        while (document := self._longest_idle()) and document.idle_since <= idle_since:
            await self._evict(document)

    async def _make_space(self) -> None:
        document = self._longest_idle()
        if document is None:
            if self._has_most:
                raise ServerBusy(
                    f"the server has {self._settings.max_open_documents} documents in use, "
                    "which is the limit (max_open_documents): try again later"
                )
            raise ServerBusy(
                f"the documents in use have a size of {self._settings.max_open_size} or more "
                "together, which is the limit (max_open_size): try again later"
            )
        await self._evict(document)

    def _longest_idle(self) -> Document | None:
        """The idle document that was used longest ago. One that is in use is not looked at again
        before those that were used less lately, so this takes no time in proportion to them all."""
        for _ in range(len(self._documents)):
            document = next(iter(self._documents.values()))
            if document.is_idle:
                return document
            self.used(document)
        return None

    async def _evict(self, document: Document) -> None:
        await document.snapshots.settle()
        # Somebody may have come while the snapshot was being stored.
        if document.is_idle and self._documents.get(document.doc_id) is document:
            del self._documents[document.doc_id]
            await document.close()

    # -- the end --------------------------------------------------------------------------------

    async def until_all_committed(self) -> None:
        """Return when what every document has accepted by now is committed, or has failed."""
        await asyncio.gather(
            *(each.until_committed(each.history.accepted) for each in self._documents.values()),
            return_exceptions=True,
        )

    async def close(self) -> None:
        """Store a snapshot of each document that has changed, and close it. Idempotent."""
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        for document in list(self._documents.values()):
            with contextlib.suppress(StorageError, DocumentError):
                await document.snapshots.settle()
            await document.close()
        self._documents.clear()
        await asyncio.gather(*self._closing, return_exceptions=True)
