"""To reach something costs no more when more is stored: no statement scans a table."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from sqlalchemy import Connection

from collab.storage import Database, DatabaseStore, DocumentRecord, Store

from .edits import append

Call = Callable[[Store, DocumentRecord], Awaitable[Any]]


@pytest.fixture
def store(database: Database) -> Store:
    return DatabaseStore(database, tombstone_days=1)


CALLS: dict[str, Call] = {
    "find_document": lambda store, _: store.catalog.find_document("plan"),
    "open_document": lambda store, _: store.catalog.open_document("plan", "ada", limit=10),
    "find_shares": lambda store, _: store.grants.find_shares("plan", "ada", "link"),
    "list_documents": lambda store, _: store.catalog.list_documents(limit=10),
    "rename_document": lambda store, _: store.catalog.rename_document("plan", "new"),
    "append": lambda store, each: store.operations.append([append(each, 0, 100)]),
    "operations_after": lambda store, each: store.operations.read(each.key, 10, 10),
    "find_client": lambda store, each: store.operations.find_client(each.key, "ada"),
    "find_editor": lambda store, _: store.catalog.find_editor("plan", "ada"),
    "find_epochs": lambda store, each: store.catalog.find_epochs([each.key]),
    "find_edit": lambda store, each: store.operations.find_edit(each.key, "ada", 1),
    "holds_edit": lambda store, each: store.operations.holds_edit(each.key, "ada", 1),
    "latest_snapshot": lambda store, each: store.snapshots.latest(each.key),
    "snapshot at a version": lambda store, each: store.snapshots.latest(each.key, 9),
    "add_snapshot": lambda store, each: store.snapshots.add(each.key, 100, '""'),
    "droppable": lambda store, each: store.operations.droppable(each.key, 0, None),
    "compact": lambda store, each: store.operations.compact(each.key, each.epoch, 50, '""'),
    "was_deleted": lambda store, _: store.catalog.was_deleted("plan"),
    "delete_document": lambda store, _: store.catalog.delete_document("plan"),
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
    database: Database, store: Store, document: DocumentRecord, name: str
) -> None:
    statements: list[str] = []
    # The one that reads has begun no other connection yet.
    ways = (database.read, database.write)
    for way in ways:
        await way(trace, statements)
    await CALLS[name](store, document)
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
