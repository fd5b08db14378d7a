"""The database's URL, and SQLAlchemy engines for it that do what we promise.

SQLite gets write-ahead logging, full synchronisation (what is committed survives a power cut),
foreign keys and real transactions: the driver's own implicit BEGIN is switched off and the
one that we mean is emitted, as SQLAlchemy's manual advises.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from ..errors import ConfigurationError

__all__ = ["file_of", "is_memory", "is_sqlite", "parse_url", "server_engine", "sqlite_engine"]

_EXPECTED = (
    "expected one such as sqlite:///collab.db (four slashes before an absolute path) "
    "or postgresql+asyncpg://user:password@host/name"
)
# SQLite is driven from threads of our own, whichever of its drivers is asked for.
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+aiosqlite": "sqlite+pysqlite",
    "postgresql": "postgresql+asyncpg",
}

# A write-ahead log of 16 MB: what is written again and again is copied to the file once in a while,
# not every 4 MB. The cache holds the pages that the edits of some thousand documents go to.
_CHECKPOINT_PAGES = 4000
_WRITER_CACHE_KIB = 16_384
_STATEMENTS_CACHED = 256


def parse_url(text: str) -> URL:
    """The URL with the driver to be used: `postgresql://…` becomes `postgresql+asyncpg://…`.

    Raises:
        ConfigurationError: this is not the URL of a database that can be used.
    """
    try:
        url = make_url(text)
        url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        usable = is_sqlite(url) or url.get_dialect().get_async_dialect_cls(url).is_async
    except NoSuchModuleError as error:
        raise ConfigurationError(
            f"the database URL begins with '{url.drivername}', which is unknown: {_EXPECTED}"
        ) from error
    except (ArgumentError, ValueError) as error:
        # What can't be taken apart may hold a password, so it is not repeated.
        raise ConfigurationError(f"the database setting is not a URL: {_EXPECTED}") from error
    if not usable:
        raise ConfigurationError(
            f"the database URL names the driver '{url.drivername}', which is not asynchronous: "
            f"{_EXPECTED}"
        )
    return url


def is_sqlite(url: URL) -> bool:
    return url.get_backend_name() == "sqlite"


def is_memory(url: URL) -> bool:
    """Whether this is an SQLite database that lives and dies with its one connection."""
    database = url.database or ":memory:"
    return is_sqlite(url) and (":memory:" in database or url.query.get("mode") == "memory")


def file_of(url: URL) -> Path | None:
    """The file of an SQLite database; None if it has none or SQLite's own URI names it."""
    if not is_sqlite(url) or is_memory(url) or not url.database:
        return None
    return None if url.database.startswith("file:") else Path(url.database)


def sqlite_engine(
    url: URL, *, busy_timeout_seconds: float, writes: bool = True, foreign_keys: bool = True
) -> Engine:
    """An engine to connect to an SQLite database, for who keeps the connection; there is no pool.

    An engine that writes takes the write lock at the start of each transaction, so that none fails
    half-way for want of it; one that doesn't write refuses every change.
    """
    arguments = {
        "timeout": busy_timeout_seconds,
        "isolation_level": None,
        "cached_statements": _STATEMENTS_CACHED,
    }
    with _told():
        engine = create_engine(
            url, hide_parameters=True, poolclass=NullPool, connect_args=arguments
        )
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
                connection.execute(f"PRAGMA {pragma}").close()
        except BaseException:
            connection.close()
            raise

    @event.listens_for(engine, "begin")
    def begin_transaction(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute(begin)

    return engine


def server_engine(url: URL, *, connections: int, one_state: bool = False) -> AsyncEngine:
    """An engine of at most `connections` connections to a database server.

    Args:
        one_state: whether all statements of a transaction see the same state; else each sees what
            is committed by then.
    """
    with _told():
        engine = create_async_engine(
            url, hide_parameters=True, pool_size=connections, max_overflow=0, pool_pre_ping=True
        )
    return engine.execution_options(isolation_level="REPEATABLE READ") if one_state else engine


@contextlib.contextmanager
def _told() -> Iterator[None]:
    """Say what is wrong with a URL for which there is no engine."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the database URL needs the driver '{error.name}', which is not installed: "
            f"run `pip install {error.name}`"
        ) from error
    except (ArgumentError, TypeError) as error:
        raise ConfigurationError(f"the database URL is malformed: {_EXPECTED}") from error
