"""Integrity check of one document: replays its log, compares snapshots and newest version."""

from __future__ import annotations

import msgspec

from ..errors import CollabError
from ..ot.types import Buffer, OperationType
from ..storage import OperationRecord
from ..storage.checksums import operation_checksum
from ..storage.inspection import StoredDocument, StoredOperation, StoredSnapshot
from .report import DocumentReport

__all__ = ["LogCheck"]


class LogCheck:
    """Checks a document's log in one pass: `begin`, snapshots and operations in order, `end`."""

    def __init__(self, stored: StoredDocument, doc_type: OperationType | None) -> None:
        self.report = DocumentReport(stored.record)
        self._stored = stored
        self._key = stored.record.key
        self._type = doc_type
        self._last = stored.record.compacted_version
        self._previous = stored.compacted_checksum
        # After a gap, the next operation can't be verified.
        self._is_after_gap = False
        # An operation that does not match its checksum, and the checksum that it should have. If
        # the next checksum builds on the latter, only the stored checksum is wrong.
        self._pending: tuple[OperationRecord, int | None] | None = None
        self._buffer: Buffer | None = None
        self._at: int | None = None
        if doc_type is None:
            self.report.notes.append(
                f"not replayed: the type '{stored.record.doc_type}' is not registered"
            )

    def begin(self, *, has_snapshot: bool) -> None:
        """Start with an empty document or, if the log is compacted, with a snapshot."""
        if self._last == 0:
            self._start(self._type.create() if self._type else None, 0)
        elif not has_snapshot:
            self._add_finding(f"there is no snapshot of version {self._last}, where the log begins")

    def stray_snapshot(self, version: int) -> None:
        self.report.bad_snapshots.append(version)
        self._add_finding(f"the snapshot of version {version} belongs to no version of the log")

    def snapshot(self, found: StoredSnapshot | None) -> None:
        """Check the next snapshot, after the operation that made its version."""
        if found is None:
            return  # a server has deleted it in the meantime
        content = self._content_of(found)
        if content is None:
            self.report.bad_snapshots.append(found.version)
            self._add_finding(f"the snapshot of version {found.version} is damaged")
        elif self._at != found.version:
            self._start(content[0], found.version)
        elif self._buffer is not None and self._buffer.content() != content[0]:
            self._add_finding(f"the snapshot of version {found.version} does not match the log")
            # Without checksums it is unknown which of the two is right.
            if not self.report.without_checksum:
                self.report.bad_snapshots.append(found.version)

    def operation(self, stored: StoredOperation) -> None:
        """Check the next operation."""
        record = stored.record
        self.report.operations += 1
        if record.version != self._last + 1:
            self._resolve_pending(None)
            last = record.version - 1
            self._break_chain(f"operations {self._last + 1} to {last} are missing")
            self._is_after_gap = True
        self._last = record.version
        if stored.checksum is None and self._previous is None and not self._is_after_gap:
            self.report.without_checksum += 1
            self._apply(record)
            return
        self._resolve_pending(stored)
        expected = _checksum(self._previous, self._key, record)
        if self._is_after_gap:
            # It can't be verified, so documents can't be opened beyond it either.
            self._is_after_gap = False
        elif stored.checksum is not None and stored.checksum == expected:
            self._apply(record)
        else:
            self._pending = (record, expected)
        self._previous = stored.checksum

    def end(self) -> DocumentReport:
        """Finish the check after the last operation."""
        stored, head = self._stored, self.report.record.version
        if self._last < head:
            self._resolve_pending(None)
            self._break_chain(f"operations {self._last + 1} to {head} are missing")
        elif self._pending is not None:
            self._resolve_pending(None, stored.checksum)
        elif stored.checksum != self._previous:
            self.report.bad_checksums = True
            self._add_finding("the checksum of the newest version is wrong")
        newest = stored.newest_operation
        if newest is not None and newest > head:
            self._break_chain(f"there are operations up to {newest}, and the document is at {head}")
        if stored.damaged_identities:
            self._add_finding(f"{stored.damaged_identities} rows of compacted edits are damaged")
        self.report.buffer, self.report.version = self._buffer, self._at
        return self.report

    def _resolve_pending(
        self, following: StoredOperation | None, checksum: int | None = None
    ) -> None:
        """Decide whether an operation that does not match its checksum is damaged."""
        if self._pending is None:
            return
        (record, expected), self._pending = self._pending, None
        if following is not None:
            checksum = following.checksum
            confirmed = _checksum(expected, self._key, following.record)
        else:
            confirmed = expected
        if expected is not None and checksum is not None and checksum == confirmed:
            self.report.bad_checksums = True
            self._add_finding(f"the checksum of operation {record.version} is wrong")
            self._previous = expected
            self._apply(record)
        else:
            self._break_chain(f"operation {record.version} is not what was stored")

    def _apply(self, record: OperationRecord) -> None:
        if self._buffer is None or self._at != record.version - 1:
            return
        try:
            self._buffer.apply(msgspec.json.decode(record.operation))
        except (CollabError, ValueError, TypeError, KeyError, IndexError, AttributeError):
            self._break_chain(f"operation {record.version} can't be applied")
            return
        self._at = record.version

    def _start(self, content: object, version: int) -> None:
        if self._type is not None:
            self._buffer, self._at = self._type.buffer(content), version

    def _content_of(self, found: StoredSnapshot) -> tuple[object] | None:
        if not found.is_sound:
            return None
        try:
            return (msgspec.json.decode(found.content),)
        except ValueError:
            return None

    def _add_finding(self, what: str) -> None:
        self.report.findings.append(what)

    def _break_chain(self, what: str) -> None:
        self.report.is_chain_sound = False
        self._add_finding(what)


def _checksum(previous: int | None, key: int, record: OperationRecord) -> int | None:
    """The checksum of an operation; None if its text can't be encoded because of damage."""
    try:
        return operation_checksum(previous, key, record)
    except UnicodeEncodeError:
        return None
