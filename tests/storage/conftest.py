"""Databases of every kind that the documentation names, and stores over them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest
import sqlalchemy

from collab.storage import Database, DatabaseStore, DocumentRecord, Store
from collab.storage import database as database_module
from collab.storage.backend import Backend
from collab.storage.backends.generic import GenericBackend

from .postgresql import served

EVERY_KIND = [
    "sqlite",
    "sqlite in memory",
    "aiosqlite",
    "aiosqlite in memory",
    "postgresql",
    "postgresql, generic",
]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The URL of a PostgreSQL server, for all tests of this process."""
    with served() as url:
        yield url


@pytest.fixture
async def postgresql_url(postgresql: str) -> str:
    """Of an empty database on that server."""
    connection = await asyncpg.connect(postgresql)
    await connection.execute("DROP DATABASE IF EXISTS collab WITH (FORCE)")
    await connection.execute("CREATE DATABASE collab")
    await connection.close()
    url = sqlalchemy.make_url(postgresql)
    return url.set(database="collab").render_as_string(hide_password=False)


@pytest.fixture
def generic_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """Database servers are reached as one of which nothing but its dialect is known."""

    def backend_of(url: sqlalchemy.URL, _busy: float, timeout_seconds: float) -> Backend:
        return GenericBackend(url, timeout_seconds)

    monkeypatch.setattr(database_module, "backend_of", backend_of)


every_kind = pytest.mark.parametrize("url", EVERY_KIND, indirect=True)


@pytest.fixture
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Of a database that does not exist yet; `every_kind` marks tests that run on each kind."""
    kind = getattr(request, "param", "sqlite")
    if kind == "postgresql, generic":
        request.getfixturevalue("generic_server")
    if kind.startswith("postgresql"):
        found: str = request.getfixturevalue("postgresql_url")
        return found
    driver = "sqlite+aiosqlite" if kind.startswith("aiosqlite") else "sqlite"
    return f"{driver}://" if "memory" in kind else f"{driver}:///{tmp_path}/documents.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url, busy_timeout_seconds=0.2)
    await database.open(upgrade=True)
    yield database
    await database.close()


@pytest.fixture
def store(database: Database) -> Store:
    return DatabaseStore(database)


@pytest.fixture
async def document(store: Store) -> DocumentRecord:
    return await store.catalog.create_document("plan", "text", "A plan")
