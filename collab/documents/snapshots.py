"""Snapshots of an open document: stored after so many operations, and when it goes idle."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from ..errors import StorageError
from ..settings import Settings
from ..storage import Store
from .document_state import DocumentState

if TYPE_CHECKING:
    from .document import Document

__all__ = ["Snapshots"]

logger = logging.getLogger(__name__)


class Snapshots:
    """Stores the content of one document. At most one is being stored at a time.

    Args:
        version: the version of the newest stored snapshot; 0 if there is none.
    """

    __slots__ = ("_document", "_settings", "_store", "_task", "version")

    def __init__(self, document: Document, version: int, store: Store, settings: Settings) -> None:
        self.version = version
        self._document = document
        self._store = store
        self._settings = settings
        self._task: asyncio.Task[None] | None = None

    def start_if_due(self) -> None:
        """Begin to store one if enough operations were committed since the last."""
        if self._document.history.head - self.version >= self._interval():
            self._start()

    def _interval(self) -> int:
        """In operations; a large document's is longer, so that an edit to it costs no more."""
        settings = self._settings
        by_size = self._document.content_size // settings.snapshot_bytes_per_operation
        return max(settings.snapshot_interval_operations, by_size)

    async def settle(self) -> None:
        """Store one of a document that has gone idle, if it has changed since the last."""
        document = self._document
        if self._task is not None:
            await asyncio.wait([self._task])
        if document.state is DocumentState.OPEN and document.history.head > self.version:
            # A task, so that `Document.close` ends it if the document is deleted meanwhile.
            await asyncio.wait([self._start()])

    def _start(self) -> asyncio.Task[None]:
        task = self._task
        if task is None or task.done():
            task = self._task = self._document.start_task(self._store_newest())
        return task

    async def _store_newest(self) -> None:
        document = self._document
        try:
            version, content = await document.content.text()
            if version > self.version:
                await self._store.snapshots.add(document.key, version, content)
                self.version = version
        except StorageError as error:
            logger.warning("no snapshot stored: %s", error, extra={"doc_id": document.doc_id})
        finally:
            # The text of a document that no client joins is not held twice.
            document.content.forget()
