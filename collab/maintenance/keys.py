"""Iteration over the documents of a database in pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ..storage import Database
from ..storage.inspection import inspect_keys

__all__ = ["document_keys"]

PAGE_DOCUMENTS = 500


async def document_keys(database: Database) -> AsyncIterator[int]:
    """Yield the key of each document, in the order of creation."""
    after = 0
    while keys := await database.read(inspect_keys, after, PAGE_DOCUMENTS):
        for key in keys:
            yield key
        after = keys[-1]
