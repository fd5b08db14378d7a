"""The committed content of an open document, as a text, as a value or encoded."""

from __future__ import annotations

import asyncio
import weakref
from typing import TYPE_CHECKING, Any

from ..ot.types import Comparing, GradualBuffer
from .content import Encoded, decode_content, encode_buffer, to_text

if TYPE_CHECKING:
    from .document import Document

__all__ = ["CommittedContent"]


class CommittedContent:
    """Reads the content of one document. What is read at the same time is encoded once.

    Bounds: one encoded content, kept until `forget`; others for as long as a reader has them.
    """

    __slots__ = ("_document", "_encoding", "_held", "_newest")

    def __init__(self, document: Document) -> None:
        self._document = document
        # The content that was encoded last; the weak reference finds it while a reader has it.
        self._newest: Encoded | None = None
        self._held: weakref.ref[Encoded] | None = None
        self._encoding: asyncio.Future[None] | None = None

    async def text(self) -> tuple[int, str]:
        """A committed version and its content as JSON text.

        Raises:
            StorageUnavailable: it could not be committed.
        """
        content = await self.encoded()
        return content.version, await to_text(content.data)

    async def value(self) -> tuple[int, Any]:
        """As `text`, but as a value that no edit changes."""
        document = self._document
        if not isinstance(document.doc_type, Comparing) or isinstance(
            document.buffer, GradualBuffer
        ):
            version, text = await self.text()
            return version, await decode_content(text)
        while True:
            await document.until_open()
            failures = document.failures
            version, content = document.history.accepted, document.buffer.content()
            await document.until_committed(version)
            if failures == document.failures:
                return version, content

    async def encoded(self) -> Encoded:
        """A committed version and its content, encoded: one object for all readers at one time.

        Raises:
            StorageUnavailable: it could not be committed.
        """
        while True:
            await self._document.until_open()
            failures = self._document.failures
            content = await self._capture()
            # What was captured before a commit failed may never have been.
            if failures == self._document.failures:
                await self._document.until_committed(content.version)
                if content.checksum is None:
                    content.checksum = await self._document.checksum_of(content.version)
                return content

    async def _capture(self) -> Encoded:
        """The newest accepted version, or a later one, and its content; encoded once for all who
        ask meanwhile."""
        wanted = self._document.history.accepted
        while True:
            shared = self._newest or (self._held and self._held())
            if shared and shared.version >= wanted:
                return shared
            if self._encoding is None:
                return await self._encode()
            await asyncio.wait([self._encoding])

    async def _encode(self) -> Encoded:
        # This runs in the task of the first caller, which is charged for it. If that task is
        # cancelled, the next caller starts again.
        encoding = self._encoding = asyncio.get_running_loop().create_future()
        version, failures = self._document.history.accepted, self._document.failures
        try:
            content = Encoded(await encode_buffer(self._document.buffer), version)
        finally:
            self._encoding = None
            encoding.set_result(None)
        if failures == self._document.failures:
            self._newest, self._held = content, weakref.ref(content)
        return content

    def forget(self) -> None:
        """Hold no content any longer than its readers do."""
        self._newest = None

    def reset(self) -> None:
        """What was read before is not what is committed."""
        self._newest = self._held = None
