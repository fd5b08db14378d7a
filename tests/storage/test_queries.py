"""What a compiled query finds, by SQLite's driver and by SQLAlchemy."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Integer, bindparam, select

from collab.storage import Database, DocumentRecord, Store, tables
from collab.storage.queries import Query

from .edits import append

_operations = tables.operations.c
NEWEST = (
    select(_operations.version, _operations.operation, _operations.created_at)
    .where(_operations.document_id == bindparam("key"), _operations.version >= bindparam("version"))
    .order_by(_operations.version.desc())
    .limit(bindparam("limit", type_=Integer))
)


async def test_the_driver_gives_what_sqlalchemy_gives(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 5)])

    def both(connection: Connection) -> tuple[list[Any], list[Any]]:
        values = {"limit": 3, "version": 2, "key": document.key}
        by_sqlalchemy = [tuple(row) for row in connection.execute(NEWEST, values)]
        return list(Query(NEWEST).rows(connection, **values)), by_sqlalchemy

    by_driver, by_sqlalchemy = await database.read(both)
    assert by_driver == by_sqlalchemy
    assert [row[0] for row in by_driver] == [5, 4, 3]


async def test_the_first_row_is_none_where_there_is_none(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 5)])

    def first(connection: Connection, version: int) -> Any:
        return Query(NEWEST).first(connection, key=document.key, version=version, limit=9)

    row = await database.read(first, 1)
    assert row[0] == 5
    assert await database.read(first, 6) is None


async def test_where_a_database_has_its_own_way_that_is_asked(database: Database) -> None:
    query = Query(select(_operations.version), on_sqlite=select(bindparam("given", type_=Integer)))
    assert await database.read(lambda c, **given: query.first(c, **given), given=7) == (7,)


async def test_a_query_that_is_left_early_holds_nothing_open(
    database: Database, store: Store, document: DocumentRecord
) -> None:
    await store.operations.append([append(document, 0, 5)])

    def leave(connection: Connection) -> int:
        rows = Query(NEWEST).rows(connection, key=document.key, version=0, limit=5)
        next(rows)
        rows.close()
        driver: Any = connection.connection.driver_connection
        # SQLite refuses this while a statement is under way.
        driver.execute("DROP TABLE operations")
        return sum(1 for _ in rows)

    assert await database.write(leave) == 0
