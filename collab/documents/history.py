"""The recent past of one document, held in memory.

Two marks divide it: up to `head` changes are committed and may be shown; those after it, the tail,
are accepted and wait for their commit. What lies before `start` is in the database only.

    start ── committed, shown ── head ── accepted, being committed ── accepted
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, Protocol

import msgspec

from ..frames import LARGEST_INTEGER, shortened
from ..storage import OperationRecord

__all__ = ["Change", "History"]

# What the objects of a change take beside its texts, as measured with small operations; and what a
# decoded operation takes beside its strings.
_OBJECTS_BYTES = 550
_DECODED_BYTES = 450
# What the outline of an operation takes for each component beside its attributes.
_COMPONENT_BYTES = 100


class Measures(Protocol):
    """What tells of an operation how large it is, and what is kept of it."""

    def components(self, operation: Any) -> int: ...
    def outline(self, operation: Any) -> Any: ...


# Nothing in a change leads back to it, so the garbage collector need not look: a history holds
# thousands.
class Change(msgspec.Struct, gc=False):
    """One accepted edit at its version: the operation as applied, as JSON text and decoded.

    `decoded` is None where its outline is all that is needed: then it is decoded each time.
    `components` is how many it has, and `components_before` how many those before it in memory
    have.
    `outline` is what its type keeps of it for `transform_past`, if it is known.
    `checksum` is what editors are told of the one it was stored with, None before that.
    `frame` is the change as it is sent to all clients but its author, None before it is encoded.
    """

    record: OperationRecord
    decoded: Any = None
    components: int = 1
    components_before: int = 0
    outline: Any = None
    checksum: int | None = None
    frame: bytes | None = None

    @classmethod
    def stored(cls, record: OperationRecord) -> Change:
        """One that is only shown."""
        return cls(record, checksum=shortened(record.checksum))

    @classmethod
    def of_record(cls, record: OperationRecord, measures: Measures) -> Change:
        operation = msgspec.json.decode(record.operation)
        outline = measures.outline(operation)
        decoded = operation if outline is None else None
        change = cls(record, decoded, measures.components(operation), outline=outline)
        change.checksum = shortened(record.checksum)
        return change

    @property
    def operation(self) -> Any:
        decoded = self.decoded
        return msgspec.json.decode(self.record.operation) if decoded is None else decoded

    @property
    def version(self) -> int:
        return self.record.version

    @property
    def client_id(self) -> str:
        return self.record.client_id

    @property
    def size_bytes(self) -> int:
        """About what it takes in memory: the operation's text, its frame and what it decodes to,
        each about as long as the text."""
        text = sys.getsizeof(self.record.operation)
        size = _OBJECTS_BYTES + 2 * text
        if type(self.outline) is list:
            size += text + _COMPONENT_BYTES * len(self.outline)
        return size if self.decoded is None else size + _DECODED_BYTES + text


class History:
    """Contiguous changes from `start + 1` to `accepted`.

    Bound: once there are more than `max_operations`, or they take more than `max_bytes` of
    memory, the older half of the committed changes leaves it, but not what the newest commit has
    brought (`max_commit_operations`). The tail needs no bound of its own:
    each editor has at most one uncommitted edit in it.
    """

    def __init__(
        self,
        version: int,
        checksum: int | None = None,
        *,
        max_operations: int,
        max_bytes: int,
    ) -> None:
        self.start = version
        self.head = version
        self._start_checksum = shortened(checksum)
        self._changes: list[Change] = []
        self._bytes = 0
        self._components = 0
        self._max_operations = max_operations
        self._max_bytes = max_bytes

    @property
    def accepted(self) -> int:
        """The version of the newest change, committed or not."""
        return self.start + len(self._changes)

    def append(self, change: Change) -> None:
        """Accept a change; it must be of version `accepted + 1`."""
        if change.version != self.accepted + 1:
            raise ValueError(f"got version {change.version}, expected {self.accepted + 1}")
        self._changes.append(change)
        self._bytes += change.size_bytes
        change.components_before = self._components
        self._components += change.components

    def commit(self, version: int, checksums: Sequence[int] = ()) -> None:
        """Everything up to `version` is committed.

        Args:
            checksums: what the changes since `head` were stored with, if that is new.
        """
        if not self.head <= version <= self.accepted:
            raise ValueError(f"got version {version}, expected {self.head} to {self.accepted}")
        for index, checksum in enumerate(checksums, self.head - self.start):
            self._changes[index].checksum = checksum & LARGEST_INTEGER
        self.head = version

    def checksum_of(self, version: int) -> int | None:
        """What editors are told of the checksum of `version`, which is from `start` to `head`."""
        index = self._index(version)
        return self._changes[index - 1].checksum if index else self._start_checksum

    def drop_tail(self) -> list[Change]:
        """Take back and return what is accepted but not committed."""
        keep = self.head - self.start
        tail = self._changes[keep:]
        del self._changes[keep:]
        self._bytes -= sum(change.size_bytes for change in tail)
        self._components -= sum(change.components for change in tail)
        return tail

    def since(self, version: int) -> list[Change]:
        """Every change after `version`, the uncommitted ones too; `version` not before `start`."""
        return self._changes[self._index(version) :]

    def components_since(self, version: int) -> int:
        """How many components every change after `version` has; `version` not before `start`."""
        index = self._index(version)
        if index == len(self._changes):
            return 0
        return self._components - self._changes[index].components_before

    def committed_since(self, version: int, limit: int | None = None) -> list[Change]:
        """The committed changes after `version`, at most `limit`; `version` not before `start`."""
        end = self.head - self.start
        begin = self._index(version)
        return self._changes[begin : end if limit is None else min(end, begin + limit)]

    def tail(self, limit: int) -> list[Change]:
        """The first `limit` changes that are not committed."""
        begin = self.head - self.start
        return self._changes[begin : begin + limit]

    def uncommitted(self, client_id: str) -> Change | None:
        """The change in the tail that this editor made."""
        for change in self._changes[self.head - self.start :]:
            if change.client_id == client_id:
                return change
        return None

    @property
    def size_bytes(self) -> int:
        """Of the operations in memory."""
        return self._bytes

    @property
    def over_limit(self) -> bool:
        return self.head > self.start and (
            self.head - self.start > self._max_operations or self._bytes > self._max_bytes
        )

    def next_start(self) -> int:
        """Where the history will start once it is trimmed."""
        return self.start + (self.head - self.start + 1) // 2

    def trim(self) -> None:
        """Let the older half of the committed changes leave memory."""
        count = self.next_start() - self.start
        self._bytes -= sum(change.size_bytes for change in self._changes[:count])
        self._start_checksum = self._changes[count - 1].checksum
        del self._changes[:count]
        self.start += count

    def _index(self, version: int) -> int:
        if version < self.start:
            raise ValueError(f"version {version} has left memory, which starts at {self.start}")
        return version - self.start
