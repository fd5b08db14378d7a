"""The database's URL: which database it names, and with which driver."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from ..errors import ConfigurationError

__all__ = ["EXPECTED_URL", "file_of", "is_memory", "is_sqlite", "parse_url"]

EXPECTED_URL = (
    "expected one such as sqlite:///collab.db (four slashes before an absolute path) "
    "or postgresql+asyncpg://user:password@host/name"
)
_DRIVERS = {"sqlite": "sqlite+pysqlite", "postgresql": "postgresql+asyncpg"}


def parse_url(text: str) -> URL:
    """The URL with the driver to be used: `postgresql://…` becomes `postgresql+asyncpg://…`.

    Raises:
        ConfigurationError: this is not the URL of a database that can be used.
    """
    try:
        url = make_url(text)
        url = url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))
        dialect = url.get_dialect()
        usable = url.drivername == "sqlite+pysqlite" or dialect.get_async_dialect_cls(url).is_async
    except NoSuchModuleError as error:
        raise ConfigurationError(
            f"the database URL begins with '{url.drivername}', which is unknown: {EXPECTED_URL}"
        ) from error
    except (ArgumentError, ValueError) as error:
        # What can't be taken apart may hold a password, so it is not repeated.
        raise ConfigurationError(f"the database setting is not a URL: {EXPECTED_URL}") from error
    if not usable:
        raise ConfigurationError(
            f"the database URL names the driver '{url.drivername}', which is not asynchronous: "
            f"{EXPECTED_URL}"
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
