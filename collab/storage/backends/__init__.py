"""One module or package for each way to reach a database, and which one a URL asks for."""

from __future__ import annotations

from sqlalchemy import URL

from ..backend import Backend
from ..url import is_sqlite
from .generic import GenericBackend
from .postgresql.backend import PostgreSQLBackend
from .sqlite.backend import AsyncSQLiteBackend, SQLiteBackend

__all__ = ["backend_of"]


def backend_of(url: URL, busy_timeout_seconds: float, timeout_seconds: float) -> Backend:
    """The backend for a URL that names its driver, as by `parse_url`."""
    if url.drivername == "postgresql+asyncpg":
        return PostgreSQLBackend(url, busy_timeout_seconds, timeout_seconds)
    if not is_sqlite(url):
        return GenericBackend(url, timeout_seconds)
    kind = SQLiteBackend if url.drivername == "sqlite+pysqlite" else AsyncSQLiteBackend
    return kind(url, busy_timeout_seconds, timeout_seconds)
