from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from collab.storage import Database, DocumentRecord, Repository


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Of a database that is not there yet."""
    return f"sqlite:///{tmp_path}/documents.db"


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    database = Database(url, busy_timeout_seconds=0.2)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def repository(database: Database) -> Repository:
    return Repository(database)


@pytest.fixture
async def document(repository: Repository) -> DocumentRecord:
    return await repository.create_document("plan", "text", "A plan")
