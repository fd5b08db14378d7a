"""Replay recordings of typing over real WebSockets, and check the content of all clients.

    python -m benchmarks.replay TRACE...

Starts a server on an empty database. One author, or two concurrent ones, type the recording edit by
edit while another client follows. At the end the authors, the follower, the server and a new client
must have exactly the content at the end of the recording.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from functools import reduce
from pathlib import Path
from typing import Any

import click

from collab.client import Editor, connect

from .author import Author
from .order import commit_order, merge
from .server import ServerProcess
from .traces import Trace, TraceError, load_trace, type_into

__all__ = ["Outcome", "main", "replay"]


@dataclass(slots=True)
class Outcome:
    """The measurements of one replay, and the final contents.

    Attributes:
        transformed: edits that the server transformed.
        steps: changes in all that the server transformed them over.
        behind: changes in all that the authors' clients transformed them over before sending.
    """

    name: str
    edits: int
    authors: int
    expected: str
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    transformed: int = 0
    steps: int = 0
    behind: int = 0
    contents: dict[str, Any] = field(default_factory=dict)

    @property
    def wrong(self) -> list[str]:
        return [who for who, content in self.contents.items() if content != self.expected]

    @property
    def row(self) -> tuple[str, ...]:
        return (
            self.name,
            str(self.authors),
            str(self.edits),
            f"{self.seconds:.1f}",
            f"{self.edits / self.seconds:.0f}",
            f"{self.cpu_seconds / self.edits * 1e6:.0f}",
            str(self.transformed),
            str(self.steps),
            str(self.behind),
            f"WRONG: {', '.join(self.wrong)}" if self.wrong else "ok: " + ", ".join(self.contents),
        )


HEADINGS = (
    "trace",
    "authors",
    "edits",
    "seconds",
    "edits/s",
    "server CPU µs/edit",
    "transformed by server",
    "steps",
    "by client",
    "checks",
)


async def replay(trace: Trace, database: str | None = None) -> Outcome:
    """Replay one trace on a new server.

    Args:
        database: SQLAlchemy URL; a temporary SQLite file by default.
    """
    with tempfile.TemporaryDirectory() as folder:
        server = ServerProcess(database or f"sqlite:///{folder}/replay.db")
        await server.start()
        try:
            return await replay_on(server, trace)
        finally:
            await server.stop()


async def replay_on(server: ServerProcess, trace: Trace) -> Outcome:
    doc_id = f"replay-{trace.name}-{secrets.token_hex(4)}"
    outcome = prepare(trace)
    type_all = type_concurrently if trace.concurrent else type_sequentially
    async with connect(server.url, doc_id, name="Follower") as follower:
        await type_all(server, doc_id, trace, follower, outcome)
        outcome.contents["follower"] = follower.content
    outcome.contents["server"] = await asyncio.to_thread(read_over_http, server.url, doc_id)
    async with connect(server.url, doc_id, name="Latecomer") as latecomer:
        outcome.contents["fresh join"] = latecomer.content
    return outcome


def prepare(trace: Trace) -> Outcome:
    """The expected outcome: the recorded end, or the content after the replayed part."""
    edits = len(trace.transactions)
    if trace.whole:
        return Outcome(trace.name, edits, 1 + trace.concurrent, trace.end_content)
    if trace.concurrent:
        return Outcome(trace.name, edits, 2, merge(trace, commit_order(trace, 0))[0])
    content = reduce(type_into, (each.patches for each in trace.transactions), "")
    return Outcome(trace.name, edits, 1, content)


def read_over_http(url: str, doc_id: str) -> Any:
    with urllib.request.urlopen(f"{url}/api/documents/{doc_id}") as answer:
        return json.load(answer)["content"]


async def type_sequentially(
    server: ServerProcess, doc_id: str, trace: Trace, follower: Editor, outcome: Outcome
) -> None:
    async with connect(server.url, doc_id, name="Author") as author:
        started, cpu_started = time.perf_counter(), server.cpu_seconds()
        for each in trace.transactions:
            author.edit(each.operation(author.content if trace.astral else None))
            await author.saved()
        await follower.reached(author.version)
        outcome.seconds = time.perf_counter() - started
        outcome.cpu_seconds = server.cpu_seconds() - cpu_started
        outcome.contents["author"] = author.content


async def type_concurrently(
    server: ServerProcess, doc_id: str, trace: Trace, follower: Editor, outcome: Outcome
) -> None:
    order = order_to(trace, outcome.expected)
    async with Author(server.url, doc_id) as ann, Author(server.url, doc_id) as bob:
        authors = (ann, bob)
        started, cpu_started = time.perf_counter(), server.cpu_seconds()
        for index in order:
            each = trace.transactions[index]
            author = authors[each.agent]
            await author.see(each.seen)
            content = trace.content_for_offsets(author.screen.buffer)
            await author.type(each.operation(content))
        await follower.reached(len(order))
        outcome.seconds = time.perf_counter() - started
        outcome.cpu_seconds = server.cpu_seconds() - cpu_started
        for number, author in enumerate(authors, 1):
            await author.catch_up(len(order))
            outcome.contents[f"author {number}"] = author.screen.buffer.content()
            outcome.transformed += author.transformed
            outcome.steps += author.steps
            outcome.behind += author.behind


def order_to(trace: Trace, expected: str) -> list[int]:
    """A commit order that results in the expected content. If there is none, the checks fail."""
    for first in (0, 1):
        order = commit_order(trace, first)
        if merge(trace, order)[0] == expected:
            break
    return order


def table(rows: list[tuple[str, ...]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


@click.command(context_settings={"max_content_width": 100})
@click.argument("traces", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--edits", type=click.IntRange(1), help="Number of edits to replay.  [default: all]")
@click.option("--database", help="SQLAlchemy URL.  [default: a temporary SQLite file]")
def main(traces: tuple[Path, ...], edits: int | None, database: str | None) -> None:
    """Replay editing traces over real WebSockets and check the content of all clients at the end.

    Exit status 1 if a content differs from the end of its trace.
    """
    outcomes = []
    for path in traces:
        try:
            trace = load_trace(path, edits)
        except TraceError as error:
            raise click.ClickException(str(error)) from None
        outcomes.append(asyncio.run(replay(trace, database)))
    click.echo(table([HEADINGS, *(outcome.row for outcome in outcomes)]))
    sys.exit(any(outcome.wrong for outcome in outcomes))


if __name__ == "__main__":
    main()
