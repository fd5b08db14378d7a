"""Read the server's frames, some of which are not for the editor."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["checksum_in", "is_readable", "read_frame"]

Kinds = tuple[type, ...]

NUMBER: Kinds = (int,)
TEXT: Kinds = (str,)

FIRST = {"doc_type": TEXT, "epoch": TEXT, "version": NUMBER, "client_id": TEXT, "last_id": NUMBER}

FIELDS: dict[str, dict[str, Kinds]] = {
    "ack": {"id": NUMBER, "version": NUMBER},
    "document_change": {"version": NUMBER, "user_id": TEXT, "client_id": TEXT},
    "document_resumed": FIRST,
    "document_state": FIRST,
    "error": {"code": TEXT, "message": TEXT},
    "server_shutdown": {"retry_after": (int, float)},
}
"""The fields that an editor reads of each type of frame, and their types."""


def read_frame(text: str | bytes) -> dict[str, Any] | None:
    """Return the frame, or None for anything but a JSON object with a `type`: a host application
    may send messages of its own."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return frame if type(frame) is dict and type(frame.get("type")) is str else None


def checksum_in(frame: dict[str, Any]) -> int | None:
    """Return the checksum of the server's version, or None if the frame has none."""
    checksum = frame.get("checksum")
    return checksum if type(checksum) is int and checksum >= 0 else None


def is_readable(frame: dict[str, Any]) -> bool:
    """Whether the frame has all the fields that the editor reads of frames of its `type`."""
    kind = frame["type"]
    fields = FIELDS.get(kind, {})
    if not all(type(frame.get(name)) in kinds for name, kinds in fields.items()):
        return False
    if fields is FIRST:
        user = frame.get("user")
        if type(user) is not dict or type(user.get("user_id")) is not str:
            return False
    wanted = {"document_change": "operation", "document_state": "content"}.get(kind, "type")
    return wanted in frame
