"""The memory of loaded documents: `python -m benchmarks.memory`. Linux only."""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import resource
import sys
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from collab.app import Collab
from collab.settings import Settings
from collab.storage import Database, DatabaseStore

from .typed import keystroke, make_document

__all__ = ["load", "make"]

DOCUMENTS = 1000
SIZE = 10_000
EDITS = (0, 100)


def make(url: str, documents: int = DOCUMENTS) -> None:
    """Make the documents. Run in a separate process, whose memory is not measured."""

    async def run() -> None:
        database = Database(url)
        await database.open()
        for number in range(documents):
            await make_document(DatabaseStore(database), f"{number}", 1, SIZE)
        await database.close()

    asyncio.run(run())


async def load(url: str, edits: int, documents: int = DOCUMENTS) -> float:
    """Bytes per document that `make` has made, after `edits` edits of each."""
    app = Collab(Settings(database=url, max_open_documents=2 * documents))
    async with app.running(), AsyncExitStack() as stack:
        before = resident()
        for name in range(documents):
            document = await stack.enter_async_context(app.manager.documents.open(f"{name}"))
            author = await document.authors.hold("writer", "user")
            for number in range(edits):
                operation = keystroke(number, SIZE)
                await document.submission.edit(author, number + 1, document.history.head, operation)
                await document.until_committed(document.history.accepted)
        gc.collect()
        return (resident() - before) / documents


def resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def main() -> None:
    for edits in EDITS:
        with tempfile.TemporaryDirectory() as folder:
            url = f"sqlite:///{folder}/memory.db"
            maker = multiprocessing.get_context("spawn").Process(target=make, args=(url,))
            maker.start()
            maker.join()
            each = asyncio.run(load(url, edits))
        sys.stdout.write(
            f"{DOCUMENTS} documents of {SIZE} characters, {edits} recent edits each: "
            f"{each * DOCUMENTS / 1e6:.1f} MB\n"
        )


if __name__ == "__main__":
    main()
