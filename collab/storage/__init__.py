"""Durable storage: a database, what is kept in it, and the committer that writes to it."""

from __future__ import annotations

from .committer import Committer, Conflict, Source
from .database import Database
from .migration import check_schema, current_revision, head_revision, migrate
from .records import (
    DAY_SECONDS,
    Append,
    ClientRecord,
    DocumentRecord,
    GrantRecord,
    LinkRecord,
    ListCursor,
    Opening,
    OperationRecord,
    Scope,
    Shares,
    SnapshotRecord,
)
from .snapshots import Spacing
from .store import Catalog, DatabaseStore, Grants, OperationLog, Snapshots, Store

__all__ = [
    "DAY_SECONDS",
    "Append",
    "Catalog",
    "ClientRecord",
    "Committer",
    "Conflict",
    "Database",
    "DatabaseStore",
    "DocumentRecord",
    "GrantRecord",
    "Grants",
    "LinkRecord",
    "ListCursor",
    "Opening",
    "OperationLog",
    "OperationRecord",
    "Scope",
    "Shares",
    "SnapshotRecord",
    "Snapshots",
    "Source",
    "Spacing",
    "Store",
    "check_schema",
    "current_revision",
    "head_revision",
    "migrate",
]
