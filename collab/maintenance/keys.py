"""The documents of a database, one after the other, without holding all of them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from ..storage import Database
from ..storage.inspection import inspect_keys

__all__ = ["document_keys"]

PAGE_DOCUMENTS = 500


async def document_keys(database: Database) -> AsyncIterator[int]:
    """The key of each document, in the order in which they were made."""
    after = 0
    while keys := await database.read(inspect_keys, after, PAGE_DOCUMENTS):
        for key in keys:
            yield key
        after = keys[-1]
