"""The cost of a commit: `python -m benchmarks.commit --database sqlite --database URL`.

Measures the real committer, store and database. The documents are replaced by sources that always
have more edits. CPU is that of this process, including the writer thread and the kernel, without
that of a database server. With several databases, each scenario is measured on all of them, and the
ratios are relative to the first.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import uvloop

from collab.storage import (
    Append,
    Committer,
    Database,
    DatabaseStore,
    DocumentRecord,
    OperationRecord,
)

__all__ = ["Figures", "measure"]

OPERATION = '{"ops":[{"retain":1234},{"insert":"x"}]}'
AUTHORS = 20


class Scenario(NamedTuple):
    documents: int
    edits: int
    """Edits of each document in one commit."""
    commits: int


class Figures(NamedTuple):
    """The figures of one commit: medians of several parts of the run."""

    cpu_microseconds: float
    wall_milliseconds: float


SCENARIOS = (
    Scenario(1, 1, 400),
    Scenario(1, 20, 200),
    Scenario(1, 200, 60),
    Scenario(20, 1, 200),
    Scenario(50, 1, 100),
    Scenario(200, 1, 40),
)
PARTS = 5


class Tail:
    """A source that has `edits` operations to commit whenever it is notified."""

    def __init__(self, document: DocumentRecord, edits: int) -> None:
        self.document = document
        self.version = document.version
        self.edits = edits
        self.done = asyncio.Event()
        self.ids: Iterator[int] = itertools.count(1)
        self.waiting: list[tuple[OperationRecord, ...]] = []

    def prepare(self, commits: int) -> None:
        """Make the records in advance: this is the document's work, not the committer's."""
        first = self.version + 1
        self.waiting = [
            tuple(self._record(first + number * self.edits + n) for n in range(self.edits))
            for number in range(commits)
        ][::-1]

    def _record(self, version: int) -> OperationRecord:
        author = f"client-{version % AUTHORS:013x}"
        return OperationRecord(
            version, OPERATION, author, version, f"user of {author}", f"{version:032x}", time.time()
        )

    def next_append(self, limit: int) -> Append | None:
        document = self.document
        if self.done.is_set():
            return None
        return Append(document.key, document.epoch, self.version, self.waiting[-1])

    def committed(self, append: Append, checksums: Sequence[int]) -> None:
        self.waiting.pop()
        self.version += self.edits
        self.done.set()

    def failed(self, append: Append, error: Exception) -> None:
        raise RuntimeError("a commit failed") from error


async def measure(url: str, scenario: Scenario) -> Figures:
    """The cost of one commit of this kind. Its documents are deleted in the end."""
    database = Database(url)
    await database.open(upgrade=True)
    store = DatabaseStore(database)
    committer = Committer(store, 1000)
    run = secrets.token_hex(4)
    names = [f"benchmark-{run}-{number}" for number in range(scenario.documents)]
    tails = [
        Tail(await store.catalog.create_document(each, "text"), scenario.edits) for each in names
    ]
    await committer.start()
    await _part(committer, tails, 10)
    parts = [await _part(committer, tails, scenario.commits) for _ in range(PARTS)]
    await committer.close()
    for name in names:
        await store.catalog.delete_document(name, tombstone=False)
    await database.close()
    return Figures(*(statistics.median(column) for column in zip(*parts, strict=True)))


async def _part(committer: Committer, tails: list[Tail], commits: int) -> Figures:
    for tail in tails:
        tail.prepare(commits)
    cpu, wall = time.process_time(), time.perf_counter()
    for _ in range(commits):
        for tail in tails:
            tail.done.clear()
            committer.notify(tail)
        for tail in tails:
            await tail.done.wait()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return Figures(cpu / commits * 1e6, wall / commits * 1e3)


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", help="where files are made (default: a temporary one)")
    parser.add_argument(
        "--database",
        action="append",
        help="sqlite or sqlite+aiosqlite for a new file, or the URL of a server's database",
    )
    arguments = parser.parse_args()
    databases = arguments.database or ["sqlite"]
    width = max(9, *(len(_shown(each)) for each in databases))
    say(
        f"{'database':{width}} {'documents':>9} {'edits':>6} {'CPU µs':>9} {'per edit':>9} "
        f"{'ratio':>6} {'wall ms':>8}"
    )
    for scenario in SCENARIOS:
        first: float | None = None
        for name in databases:
            with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
                url = name if ":" in name else f"{name}:///{folder}/commit.db"
                cpu, wall = uvloop.run(measure(url, scenario))
            first = first or cpu
            edits = scenario.documents * scenario.edits
            say(
                f"{_shown(name):{width}} {scenario.documents:9} {edits:6} {cpu:9.0f} "
                f"{cpu / edits:9.1f} {cpu / first:6.2f} {wall:8.2f}"
            )


def _shown(database: str) -> str:
    """Its kind, without what a URL may say of passwords."""
    return database.partition(":")[0]


if __name__ == "__main__":
    main()
