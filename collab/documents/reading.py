"""The stored contents of documents, the newest and those of past versions, as they are read."""

from __future__ import annotations

import asyncio
import contextlib
import weakref
from collections import OrderedDict
from collections.abc import AsyncIterator

from ..errors import RateLimited, StorageUnavailable
from ..settings import Settings
from ..storage import DocumentRecord, Repository, SnapshotRecord
from .budget import REQUESTS_WAITING_MAXIMUM, Metered
from .content import encode_buffer, to_bytes, to_text
from .document_types import DocumentTypes
from .loading import Loaded, begin_loading, load_on, load_snapshot
from .unread import Encoded
from .work import Work

__all__ = ["Contents", "Kept", "Turns"]

LOADS_MAXIMUM = 4
"""So many contents are read at one time, but one for each network address and user."""


Key = tuple[int, str, int]
"""Of one version of a document: the document's key and epoch, and the version."""


class Turns:
    """Has a bounded number of loads run at one time, and of one payer one after the other.

    Bounds: `LOADS_MAXIMUM`; `REQUESTS_WAITING_MAXIMUM` of one payer wait.
    """

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(LOADS_MAXIMUM)
        self._own: dict[Work, tuple[asyncio.Lock, list[None]]] = {}

    @contextlib.asynccontextmanager
    async def of_payers(self) -> AsyncIterator[None]:
        """Have none of the same payers run meanwhile.

        Raises:
            RateLimited: too many of theirs wait.
        """
        async with contextlib.AsyncExitStack() as stack:
            for payer in Metered.payers():
                if isinstance(payer, Work):
                    await stack.enter_async_context(self._alone(payer))
            yield

    @contextlib.asynccontextmanager
    async def _alone(self, payer: Work) -> AsyncIterator[None]:
        lock, waiting = self._own.setdefault(payer, (asyncio.Lock(), []))
        if len(waiting) > REQUESTS_WAITING_MAXIMUM:
            raise RateLimited(
                f"{len(waiting)} reads of stored content from your network address or of your user "
                f"wait, which is the limit: send the same again later"
            )
        waiting.append(None)
        try:
            async with lock:
                yield
        finally:
            waiting.pop()
            if not waiting:
                del self._own[payer]

    @contextlib.asynccontextmanager
    async def one(self) -> AsyncIterator[None]:
        """One of the loads that run at one time, once the payers can afford it."""
        for payer in Metered.payers():
            if isinstance(payer, Work) and payer.is_spent:
                await payer.until_left()
        async with self._free:
            yield


class Kept:
    """Contents that were read last, up to so many bytes, and those that somebody has still."""

    def __init__(self, maximum_bytes: int) -> None:
        self._maximum_bytes = maximum_bytes
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
        while self._bytes > self._maximum_bytes:
            _, oldest = self._newest.popitem(last=False)
            self._bytes -= len(oldest.data)


class Contents:
    """Reads stored content, once for all who read the same at one time.

    Bounds: those of `Turns`; what was read last stays in memory up to
    `content_cache_maximum_bytes`.
    """

    def __init__(self, settings: Settings, repository: Repository, types: DocumentTypes) -> None:
        self._repository = repository
        self._types = types
        self._turns = Turns()
        self._kept = Kept(settings.content_cache_maximum_bytes)
        self._loadings: dict[Key, asyncio.Future[None]] = {}

    async def encoded(self, record: DocumentRecord, version: int) -> Encoded:
        """The content at a version that the record allows (`check_version`).

        Raises:
            NoSuchDocument: it is no longer kept.
            DocumentDeleted: the document was deleted meanwhile.
            RateLimited: too many reads of the same address or user wait.
            DocumentDamaged, StorageUnavailable
        """
        key = (record.key, record.epoch, version)
        while (content := self._kept.get(key)) is None:
            loading = self._loadings.get(key)
            if loading is None:
                return await self._load_shared(key, record, version)
            await asyncio.wait([loading])
        return content

    async def _load_shared(self, key: Key, record: DocumentRecord, version: int) -> Encoded:
        # In the first reader's own task, which is charged for it; the others wait, and the next
        # begins where it fails.
        loading = self._loadings[key] = asyncio.get_running_loop().create_future()
        try:
            async with self._turns.of_payers():
                content = await self._load(record, version)
            self._kept.put(key, content)
            return content
        finally:
            del self._loadings[key]
            loading.set_result(None)

    async def _load(self, record: DocumentRecord, version: int) -> Encoded:
        async with self._turns.one():
            snapshot = await load_snapshot(self._repository, record, version)
            if snapshot is not None and snapshot.version == version:
                # As it is stored: it need not be understood.
                return Encoded(await to_bytes(snapshot.content), version)
        loaded = await self._load_on(record, snapshot, version)
        return Encoded(await encode_buffer(loaded.buffer), version)

    async def loaded(self, record: DocumentRecord, version: int) -> Loaded:
        """As `encoded`, to be worked with.

        Raises:
            NoSuchDocument, DocumentDeleted, RateLimited, DocumentDamaged, StorageUnavailable: as by
                `encoded`.
        """
        async with self._turns.of_payers():
            async with self._turns.one():
                snapshot = await load_snapshot(self._repository, record, version)
            return await self._load_on(record, snapshot, version)

    async def _load_on(
        self, record: DocumentRecord, snapshot: SnapshotRecord | None, version: int
    ) -> Loaded:
        """The content at `version`. Where it is far from a snapshot, as in histories of the time
        when only the newest were kept, those are stored that are missing: the next reader has it
        nearer, and nobody takes more than a share of the event loop for it."""
        stride = self._repository.snapshot_spacing(snapshot)
        async with self._turns.one():
            loaded = await begin_loading(self._types.get(record.doc_type), snapshot)
        while loaded.version < version:
            async with self._turns.one():
                reached = min(version, loaded.version + stride)
                loaded = await load_on(self._repository, record, loaded, reached)
                if reached < version:
                    content = await to_text(await encode_buffer(loaded.buffer))
                    with contextlib.suppress(StorageUnavailable):
                        await self._repository.add_old_snapshot(record.key, reached, content)
        return loaded
