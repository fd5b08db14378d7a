"""A change as its readers see it: the author gets an `ack`, all others a `document_change`."""

from __future__ import annotations

import msgspec

from ..documents.history import Change
from ..frames import Ack, DocumentChange
from .wire import encode_frame

__all__ = ["ack_frame", "change_frame", "frame_for"]


def change_frame(change: Change) -> bytes:
    """The encoded `document_change`. It is made once and kept with the change."""
    frame = change.frame
    if frame is None:
        record = change.record
        frame = change.frame = encode_frame(
            DocumentChange(
                msgspec.Raw(record.operation.encode()),
                record.user_id,
                record.client_id,
                record.version,
                change.checksum,
            )
        )
    return frame


def ack_frame(change: Change) -> bytes:
    """The encoded `ack`."""
    record = change.record
    return encode_frame(Ack(record.client_edit_id, record.version, change.checksum))


def frame_for(client_id: str, change: Change) -> bytes:
    """The frame that a client receives of a change."""
    return ack_frame(change) if client_id == change.record.client_id else change_frame(change)
