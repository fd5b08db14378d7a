"""The application over a real SQLite file, for every test that wants one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from collab.app import Collab
from collab.settings import Settings
from tests.served import Serve, Served, serving

# How fast a machine draws examples says nothing about the code.
settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")

# All clients of the tests come from one network address; those of the limits say what they test.
# The processes that tests start have it, too.
os.environ.setdefault("COLLAB_ADDRESS_LOOP_SHARE", "1000")
os.environ.setdefault("COLLAB_USER_LOOP_SHARE", "1000")

# The folders whose files take longest, longest first: a long file that begins last runs alone.
LONG = (
    "endurance",
    "soak",
    "faults",
    "benchmarks",
    "fuzz",
    "simulation",
    "ot",
    "browser",
    "repository",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests that run alone, and begin with long ones."""
    root = Path(__file__).parent

    def folder(item: pytest.Item) -> str:
        return item.path.relative_to(root).parts[0] if item.path.is_relative_to(root) else ""

    for item in items:
        if folder(item) == "abuse":
            item.add_marker("alone")
    items.sort(key=lambda item: LONG.index(folder(item)) if folder(item) in LONG else len(LONG))


Make = Callable[..., Awaitable[Collab]]


@pytest.fixture
def database(tmp_path: Path) -> str:
    """The URL of an SQLite file that isn't there yet."""
    return f"sqlite:///{tmp_path / 'collab.db'}"


@pytest.fixture
async def make_app(database: str) -> AsyncIterator[Make]:
    """Opens applications, several in a row on the same database; closes what is still open."""
    apps: list[Collab] = []

    async def make(**settings: Any) -> Collab:
        app = Collab(Settings(**{"database": database, **settings}))
        apps.append(app)
        await app.open()
        return app

    yield make
    for app in reversed(apps):
        await app.close()


@pytest.fixture
async def app(make_app: Make) -> Collab:
    return await make_app()


@pytest.fixture
async def serve(make_app: Make) -> AsyncIterator[Serve]:
    """Starts servers, each of an application or of a new one with these settings; stops what still
    runs at the end."""
    async with contextlib.AsyncExitStack() as running:

        async def serve(app: Collab | None = None, port: int = 0, **settings: Any) -> Served:
            if app is None:
                app = await make_app(**settings)
            return await running.enter_async_context(serving(app, port))

        yield serve


@pytest.fixture
async def served(serve: Serve) -> Served:
    return await serve()
