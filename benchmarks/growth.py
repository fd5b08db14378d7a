"""How the cost of an edit grows: `python -m benchmarks.growth`.

Measures the real document, committer and SQLite file in this process, without sockets: an edit is
submitted and awaited until it is committed. The content, the number of documents in use and the
history grow. CPU is that of the process, including all threads, the kernel and snapshots.
"""

from __future__ import annotations

import contextlib
import itertools
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from typing import NamedTuple

import uvloop

from collab.app import Collab
from collab.documents.authors import Author
from collab.documents.document import Document
from collab.settings import Settings
from collab.storage import Database, DatabaseStore

from .typed import keystroke, make_document

__all__ = ["measure"]

SMALL = 1_000
PART_EDITS = 500
PARTS = 20


class Writers:
    """Authors of one document who concurrently submit an edit and await its commit."""

    def __init__(self, document: Document, authors: list[Author], size: int) -> None:
        self.document = document
        self.authors = authors
        self.size = size

    @classmethod
    async def enter(cls, document: Document, count: int, size: int) -> Writers:
        names = [f"writer-{number}" for number in range(count)]
        return cls(document, [await document.authors.hold(name, "user") for name in names], size)

    async def edit(self, number: int) -> None:
        document = self.document
        version = document.history.head
        for author in self.authors:
            number += 1
            operation = keystroke(number, self.size)
            await document.submission.edit(author, author.last_id + 1, version, operation)
        await document.until_committed(document.history.accepted)


class Growth:
    """The measurement of one amount: the writers and the CPU time so far."""

    def __init__(self, amount: int, writers: Sequence[Writers]) -> None:
        self.amount = amount
        self.turns: Iterator[Writers] = itertools.cycle(writers)
        # The first edit after a document was loaded costs more, and is not measured.
        self.first_edits = sum(len(each.authors) for each in writers)
        self.edits = 0
        self.cpu_seconds = 0.0

    async def go_on(self, edits: int) -> None:
        done = 0
        cpu = time.process_time()
        for writers in self.turns:
            await writers.edit(self.edits + done)
            done += len(writers.authors)
            if done >= edits:
                break
        self.cpu_seconds += time.process_time() - cpu
        self.edits += done

    def forget(self) -> None:
        self.edits, self.cpu_seconds = 0, 0.0

    @property
    def cpu_microseconds(self) -> float:
        """CPU time per edit."""
        return self.cpu_seconds / self.edits * 1e6


@contextlib.asynccontextmanager
async def opened(url: str, names: Sequence[str]) -> AsyncIterator[list[Document]]:
    """The application with these documents loaded."""
    app = Collab(Settings(database=url, max_open_documents=20_000, document_idle_seconds=3600))
    async with app.running(), contextlib.AsyncExitStack() as stack:
        yield [await stack.enter_async_context(app.manager.documents.open(name)) for name in names]


class Kind(NamedTuple):
    """A database with documents of one kind."""

    url: str
    names: list[str]
    edits: int
    size: int
    group: int = 4
    """Concurrent edits of one document, each of another author."""


def sizes(folder: str, amounts: Sequence[int]) -> Iterator[tuple[int, Kind]]:
    for size in amounts:
        yield size, Kind(f"sqlite:///{folder}/{size}.db", ["text"], 1, size)


def numbers(folder: str, amounts: Sequence[int]) -> Iterator[tuple[int, Kind]]:
    for number in amounts:
        names = [f"{each}" for each in range(number)]
        yield number, Kind(f"sqlite:///{folder}/{number}.db", names, 1, SMALL, group=1)


def histories(folder: str, amounts: Sequence[int]) -> Iterator[tuple[int, Kind]]:
    for edits in amounts:
        yield edits, Kind(f"sqlite:///{folder}/{edits}.db", ["text"], edits, SMALL)


async def measure(
    amounts: Iterable[tuple[int, Kind]], parts: int = PARTS, part_edits: int = PART_EDITS
) -> list[Growth]:
    """Measure all amounts in alternating parts, so that other load affects all of them alike."""
    async with contextlib.AsyncExitStack() as stack:
        found = []
        for amount, kind in amounts:
            await make(kind)
            documents = await stack.enter_async_context(opened(kind.url, kind.names))
            writers = [await Writers.enter(each, kind.group, kind.size) for each in documents]
            found.append(Growth(amount, writers))
        for growth in found:
            await growth.go_on(max(2 * part_edits, growth.first_edits))
            growth.forget()
        for _ in range(parts):
            for growth in found:
                await growth.go_on(part_edits)
        return found


async def make(kind: Kind) -> None:
    database = Database(kind.url)
    await database.open()
    for name in kind.names:
        await make_document(DatabaseStore(database), name, kind.edits, kind.size)
    await database.close()


def report(title: str, found: Sequence[Growth]) -> None:
    first = found[0].cpu_microseconds
    for each in found:
        ratio = each.cpu_microseconds / first
        say(f"{title:12} {each.amount:9} {each.cpu_microseconds:7.1f} µs per edit  x {ratio:.2f}")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


MEASURES = {"characters": sizes, "documents": numbers, "edits before": histories}
AMOUNTS = {
    "characters": (1_000, 100_000, 10_000_000),
    "documents": (1, 100, 10_000),
    "edits before": (1, 10_000, 1_000_000),
}


def main() -> None:
    for title, kinds in MEASURES.items():
        with tempfile.TemporaryDirectory() as folder:
            report(title, uvloop.run(measure(kinds(folder, AMOUNTS[title]))))


if __name__ == "__main__":
    main()
