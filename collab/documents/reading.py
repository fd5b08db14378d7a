"""The stored contents of documents, the newest and those of past versions, as they are read."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import OrderedDict

from ..errors import StorageUnavailable
from ..limits.budget import MAX_WAITING_REQUESTS
from ..limits.queues import Queues
from ..settings import Settings
from ..storage import DocumentRecord, SnapshotRecord, Store
from .content import Encoded, encode_buffer, let_go, to_bytes, to_text
from .document_types import DocumentTypes
from .loading import Loaded, begin_loading, load_on, load_snapshot

__all__ = ["Contents", "Kept"]

MAX_LOADS = 4
"""So many contents are read at one time."""


Key = tuple[int, str, int]
"""Of one version of a document: the document's key and epoch, and the version."""


class Unfinished(Exception):
    """Whoever loads it has used up its share; what was reached is stored."""


class Kept:
    """Contents that were read last, up to so many bytes, and those that somebody has still."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._bytes = 0
        self._newest: OrderedDict[Key, Encoded] = OrderedDict()
        self._held: weakref.WeakValueDictionary[Key, Encoded] = weakref.WeakValueDictionary()

    def get(self, key: Key) -> Encoded | None:
        content = self._held.get(key)
        if key in self._newest:
            self._newest.move_to_end(key)
        return content

    def put(self, key: Key, content: Encoded) -> None:
        """A content that is not there yet."""
        self._held[key] = content
        self._newest[key] = content
        self._bytes += len(content.data)
        while self._bytes > self._max_bytes:
            _, oldest = self._newest.popitem(last=False)
            self._bytes -= len(oldest.data)


class Contents:
    """Reads stored content, once for all who read the same at one time.

    Bounds: `MAX_LOADS`, one load of each payer, and `MAX_WAITING_REQUESTS` that wait; what
    was read last stays in memory up to `max_content_cache_bytes`.
    """

    def __init__(self, settings: Settings, store: Store, types: DocumentTypes) -> None:
        self._store = store
        self._types = types
        self._queues = Queues(1, MAX_WAITING_REQUESTS, "reads of stored content")
        self._free = asyncio.Semaphore(MAX_LOADS)
        self._kept = Kept(settings.max_content_cache_bytes)
        self._loadings: dict[Key, asyncio.Future[None]] = {}

    async def encoded(self, record: DocumentRecord, version: int) -> Encoded:
        """The content at a version that the record allows (`check_version`).

        Raises:
            NoSuchDocument: it is no longer kept.
            DocumentDeleted: the document was deleted meanwhile.
            RateLimited: too many reads of the same address or user wait.
            WrongDocType: this program doesn't know the document's type.
            DocumentDamaged, StorageUnavailable
        """
        key = (record.key, record.epoch, version)
        while (content := self._kept.get(key)) is None:
            loading = self._loadings.get(key)
            if loading is not None:
                await asyncio.wait([loading])
                continue
            # Who waits for a turn of its own keeps nobody else from loading the same.
            async with self._queues.turn():
                if self._kept.get(key) is None and key not in self._loadings:
                    with contextlib.suppress(Unfinished):
                        return await self._load_shared(key, record, version)
        return content

    async def _load_shared(self, key: Key, record: DocumentRecord, version: int) -> Encoded:
        # In the first reader's own task, which is charged for it; the others wait, and the next
        # begins where it fails.
        loading = self._loadings[key] = asyncio.get_running_loop().create_future()
        try:
            content = await self._load(record, version)
            self._kept.put(key, content)
            return content
        finally:
            del self._loadings[key]
            loading.set_result(None)

    async def _load(self, record: DocumentRecord, version: int) -> Encoded:
        async with self._free:
            snapshot = await load_snapshot(self._store, record, version)
            if snapshot is not None and snapshot.version == version:
                # As it is stored: it need not be understood.
                return Encoded(await to_bytes(snapshot.content), version)
            loaded = await self._load_on(record, snapshot, version)
            content = Encoded(await encode_buffer(loaded.buffer), version)
            await let_go(loaded.buffer)
            return content

    async def loaded(self, record: DocumentRecord, version: int) -> Loaded:
        """As `encoded`, to be worked with.

        Raises:
            NoSuchDocument, DocumentDeleted, RateLimited, DocumentDamaged, StorageUnavailable: as by
                `encoded`.
        """
        while True:
            async with self._queues.turn(), self._free:
                with contextlib.suppress(Unfinished):
                    snapshot = await load_snapshot(self._store, record, version)
                    return await self._load_on(record, snapshot, version)

    async def _load_on(
        self, record: DocumentRecord, snapshot: SnapshotRecord | None, version: int
    ) -> Loaded:
        """The content at `version`. Where it is far from a snapshot, as in histories of the time
        when only the newest were kept, those are stored that are missing: the next reader has it
        nearer.

        Raises:
            Unfinished: one was stored, and the payers have used up their share.
        """
        stride = self._store.snapshots.spacing(snapshot)
        loaded = await begin_loading(self._types.get(record.doc_type), snapshot)
        while version - loaded.version > stride:
            loaded = await load_on(
                self._store, record, loaded, min(version, loaded.version + stride)
            )
            content = await to_text(await encode_buffer(loaded.buffer))
            with contextlib.suppress(StorageUnavailable):
                await self._store.snapshots.add_old(record.key, loaded.version, content)
                if self._queues.is_spent:
                    raise Unfinished
        return await load_on(self._store, record, loaded, version)
