"""The first frame that a client receives: the content, or the version at which it resumes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec

from ..documents.content import Encoded
from ..frames import DocumentResumed, DocumentState, Identity, encode_bytes
from .wire import LargeMessage, WireData, encode_frame

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["resumed_frame", "state_frame"]

# In the place of content, to find where it belongs.
CONTENT_MARK = b"0"


def resumed_frame(connection: Connection, version: int, checksum: int | None) -> bytes:
    """The encoded `document_resumed` of a client that resumes from `version`."""
    document = connection.document
    return encode_frame(
        DocumentResumed(
            doc_id=document.doc_id,
            epoch=document.epoch,
            doc_type=document.doc_type.name,
            version=version,
            client_id=connection.client_id,
            user=_identity(connection),
            users=connection.room.present(version),
            last_id=connection.author.last_id,
            checksum=checksum,
        )
    )


def state_frame(
    connection: Connection,
    content: Encoded,
    *,
    diverged: bool,
    on_written: Callable[[], None] | None = None,
) -> WireData:
    """The encoded `document_state` with all of the content.

    Args:
        diverged: whether the client has asked to resume from a version of another history.
        on_written: called when the content need be held no longer. It makes the frame one that is
            written in fragments, without a copy of the content; None for a small one.
    """
    if on_written is None:
        return encode_frame(_state(connection, content, content.data, diverged))
    about = encode_bytes(_state(connection, content, CONTENT_MARK, diverged))
    # No text in JSON holds this field with its quotes.
    field = b'"content":'
    head, tail = about.split(field + CONTENT_MARK, 1)
    return LargeMessage([head + field, content.data, tail], on_written)


def _state(connection: Connection, content: Encoded, data: bytes, diverged: bool) -> DocumentState:
    document = connection.document
    return DocumentState(
        doc_id=document.doc_id,
        epoch=document.epoch,
        doc_type=document.doc_type.name,
        content=msgspec.Raw(data),
        version=content.version,
        client_id=connection.client_id,
        user=_identity(connection),
        users=connection.room.present(content.version),
        last_id=connection.author.last_id,
        checksum=content.checksum,
        diverged=diverged,
    )


def _identity(connection: Connection) -> Identity:
    user = connection.user
    return Identity(user.user_id, user.name, connection.color, user.role, user.guest_secret)
