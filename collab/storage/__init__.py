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
    Opening,
    OperationRecord,
    Place,
    Scope,
    Shares,
    SnapshotRecord,
)
from .repository import Repository
from .snapshots import Spacing

__all__ = [
    "DAY_SECONDS",
    "Append",
    "ClientRecord",
    "Committer",
    "Conflict",
    "Database",
    "DocumentRecord",
    "GrantRecord",
    "LinkRecord",
    "Opening",
    "OperationRecord",
    "Place",
    "Repository",
    "Scope",
    "Shares",
    "SnapshotRecord",
    "Source",
    "Spacing",
    "check_schema",
    "current_revision",
    "head_revision",
    "migrate",
]
