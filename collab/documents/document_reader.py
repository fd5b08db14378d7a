"""Reads the content of a document: from memory if it is open, else from storage."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

from ..errors import DocumentDeleted, NoSuchDocument
from ..settings import Settings
from ..storage import DocumentRecord, Store
from .content import Encoded, decode_content
from .document import Document
from .document_state import DocumentState
from .loading import check_version
from .open_documents import OpenDocuments
from .reading import Contents

__all__ = ["DocumentReader", "IsKnown"]

IsKnown = Callable[[DocumentRecord, int], bool]
"""Whether the caller has the content of a document at a version already."""


class DocumentReader:
    """The record and the content of a document, both of the same epoch.

    Bounds: those of `Contents`.
    """

    def __init__(self, settings: Settings, store: Store, documents: OpenDocuments) -> None:
        self._documents = documents
        self._contents = Contents(settings, store, documents.types)

    async def value(self, doc_id: str, version: int | None) -> tuple[DocumentRecord, int, Any]:
        """The record, a version and its content as a JSON value.

        Args:
            version: None for the newest committed one.

        Raises:
            NoSuchDocument: there is no such document, or it never had that version.
        """
        while True:
            record = await self._find_record(doc_id)
            document = self._open_as(record) if version is None else None
            # If it was deleted meanwhile, there may be a new one with its id.
            with contextlib.suppress(DocumentDeleted):
                if document is not None:
                    at, text = await document.content.text()
                    return record, at, await decode_content(text)
                loaded = await self._contents.loaded(record, check_version(record, version))
                return record, loaded.version, loaded.buffer.content()

    async def encoded(
        self, doc_id: str, version: int | None, is_known: IsKnown
    ) -> tuple[DocumentRecord, int, Encoded | None]:
        """As `value`, but encoded; None if the caller has it already."""
        while True:
            record = await self._find_record(doc_id)
            # What is not known may be read no more than it may be edited.
            self._documents.types.get(record.doc_type)
            document = self._open_as(record) if version is None else None
            at = check_version(record, version) if document is None else document.history.head
            if is_known(record, at):
                return record, at, None
            with contextlib.suppress(DocumentDeleted):
                if document is not None:
                    content = await document.content.encoded()
                else:
                    content = await self._contents.encoded(record, at)
                return record, content.version, content

    async def _find_record(self, doc_id: str) -> DocumentRecord:
        record = await self._documents.find_record(doc_id)
        if record is None:
            raise NoSuchDocument(f"there is no document {doc_id!r}")
        return record

    def _open_as(self, record: DocumentRecord) -> Document | None:
        """The open document that this record is of, if it can be asked now."""
        document = self._documents.get(record.doc_id)
        if document is None or document.epoch != record.epoch:
            return None
        return document if document.state is DocumentState.OPEN else None
