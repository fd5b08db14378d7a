"""What the store gives and takes: plain, immutable, without a database behind it."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

__all__ = [
    "DAY_SECONDS",
    "Append",
    "ClientRecord",
    "DocumentRecord",
    "GrantRecord",
    "LinkRecord",
    "ListCursor",
    "Opening",
    "OperationRecord",
    "Scope",
    "Shares",
    "SnapshotRecord",
]

DAY_SECONDS = 86_400.0
"""What is kept for days is given a time before which it goes."""


@dataclass(frozen=True, slots=True)
class DocumentRecord:
    """A document as stored. Times are seconds since the epoch, UTC.

    `key` is the database's number of it, never used again for another one; `epoch` a random text
    made with the document, which tells it from a later one of the same `doc_id`. Operations up to
    `compacted_version` are no longer kept. `checksum` is that of the operation that made `version`,
    None if it has none.
    """

    key: int
    doc_id: str
    epoch: str
    doc_type: str
    title: str
    version: int
    created_at: float
    updated_at: float
    compacted_version: int = 0
    checksum: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """The documents that a list is confined to: those that any of these names.

    `doc_ids` are their ids; `user_id` that of a user to whom they are granted, by one of `roles`;
    `link_key` the key of one.
    """

    doc_ids: Sequence[str]
    user_id: str | None
    link_key: int | None
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class ListCursor:
    """A place in the list: after a document, and `skipped` documents further.

    So a place among documents that a user may not see is named by one that the user may see.
    """

    updated_at: float = 1e300
    key: int = 0
    skipped: int = 0

    @classmethod
    def of(cls, record: DocumentRecord) -> ListCursor:
        return cls(record.updated_at, record.key)

    def cursor(self) -> str:
        """The place as text; `documents.read_cursor` reads it."""
        skipped = [self.skipped] if self.skipped else []
        place = json.dumps([self.updated_at, self.key, *skipped])
        return base64.urlsafe_b64encode(place.encode()).decode().rstrip("=")


# A document's history holds thousands; nothing in one leads back to it.
class OperationRecord(msgspec.Struct, frozen=True, gc=False):
    """The edit that made `version`.

    `operation` is JSON text, as applied; `fingerprint` names the edit as it was first sent;
    `created_at` is in seconds since the epoch, UTC. `checksum` is what was stored with it: None
    before that, and where there is none.
    """

    version: int
    operation: str
    client_id: str
    client_edit_id: int
    user_id: str
    fingerprint: str
    created_at: float
    checksum: int | None = None


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """A document's content (JSON text) as of `version`."""

    version: int
    content: str


@dataclass(frozen=True, slots=True)
class ClientRecord:
    """What is stored of one `client_id` on one document.

    `user_id` is the one who used it first; `last_id` and `last_version` are of its newest edit.
    """

    client_id: str
    user_id: str
    last_id: int
    last_version: int


@dataclass(frozen=True, slots=True)
class Opening:
    """What it takes to open a document, as one transaction found it.

    `snapshot` is the latest, None if there is none; `operations` are the first ones after it;
    `client` is the editor that was asked for, None if it never edited the document.
    """

    record: DocumentRecord
    snapshot: SnapshotRecord | None = None
    operations: Sequence[OperationRecord] = ()
    client: ClientRecord | None = None


@dataclass(frozen=True, slots=True)
class Append:
    """Operations to be stored as versions `version + 1`, `version + 2` … of one document.

    They are stored only if the document is still of this `epoch` and at this `version`.
    """

    key: int
    epoch: str
    version: int
    operations: tuple[OperationRecord, ...]


@dataclass(frozen=True, slots=True)
class GrantRecord:
    """The role of a user on a document."""

    user_id: str
    role: str
    created_at: float


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link that gives whoever has it a role on the document of this `key`.

    `digest` is that of its secret; `expires_at` is None if it lasts.
    """

    link_id: str
    key: int
    role: str
    digest: str
    created_at: float
    expires_at: float | None


@dataclass(frozen=True, slots=True)
class Shares:
    """How one document is shared with somebody: by a grant to them, and by the link they have."""

    grant: GrantRecord | None
    link: LinkRecord | None
