"""SQLAlchemy engines for SQLite that keep what is promised.

They get write-ahead logging, full synchronisation (what is committed survives a power cut), foreign
keys and real transactions: the driver's implicit BEGIN is switched off and an explicit one emitted,
as SQLAlchemy's manual advises.
"""

from __future__ import annotations

import weakref
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool, StaticPool

from ...engine import engine_errors

__all__ = ["abandon", "async_sqlite_engine", "sqlite_engine"]

# A write-ahead log of 16 MB: pages that are written again and again are copied to the file now and
# then, not every 4 MB. The cache holds the pages that the edits of some thousand documents go to.
_CHECKPOINT_PAGES = 4000
_WRITER_CACHE_KIB = 16_384
_STATEMENTS_CACHED = 256

# Those of aiosqlite.
_open_connections: weakref.WeakKeyDictionary[Engine, weakref.WeakSet[Any]] = (
    weakref.WeakKeyDictionary()
)


def sqlite_engine(
    url: URL, *, busy_timeout_seconds: float, writes: bool = True, foreign_keys: bool = True
) -> Engine:
    """An engine over Python's `sqlite3`, for a caller that keeps the connection; it has no pool.

    An engine that writes takes the write lock at the start of each transaction, so that none fails
    half-way for want of it; one that doesn't write refuses every change.
    """
    with engine_errors():
        engine = create_engine(
            url,
            hide_parameters=True,
            poolclass=NullPool,
            connect_args=_arguments(busy_timeout_seconds),
        )
    _prepare(engine, writes=writes, foreign_keys=foreign_keys)
    return engine


def async_sqlite_engine(
    url: URL,
    *,
    busy_timeout_seconds: float,
    connections: int,
    in_memory: bool = False,
    writes: bool = True,
    foreign_keys: bool = True,
) -> AsyncEngine:
    """The same over aiosqlite, with a pool of at most `connections`."""
    pool: dict[str, Any] = {"poolclass": StaticPool}
    if not in_memory:
        pool = {"poolclass": AsyncAdaptedQueuePool, "pool_size": connections, "max_overflow": 0}
    with engine_errors():
        engine = create_async_engine(
            url, hide_parameters=True, connect_args=_arguments(busy_timeout_seconds), **pool
        )
    _prepare(engine.sync_engine, writes=writes, foreign_keys=foreign_keys)
    opened: weakref.WeakSet[Any] = weakref.WeakSet()
    _open_connections[engine.sync_engine] = opened
    event.listen(
        engine.sync_engine,
        "connect",
        lambda connection, _record: opened.add(connection.driver_connection),
    )
    return engine


def abandon(engine: AsyncEngine) -> None:
    """Close the open connections of an engine over aiosqlite without waiting for their threads,
    since a thread that hangs never closes its connection."""
    for connection in _open_connections[engine.sync_engine]:
        connection.stop()
        connection.close = _nothing


async def _nothing() -> None: ...


def _arguments(busy_timeout_seconds: float) -> dict[str, Any]:
    return {
        "timeout": busy_timeout_seconds,
        "isolation_level": None,
        "cached_statements": _STATEMENTS_CACHED,
    }


def _prepare(engine: Engine, *, writes: bool, foreign_keys: bool) -> None:
    pragmas = [f"foreign_keys={int(foreign_keys)}", "synchronous=FULL", "temp_store=MEMORY"]
    if writes:
        pragmas += [
            "journal_mode=WAL",
            f"wal_autocheckpoint={_CHECKPOINT_PAGES}",
            f"cache_size=-{_WRITER_CACHE_KIB}",
        ]
    else:
        pragmas.append("query_only=1")
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: Any) -> None:
        try:
            for pragma in pragmas:
                _execute(connection, f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        _execute(connection.connection.dbapi_connection, begin)


def _execute(connection: Any, statement: str) -> None:
    # Of what `execute` of a connection gives, SQLAlchemy 2.0 has no adapter for aiosqlite.
    cursor = connection.cursor()
    try:
        cursor.execute(statement)
    finally:
        # A cursor that is left open keeps the file open after its connection is closed.
        cursor.close()
