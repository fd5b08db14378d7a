"""The workloads, as plain values that each library converts to its own form."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any, Literal, NamedTuple

from collab.ot.utf16 import Units, length

from ..order import commit_order, commits, merge
from ..traces import Trace, load_trace

__all__ = ["Patch", "Step", "Workload", "composing", "keystrokes", "list_keystrokes", "replays"]

Task = Literal["apply", "transform", "compose", "list"]

SIZES = {"1 kB": 1_000, "100 kB": 100_000, "10 MB": 10_000_000}
KEYSTROKES = 1_000
COMPOSED = 10_000
LINE = "Forty-two characters, as many lines have.\n"
ITEM = "an item of a list"


class Patch(NamedTuple):
    """The replacement of one string, or list item, by another. The offset is given in UTF-16 code
    units and in UTF-8 bytes."""

    units: int
    bytes: int
    deleted: str
    inserted: str


Step = tuple[Patch, ...]
"""The patches of one operation, applied in order."""


@dataclass(frozen=True, slots=True)
class Workload:
    """One workload.

    Args:
        content: the initial content: a text, or the items of a list.
        others: for each step, a concurrent one.
        end: the expected final content.
    """

    name: str
    task: Task
    content: Any
    steps: list[Step]
    end: Any
    others: list[Step]


def replays(path: Path) -> list[Workload]:
    """A recording applied edit by edit, and with each edit transformed over a concurrent one."""
    trace = load_trace(path)
    steps = steps_of(trace)
    others = concurrent(steps)
    return [
        Workload(f"{trace.name}: apply", "apply", "", steps, trace.end_content, []),
        Workload(
            f"{trace.name}: transform and apply", "transform", "", steps, trace.end_content, others
        ),
    ]


def composing(path: Path) -> Workload:
    """The first edits of a recording, composed into one."""
    trace = load_trace(path)
    steps = steps_of(trace)[:COMPOSED]
    end = ""
    for step in steps:
        for patch in step:
            end = replaced(end, patch)
    return Workload(f"{trace.name}: compose", "compose", "", steps, end, [])


def keystrokes() -> list[Workload]:
    """Insertions of a character at some offset, and deletions of it."""
    random = Random(1)
    made = []
    for name, size in SIZES.items():
        text = (LINE * (size // len(LINE) + 1))[:size]
        steps: list[Step] = []
        for _ in range(KEYSTROKES // 2):
            at = random.randrange(size)
            steps += [(Patch(at, at, "", "x"),), (Patch(at, at, "x", ""),)]
        made.append(Workload(f"keystroke in {name}", "apply", text, steps, text, []))
    return made


def list_keystrokes() -> list[Workload]:
    """Insertions of an item at some index of a list, and deletions of it."""
    random = Random(1)
    made = []
    for name, size in SIZES.items():
        items = [ITEM] * (size // (len(ITEM) + 3))
        steps: list[Step] = []
        for _ in range(KEYSTROKES // 2):
            at = random.randrange(len(items))
            steps += [(Patch(at, at, "", "x"),), (Patch(at, at, "x", ""),)]
        made.append(Workload(f"item in a list of {name}", "list", items, steps, items, []))
    return made


def steps_of(trace: Trace) -> list[Step]:
    if not trace.concurrent:
        return [*typed(trace)]
    for first in (0, 1):
        order = commit_order(trace, first)
        if merge(trace, order)[0] == trace.end_content:
            return [*committed(operation for operation, _ in commits(trace, order))]
    raise ValueError(f"no commit order of {trace.name} results in its final content")


def typed(trace: Trace) -> Iterable[Step]:
    """The edits of one author as steps. Their positions are in code points."""
    content = ""
    for each in trace.transactions:
        for position, count, inserted in each.patches:
            before, deleted = content[:position], content[position : position + count]
            yield (Patch(length(before), utf8(before), deleted, inserted),)
            content = before + inserted + content[position + count :]


def committed(operations: Iterable[Any]) -> Iterable[Step]:
    """Convert operations in the Delta format to steps."""
    content = ""
    for operation in operations:
        step = []
        offset = 0
        for component in operation["ops"]:
            if "retain" in component:
                offset += component["retain"]
                continue
            units = Units(content)
            inserted = component.get("insert", "")
            before = units.cut(0, offset)
            deleted = units.cut(offset, offset + component.get("delete", 0))
            patch = Patch(offset, utf8(before), deleted, inserted)
            step.append(patch)
            content = before + inserted + content[len(before) + len(deleted) :]
            offset += length(inserted)
        yield tuple(step)


def concurrent(steps: list[Step]) -> list[Step]:
    """For each step, a keystroke of another author in the same content."""
    random = Random(1)
    others: list[Step] = []
    size = 0
    for step in steps:
        at = random.randint(0, size)
        others.append((Patch(at, at, "", "y"),))
        size += sum(length(patch.inserted) - length(patch.deleted) for patch in step)
    return others


def replaced(content: str, patch: Patch) -> str:
    units = Units(content)
    after = units.cut(patch.units + length(patch.deleted), units.length)
    return units.cut(0, patch.units) + patch.inserted + after


def utf8(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
