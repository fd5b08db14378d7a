"""Recordings of typing, in the format of josephg/editing-traces.

A trace is gzipped JSON: `endContent` and `txns`, each a list of `patches` `[position, deleted,
inserted]` that are applied in order. Positions and lengths are in Unicode code points, those of
operations in UTF-16 code units. In a trace of `kind` "concurrent" each transaction has an `agent`,
and the `parents` whose merged content its patches apply to.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from collab.ot import get_type
from collab.ot.utf16 import length

__all__ = ["TEXT", "Trace", "TraceError", "Transaction", "load_trace", "type_into"]

TEXT = get_type("text")

Patch = tuple[int, int, str]


class TraceError(Exception):
    """The file is not a trace that can be replayed."""


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction; `seen` is the number of the other agent's transactions that it builds on."""

    agent: int
    seen: int
    patches: Sequence[Patch]

    def operation(self, content: str | None) -> Any:
        """Convert the patches to an operation.

        Args:
            content: the content before them. None if it has no character beyond U+FFFF, so that
                code points and code units are equal.
        """
        operation: Any = {"ops": []}
        for position, deleted, inserted in self.patches:
            start, count = position, deleted
            if content is not None:
                start = length(content[:position])
                count = length(content[position : position + deleted])
                content = content[:position] + inserted + content[position + deleted :]
            step = TEXT.normalize(
                {"ops": [{"retain": start}, {"insert": inserted}, {"delete": count}]}
            )
            operation = TEXT.compose(operation, step)
        return operation


@dataclass(frozen=True, slots=True)
class Trace:
    """A trace. If `whole` is False, it was cut short and `end_content` does not apply."""

    name: str
    concurrent: bool
    transactions: Sequence[Transaction]
    end_content: str
    whole: bool
    astral: bool

    def content_for_offsets(self, content: Any) -> str | None:
        """The argument of `Transaction.operation` for a buffer's content."""
        return content.content() if self.astral else None


def load_trace(path: Path, edits: int | None = None) -> Trace:
    """Read a trace, or its first `edits` transactions.

    Raises:
        TraceError: the file is not a trace, or of an unknown kind.
    """
    try:
        recorded = json.loads(gzip.decompress(path.read_bytes()))
        transactions, end_content = recorded["txns"], recorded["endContent"]
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise TraceError(f"{path} is not a gzipped editing trace: {error}") from None
    concurrent = recorded.get("kind") == "concurrent"
    if recorded.get("startContent"):
        transactions.insert(0, {"patches": [[0, 0, recorded["startContent"]]]})
    seen = seen_of_each(transactions) if concurrent else [0] * len(transactions)
    read = [
        Transaction(each.get("agent", 0), count, [tuple(patch) for patch in each["patches"]])
        for each, count in zip(transactions, seen, strict=True)
    ]
    return Trace(
        name=path.name.removesuffix(".gz").removesuffix(".json"),
        concurrent=concurrent,
        transactions=read[:edits],
        end_content=end_content,
        whole=edits is None or edits >= len(read),
        astral=any(ord(c) > 0xFFFF for each in read for patch in each.patches for c in patch[2]),
    )


def seen_of_each(transactions: Sequence[dict[str, Any]]) -> list[int]:
    """The number of the other agent's transactions that each transaction is based on."""
    known: list[tuple[int, int]] = []
    made = [0, 0]
    seen = []
    for index, each in enumerate(transactions):
        agent = each["agent"]
        if agent not in (0, 1):
            raise TraceError(f"transaction {index} is of agent {agent}: expected two, 0 and 1")
        parents = [known[parent] for parent in each["parents"]]
        history = [max((parent[who] for parent in parents), default=0) for who in (0, 1)]
        if history[agent] != made[agent]:
            raise TraceError(f"transaction {index} is not based on its own agent's last one")
        seen.append(history[1 - agent])
        made[agent] += 1
        history[agent] = made[agent]
        known.append((history[0], history[1]))
    return seen


def type_into(content: str, patches: Sequence[Patch]) -> str:
    """Apply patches to the content by slicing."""
    for position, deleted, inserted in patches:
        content = content[:position] + inserted + content[position + deleted :]
    return content
