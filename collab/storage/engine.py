"""SQLAlchemy's asynchronous engines, and what is wrong with a URL for which there is none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import URL, event
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from ..errors import ConfigurationError
from .url import EXPECTED_URL

__all__ = ["engine_errors", "server_engine"]


def server_engine(url: URL, *, connections: int, one_state: bool = False) -> AsyncEngine:
    """An engine of at most `connections` connections to a database server.

    Args:
        one_state: whether all statements of a transaction see the same state; otherwise each sees
            what is committed when it begins.
    """
    with engine_errors():
        engine = create_async_engine(
            url, hide_parameters=True, pool_size=connections, max_overflow=0, pool_pre_ping=True
        )
    if engine.dialect.name == "postgresql":
        _keep_promises(engine)
    return engine.execution_options(isolation_level="REPEATABLE READ") if one_state else engine


# `remote_apply` promises more than `on`. A session that has set it keeps it when the server's
# configuration changes.
_SYNCHRONOUS = """
SELECT set_config('synchronous_commit', CASE current_setting('synchronous_commit')
    WHEN 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false)
"""


def _keep_promises(engine: AsyncEngine) -> None:
    """Have what PostgreSQL commits be durable, and never cancelled."""

    @event.listens_for(engine.sync_engine, "connect")
    def commit_synchronously(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(_SYNCHRONOUS)
        cursor.close()
        # What a transaction sets that is rolled back is undone.
        connection.commit()

    if engine.dialect.driver == "asyncpg":

        @event.listens_for(engine.sync_engine, "invalidate")
        def cut(connection: Any, _record: Any, _error: BaseException | None) -> None:
            # Of a call that is cancelled the driver asks the server to cancel it, in the loop's
            # next turn. A commit that waits for a synchronous standby is visible after that
            # without being safe.
            connection.driver_connection.terminate()


@contextlib.contextmanager
def engine_errors() -> Iterator[None]:
    """Raise `ConfigurationError` for a URL without an engine: its driver is missing, or it is
    malformed."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"the database URL needs the driver '{error.name}', which is not installed: "
            f"run `pip install {error.name}`"
        ) from error
    except (ArgumentError, TypeError) as error:
        raise ConfigurationError(f"the database URL is malformed: {EXPECTED_URL}") from error
