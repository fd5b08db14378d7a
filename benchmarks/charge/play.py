"""Submits an edit to a real document and measures its real and its charged cost."""

from __future__ import annotations

import contextlib
import gc
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any, NamedTuple

from collab import Settings
from collab.app import Collab
from collab.documents.authors import Author
from collab.documents.carrying import Carried
from collab.documents.document import Document
from collab.documents.transform_budget import (
    TransformBudget,
    check_values,
    steps_of_frame,
    steps_of_size,
)
from collab.errors import CollabError
from collab.frames import Edit, decode, encode_json

__all__ = ["Case", "Result", "open_app", "play"]

ENDLESS = 10**12

LOOKUP_SECONDS = 30e-9


class Case(NamedTuple):
    """An edit based on `content`, to which others have since applied the edits of `history`."""

    doc_type: str
    content: Any
    history: list[Any]
    operation: Any


class Result(NamedTuple):
    cost: float
    """The cost of the event loop turn that handles the frame; in seconds, unless `measure` returns
    another unit."""
    charged: int
    """In steps, of about a microsecond."""
    outcome: str
    """`ok`, or the error code."""


@contextlib.asynccontextmanager
async def open_app(**settings: Any) -> AsyncIterator[Collab]:
    """An application with an unlimited allowance of work."""
    with tempfile.TemporaryDirectory() as folder:
        database = f"sqlite:///{Path(folder) / 'collab.db'}"
        app = Collab(
            Settings(
                database=database,
                edit_cost_burst=ENDLESS,
                edit_cost_per_second=1e-9,
                **settings,
            )
        )
        await app.open()
        try:
            yield app
        finally:
            await app.close()


async def play(
    app: Collab, case: Case, measure: Callable[[Callable[[], None]], float] | None = None
) -> Result:
    """Submit the edit of a case after those of its history. Nothing is stored.

    Args:
        measure: calls its argument and returns the cost of the call; CPU seconds by default.
    """
    manager = app.manager
    name = f"d{time.time_ns()}"
    await manager.create_document(name, case.doc_type)
    async with manager.documents.open(name) as document:
        author = await document.authors.hold("author", "author")
        other = await document.authors.hold("other", "other")
        document.buffer = document.doc_type.buffer(document.doc_type.create(case.content))
        # Computes the size, as opening a document does.
        document.buffer.size  # noqa: B018
        effort = document.submission.transform_budget
        document.submission.transform_budget = TransformBudget(
            document.doc_type, _without_limits(manager.settings)
        )
        for operation in case.history:
            _write(document, other, operation)
        document.submission.transform_budget = effort
        result = _turn(document, author, case.operation, manager.settings, measure or seconds_of)
        # Forgets the edits, which were never stored.
        document.history.commit(document.history.accepted)
        document.snapshots.version = document.history.head
        for each in (author, other):
            document.authors.release(each)
        return result


def _without_limits(settings: Settings) -> Settings:
    """Remove the limits on a single edit, for the edits of the history."""
    wide = {"max_transform_cost": ENDLESS, "max_edit_cost": ENDLESS}
    return settings.model_copy(update=wide)


def pace_of_machine() -> float:
    """The duration of a simple loop, relative to `LOOKUP_SECONDS` per lookup."""
    members = {"a": 1}
    get = members.get
    started = time.thread_time()
    for _ in range(50_000):
        get("a")
    return (time.thread_time() - started) / 50_000 / LOOKUP_SECONDS


def _write(document: Document, author: Author, operation: Any) -> None:
    """Submit an edit, and treat it as committed at once."""
    _submit(document, author, author.last_id + 1, document.history.head, operation)
    document.history.commit(document.history.accepted)


def _submit(document: Document, author: Author, edit_id: int, version: int, operation: Any) -> None:
    """Submit an edit in one step, however long its transformation takes."""
    whole = Carried(operation, version, document.submission.transform_budget.begin(is_bounded=True))
    document.submission.submit(author, edit_id, version, operation, carried=whole)


def _turn(
    document: Document,
    author: Author,
    operation: Any,
    settings: Settings,
    measure: Callable[[Callable[[], None]], float],
) -> Result:
    text = encode_json({"type": "edit", "id": 1, "version": 0, "operation": operation})
    before = author.work._tokens
    outcomes = ["ok"]

    def turn() -> None:
        frame: Edit | None = None
        try:
            read = decode(
                text,
                len(text.encode()),
                max_edit_bytes=settings.max_operation_bytes,
                max_presence_bytes=settings.max_presence_bytes,
            )
            assert isinstance(read, Edit)
            frame = read
            check_values(frame.operation, len(text), settings.max_operation_values)
            _submit(document, author, frame.id, frame.version, frame.operation)
        except CollabError as error:
            outcomes.append(error.code)
            # As the connection charges a refused edit.
            author.charge(
                steps_of_size(len(text))
                if frame is None
                else steps_of_frame(frame.operation, len(text), settings.max_operation_values)
            )

    cost = measure(turn)
    return Result(cost, int(before - author.work._tokens), outcomes[-1])


def seconds_of(turn: Callable[[], None]) -> float:
    """CPU time, normalized by the current speed of the machine."""
    gc.collect()
    pace = pace_of_machine()
    started = time.thread_time()
    turn()
    seconds = time.thread_time() - started
    return seconds * 2 / (pace + pace_of_machine())
