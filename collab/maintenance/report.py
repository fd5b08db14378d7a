"""The result of checking one document."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..ot.types import Buffer
from ..storage import DocumentRecord

__all__ = ["DocumentReport"]


@dataclass(slots=True)
class DocumentReport:
    """The findings of `LogCheck`.

    Attributes:
        findings: faults in order, one line each.
        notes: remarks that are not faults, one line each.
        operations: number of operations in the log.
        without_checksum: number of operations without a checksum, stored by older versions.
        bad_snapshots: versions of snapshots that are damaged or don't match the log.
        bad_checksums: whether the checksums of intact operations are wrong.
        is_chain_sound: whether all operations of the log exist and are intact.
        buffer: the newest readable content.
        version: its version; None if no content is readable.
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
        """Whether the newest version can be read."""
        return self.version == self.record.version
