"""SQLAlchemy's asynchronous engines, and what is wrong with a URL for which there is none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from sqlalchemy import URL
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
    return engine.execution_options(isolation_level="REPEATABLE READ") if one_state else engine


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
