"""To reach something costs no more when more is stored: no statement scans a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from collab.storage import Database, DocumentRecord, Repository

from .edits import append

Call = Callable[[Repository, DocumentRecord], Awaitable[Any]]


def forgetful(repository: Repository) -> Repository:
    return Repository(repository._database, tombstone_days=1)


CALLS: dict[str, Call] = {
    "find_document": lambda repository, _: repository.find_document("plan"),
    "open_document": lambda repository, _: repository.open_document("plan", "ada", limit=10),
    "find_shares": lambda repository, _: repository.find_shares("plan", "ada", "link"),
    "list_documents": lambda repository, _: repository.list_documents(limit=10),
    "rename_document": lambda repository, _: repository.rename_document("plan", "new"),
    "append": lambda repository, each: repository.append([append(each, 0, 100)]),
    "operations_after": lambda repository, each: repository.operations_after(each.key, 10, 10),
    "find_client": lambda repository, each: repository.find_client(each.key, "ada"),
    "find_editor": lambda repository, _: repository.find_editor("plan", "ada"),
    "find_epochs": lambda repository, each: repository.find_epochs([each.key]),
    "find_edit": lambda repository, each: repository.find_edit(each.key, "ada", 1),
    "holds_edit": lambda repository, each: repository.holds_edit(each.key, "ada", 1),
    "latest_snapshot": lambda repository, each: repository.latest_snapshot(each.key),
    "snapshot at a version": lambda repository, each: repository.latest_snapshot(each.key, 9),
    "add_snapshot": lambda repository, each: repository.add_snapshot(each.key, 100, '""'),
    "droppable": lambda repository, each: repository.droppable(each.key, 0, None),
    "compact": lambda repository, each: repository.compact(each.key, each.epoch, 50, '""'),
    "was_deleted": lambda repository, _: repository.was_deleted("plan"),
    "deleting forgets": lambda repository, _: forgetful(repository).delete_document("plan"),
    "delete_document": lambda repository, _: repository.delete_document("plan"),
}


def trace(connection: Connection, statements: list[str] | None) -> None:
    """Have the driver note each statement, with its values in it; None ends that."""
    driver: Any = connection.connection.driver_connection
    driver.set_trace_callback(None if statements is None else statements.append)


def plan_of(connection: Connection, statement: str) -> list[str]:
    driver: Any = connection.connection.driver_connection
    return [row[3] for row in driver.execute(f"EXPLAIN QUERY PLAN {statement}")]


@pytest.mark.parametrize("name", CALLS)
async def test_nothing_is_found_by_scanning(
    database: Database, repository: Repository, document: DocumentRecord, name: str
) -> None:
    statements: list[str] = []
    # The one that reads has begun no other connection yet.
    ways = (database.read, database.write)
    for way in ways:
        await way(trace, statements)
    await CALLS[name](repository, document)
    for way in ways:
        await way(trace, None)
    asked = [each for each in statements if each.split()[0] in ("SELECT", "UPDATE", "DELETE")]
    assert asked or name in ("add_snapshot",)
    for statement in asked:
        for step in await database.write(plan_of, statement):
            # The rows that a statement brings with it are scanned, and an index in its order.
            rows_of_its_own = "given" in step or "CONSTANT ROW" in step
            in_order = step.startswith("SCAN documents USING INDEX ix_documents_updated_at")
            assert not step.startswith("SCAN") or rows_of_its_own or in_order, (statement, step)
            assert "TEMP B-TREE" not in step, (statement, step)
