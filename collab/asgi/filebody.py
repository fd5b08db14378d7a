"""Read a file in the thread pool as pieces of an ASGI body: `(body, more_body)`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import BinaryIO, TypeAlias

from .concurrency import run_in_threadpool
from .ranges import ByteRange, Multipart

__all__ = ["Path", "Piece", "read_parts", "read_range", "read_whole"]

Path: TypeAlias = str | os.PathLike[str]
Piece: TypeAlias = tuple[bytes, bool]


async def read_whole(path: Path, chunk_size: int) -> AsyncGenerator[Piece, None]:
    """Read to the end of the file, even if it grows; a chunk that is not full is the last one."""
    async with _opened(path) as file:
        more = True
        while more:
            chunk = await run_in_threadpool(file.read, chunk_size)
            more = len(chunk) == chunk_size
            yield chunk, more


async def read_range(
    path: Path, chunk_size: int, start: int, end: int
) -> AsyncGenerator[Piece, None]:
    async with _opened(path) as file:
        await run_in_threadpool(file.seek, start)
        more = True
        while more:
            chunk = await run_in_threadpool(file.read, min(chunk_size, end - start))
            start += len(chunk)
            more = len(chunk) == chunk_size and start < end
            yield chunk, more


async def read_parts(
    path: Path, chunk_size: int, parts: Multipart, ranges: list[ByteRange]
) -> AsyncGenerator[Piece, None]:
    """Raises RuntimeError if the file has become shorter: its length was already sent."""
    async with _opened(path) as file:
        for start, end in ranges:
            yield parts.head(start, end), True
            await run_in_threadpool(file.seek, start)
            while start < end:
                chunk = await run_in_threadpool(file.read, min(chunk_size, end - start))
                if not chunk:
                    raise RuntimeError(f"File at path {path} is shorter than expected.")
                start += len(chunk)
                yield chunk, True
            yield b"\r\n", True
        yield parts.tail, False


@asynccontextmanager
async def _opened(path: Path) -> AsyncIterator[BinaryIO]:
    # A thread can't be cancelled: the file that it opens after a cancellation must be closed too.
    opening = asyncio.ensure_future(run_in_threadpool(_open, path))
    try:
        file = await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close_opened)
        raise
    try:
        yield file
    finally:
        await asyncio.shield(run_in_threadpool(file.close))


def _open(path: Path) -> BinaryIO:
    return open(path, "rb")


def _close_opened(opening: asyncio.Future[BinaryIO]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
