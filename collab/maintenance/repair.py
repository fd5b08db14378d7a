"""Repair of the faults that a check has found, without data loss unless requested."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from ..documents.content import encode_content
from ..documents.document_types import DocumentTypes
from ..storage import Database
from ..storage.repair import drop_after, write_checksums
from ..storage.snapshots import add_snapshot, set_aside_snapshot
from .check import check_document
from .report import DocumentReport

__all__ = ["Repair", "needs_dropping"]


def needs_dropping(report: DocumentReport) -> bool:
    """Whether the newest version of a document can't be read, but an earlier one can."""
    return not report.is_whole and report.version is not None


class Repair:
    """Repairs documents one by one.

    While a server runs, all steps except dropping are safe: each is a transaction that verifies its
    assumptions. An edit may be refused with `storage_unavailable` once, and is sent again.

    Args:
        dry_run: only report what would be done.
        drop: whether to delete unreadable operations and those after them.
    """

    def __init__(
        self, database: Database, types: DocumentTypes, *, dry_run: bool, drop: bool
    ) -> None:
        self._database = database
        self._types = types
        self._dry_run = dry_run
        self._drop = drop

    async def document(self, report: DocumentReport) -> list[str]:
        """Repair one document; returns the steps taken, one line each."""
        done = []
        for version in report.bad_snapshots:
            done += await self._set_aside(report, version)
        if report.bad_snapshots:
            done += await self._store_snapshot(report)
        if (report.without_checksum or report.bad_checksums) and report.is_chain_sound:
            done += await self._write_checksums(report)
        if self._drop and needs_dropping(report):
            done += await self._drop_after(report)
        return done

    async def damage_left(self, report: DocumentReport) -> DocumentReport | None:
        """The report of the damage that is left after `document`; None if there is none."""
        if not report.findings:
            return None
        if self._dry_run:
            return report
        after = await check_document(self._database, self._types, report.record.key)
        return after if after is not None and after.findings else None

    async def _set_aside(self, report: DocumentReport, version: int) -> list[str]:
        if not self._dry_run:
            await self._database.write(
                set_aside_snapshot, report.record.key, version, though_sound=True
            )
        return [f"set the snapshot of version {version} aside"]

    async def _store_snapshot(self, report: DocumentReport) -> list[str]:
        if not report.is_whole or report.buffer is None or report.version is None:
            return []
        if not self._dry_run:
            content = await encode_content(report.buffer.content())
            try:
                await self._database.write(add_snapshot, report.record.key, report.version, content)
            except IntegrityError:
                return []  # a valid one exists already
        return [f"stored a snapshot of version {report.version}"]

    async def _write_checksums(self, report: DocumentReport) -> list[str]:
        record = report.record
        if not self._dry_run:
            await self._database.write(write_checksums, record.key, record.epoch)
        return ["recomputed the checksums"]

    async def _drop_after(self, report: DocumentReport) -> list[str]:
        record, version = report.record, report.version
        assert version is not None
        if not self._dry_run:
            await self._database.write(drop_after, record.key, record.epoch, version)
        return [f"dropped the operations after version {version}, up to {record.version}"]
