"""The compared libraries: this package, quill-delta and ot-json0 under Node, and pycrdt."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Protocol

from collab.ot import get_type

from .forms import FORMS
from .process import NodeProcess
from .workloads import Workload

__all__ = ["Collab", "Contender", "Node", "Pycrdt", "node_process"]

PROGRAM = Path(__file__).with_name("node.mjs")


class Contender(Protocol):
    name: str

    def prepare(self, workload: Workload) -> None:
        """Convert content and steps to the library's form."""

    def run(self) -> float:
        """Run the workload once; returns the CPU seconds of the measured part."""

    def end(self) -> Any:
        """The content after the last run, in the form of the workload."""


class Collab:
    """A type of this package: an open document's buffer, and the type's own functions."""

    def __init__(self, form: str) -> None:
        self.name = "collab " + ("json" if form == "list" else form)
        self._form = FORMS[form]
        self._kind = get_type("json" if form == "list" else form)

    def prepare(self, workload: Workload) -> None:
        self._task = workload.task
        self._content = self._form.content(workload.content)
        self._operations = [self._form.operation(step) for step in workload.steps]
        self._others = [self._form.operation(step) for step in workload.others]

    def run(self) -> float:
        kind, operations, others = self._kind, self._operations, self._others
        buffer = self._buffer = kind.buffer(self._kind.create(self._content))
        started = time.process_time()
        if self._task == "compose":
            composed = operations[0]
            for operation in operations[1:]:
                composed = kind.compose(composed, operation)
            spent = time.process_time() - started
            buffer.apply(composed)
            return spent
        if self._task == "transform":
            for operation, other in zip(operations, others, strict=True):
                kind.transform(operation, other, "right")
                buffer.apply(operation)
        else:
            for operation in operations:
                buffer.apply(operation)
        return time.process_time() - started

    def end(self) -> Any:
        return self._form.plain(self._buffer.content())


def node_process() -> NodeProcess:
    """The process of all `Node`s of a run. A long trace needs more memory than Node's default."""
    return NodeProcess(PROGRAM, "--max-old-space-size=4096")


class Node:
    """quill-delta or ot-json0; `library` is the package's name."""

    def __init__(self, process: NodeProcess, library: str, form: str) -> None:
        self.name = library
        self._process = process
        self._form = FORMS[form]
        self._delta = form in ("text", "richtext")
        self._text = form == "text"

    def prepare(self, workload: Workload) -> None:
        content = self._form.content(workload.content)
        if self._text:
            content = {"ops": [{"insert": content}] if content else []}
        self._process.ask(
            {
                "prepare": self.name,
                "task": workload.task,
                "content": content,
                "operations": [self._form.operation(step) for step in workload.steps],
                "others": [self._form.operation(step) for step in workload.others],
            }
        )

    def run(self) -> float:
        seconds: float = self._process.ask({"run": self.name})
        return seconds

    def end(self) -> Any:
        content = self._process.ask({"end": self.name})
        return FORMS["richtext"].plain(content) if self._delta else self._form.plain(content)


class Pycrdt:
    """A Text or an Array of strings of pycrdt, with one transaction per step.

    It merges instead of transforming, and has no operations to compose, so it only applies.
    """

    name = "pycrdt"

    def prepare(self, workload: Workload) -> None:
        self._content = workload.content
        self._steps = [
            [(patch.bytes, len(patch.deleted.encode()), patch.inserted) for patch in step]
            for step in workload.steps
        ]

    def run(self) -> float:
        import pycrdt

        document = pycrdt.Doc()
        is_text = isinstance(self._content, str)
        document["content"] = (pycrdt.Text if is_text else pycrdt.Array)(self._content)
        shared = self._shared = document["content"]
        put = shared.insert
        started = time.process_time()
        for step in self._steps:
            with document.transaction():
                for offset, deleted, inserted in step:
                    if deleted:
                        del shared[offset : offset + (deleted if is_text else 1)]
                    if inserted:
                        put(offset, inserted)
        return time.process_time() - started

    def end(self) -> Any:
        return str(self._shared) if isinstance(self._content, str) else list(self._shared)
