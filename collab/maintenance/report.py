"""What a check has found out about one document."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ot.types import Buffer
from ..storage import DocumentRecord

__all__ = ["DocumentReport"]


@dataclass(slots=True)
class DocumentReport:
    """Filled by `LogCheck`.

    Attributes:
        findings: what is wrong, in order, each one line.
        notes: what is worth knowing, and is not damage.
        operations: how many there are in the log.
        without_checksum: how many of them are of the time before there were checksums.
        bad_snapshots: versions of snapshots that are not what was stored, or not the log's.
        bad_checksums: whether checksums are wrong of operations that are right.
        is_chain_sound: whether every operation of the log is there, as it was stored.
        buffer: the newest content that can be had.
        version: its version; None if no content can be had.
    """

    record: DocumentRecord
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    operations: int = 0
    without_checksum: int = 0
    bad_snapshots: list[int] = field(default_factory=list)
    bad_checksums: bool = False
    is_chain_sound: bool = True
    buffer: Buffer | None = None
    version: int | None = None

    @property
    def is_whole(self) -> bool:
        """Whether the newest content can be had."""
        return self.version == self.record.version
