"""Runs the migrations, on a connection of the program or from the alembic command."""

from __future__ import annotations

import asyncio
import logging.config
import os

from alembic import context
from sqlalchemy import URL, Connection

from collab.storage.backends.sqlite.engine import sqlite_engine
from collab.storage.engine import server_engine
from collab.storage.faults import translated_faults
from collab.storage.tables import metadata
from collab.storage.url import is_sqlite, parse_url

BUSY_TIMEOUT_SECONDS = 5.0


def chosen_url() -> str:
    given = context.get_x_argument(as_dictionary=True).get("database")
    ini = context.config.get_main_option("sqlalchemy.url")
    return given or os.environ.get("COLLAB_DATABASE") or ini or ""


def run(connection: Connection) -> None:
    # All migrations run in the transaction of the connection, so that they apply atomically.
    context.configure(
        connection=connection,
        target_metadata=metadata,
        transactional_ddl=True,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_by_command() -> None:
    url = parse_url(chosen_url())
    with translated_faults():
        if is_sqlite(url):
            run_on_sqlite(url)
        else:
            asyncio.run(run_on_server(url))


def run_on_sqlite(url: URL) -> None:
    # SQLite needs to rebuild a table for most changes, which drops the old one. With foreign keys
    # on, that would delete all rows that refer to it.
    url = url.set(drivername="sqlite+pysqlite")
    engine = sqlite_engine(url, busy_timeout_seconds=BUSY_TIMEOUT_SECONDS, foreign_keys=False)
    with engine.begin() as connection:
        run(connection)


async def run_on_server(url: URL) -> None:
    engine = server_engine(url, connections=1)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(run)
    finally:
        await engine.dispose()


def print_sql() -> None:
    context.configure(url=parse_url(chosen_url()), target_metadata=metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()


handed_over = context.config.attributes.get("connection")
if handed_over is not None:
    run(handed_over)
else:
    if context.config.config_file_name is not None:
        logging.config.fileConfig(context.config.config_file_name, disable_existing_loggers=False)
    if context.is_offline_mode():
        print_sql()
    else:
        run_by_command()
