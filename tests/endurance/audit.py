"""What members were told, compared with the log as it is in the database."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .member import Account

__all__ = ["Audit", "audit"]


@dataclass(frozen=True, slots=True)
class Audit:
    """Counts of edits. All but the first three must be 0.

    `lost` were acknowledged and are not in the log, `doubled` are there more than once, `moved` at
    another version than was told, `foreign` are by nobody who sent them; `holes` are documents
    whose versions are not 1, 2, 3 … up to their head.
    """

    sent: int
    acknowledged: int
    found: int
    lost: int
    doubled: int
    moved: int
    foreign: int
    holes: int

    @property
    def passed(self) -> bool:
        return not (self.lost or self.doubled or self.moved or self.foreign or self.holes)


def audit(file: Path, accounts: Iterable[Account]) -> Audit:
    """Read an SQLite database that no server has open, and compare."""
    database = sqlite3.connect(file)
    try:
        heads = dict(database.execute("SELECT doc_id, version FROM documents"))
        log = database.execute(
            "SELECT doc_id, operations.client_id, client_edit_id, operations.version "
            "FROM operations JOIN documents ON documents.id = document_id"
        ).fetchall()
    finally:
        database.close()
    return compare(heads, log, list(accounts))


def compare(
    heads: dict[str, int], log: list[tuple[str, str, int, int]], accounts: list[Account]
) -> Audit:
    stored = {(doc_id, client_id, edit_id): version for doc_id, client_id, edit_id, version in log}
    sent = {
        (each.doc_id, each.client_id, edit_id)
        for each in accounts
        for edit_id in range(1, each.sent + 1)
    }
    told = {
        (each.doc_id, each.client_id, edit_id): version
        for each in accounts
        for edit_id, version in each.acknowledged.items()
    }
    versions = Counter((doc_id, version) for doc_id, _, _, version in log)
    holes = [
        doc_id
        for doc_id, head in heads.items()
        if any(versions.pop((doc_id, version), 0) != 1 for version in range(1, head + 1))
    ]
    return Audit(
        sent=len(sent),
        acknowledged=len(told),
        found=len(told.keys() & stored.keys()),
        lost=len(told.keys() - stored.keys()),
        doubled=len(log) - len(stored),
        moved=sum(version not in (None, stored.get(edit)) for edit, version in told.items()),
        foreign=len(stored.keys() - sent),
        holes=len(holes) + len(versions),
    )
