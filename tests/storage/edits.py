"""Operations to store, and programs that run beside a test."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator, Iterable, Sequence

from msgspec import structs

from collab.storage import Append, DocumentRecord, OperationRecord, Store

CREATED_AT = 1_700_000_000.125


def operation(version: int, client_id: str = "ada", edit_id: int | None = None) -> OperationRecord:
    return OperationRecord(
        version=version,
        operation=f'{{"ops":[{{"retain":{version}}},{{"insert":"é😀"}}]}}',
        client_id=client_id,
        client_edit_id=version if edit_id is None else edit_id,
        user_id=f"user of {client_id}",
        fingerprint=f"{version:032x}",
        created_at=CREATED_AT + version,
    )


def append(document: DocumentRecord, version: int, count: int = 1) -> Append:
    records = tuple(operation(version + 1 + index) for index in range(count))
    return Append(document.key, document.epoch, version, records)


async def stores(store: Store, batch: Sequence[Append]) -> list[bool]:
    """Append, and tell for each whether it was stored."""
    return [bool(checksums) for checksums in await store.operations.append(batch)]


def as_given(records: Iterable[OperationRecord]) -> list[OperationRecord]:
    """What was read as it was before it was stored."""
    return [structs.replace(record, checksum=None) for record in records]


@contextlib.asynccontextmanager
async def program(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """Another Python process, killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def line_of(process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    return (await process.stdout.readline()).decode().strip()


async def tell(process: asyncio.subprocess.Process, line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n".encode())
    await process.stdin.drain()
